import { type Sql, untilAnswered } from '../../db.ts'
import { pause } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { inboxDone, inboxFail, inboxHold, renewalMs, type Taken } from '../../telegram/inbox.ts'

type Options = { sql: Sql; handle(update: object, attempt: number): Promise<void>; log: Log }

/**
 * Handles a claimed update and holds it meanwhile. Records its end, or its failure: then returns after how many
 * milliseconds it may be tried again, undefined when it is not.
 */
export async function handleUpdate(
  { sql, handle, log }: Options,
  { updateId, payload, attempts }: Taken,
): Promise<number | undefined> {
  const over = new AbortController()
  void renew(sql, updateId, attempts, over.signal, log)
  try {
    await handle(payload as object, attempts)
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    const againMs = 500 * 2 ** attempts
    const [row] = await untilAnswered(() => inboxFail(sql, updateId, attempts, reason, againMs))
    log.error({ err: error, updateId, attempts, result: row?.result }, 'an update was not handled')
    return row?.result === 'retry' ? againMs : undefined
  } finally {
    over.abort()
  }
  await untilAnswered(() => inboxDone(sql, updateId, attempts))
  return undefined
}

async function renew(sql: Sql, updateId: number, attempt: number, over: AbortSignal, log: Log): Promise<void> {
  for (;;) {
    await pause(renewalMs, over)
    if (over.aborted) return
    await inboxHold(sql, updateId, attempt).catch(error => log.warn({ err: error, updateId }, 'a hold was not renewed'))
  }
}
