import { type Sql, untilAnswered } from '../../database/db.ts'
import { pause } from '../../errors.ts'
import { newId } from '../../id.ts'
import type { Log } from '../../log.ts'
import { type ClaimedUpdate, inboxDone, inboxFail, inboxHold, inboxTake, renewalMs } from '../../telegram/inbox.ts'

export type LaneWork = {
  sql: Sql
  handle(update: object, attempt: number): Promise<void>
  log: Log
  isDraining(): boolean
  /** Called when the handling of an update begins. */
  begun(lane: string): void
  /** Called when an update failed and is due again after `afterMs` milliseconds. */
  retry(lane: string, afterMs: number): void
}

/** Returns a function that claims a lane's earliest update and handles it. It resolves to false when none is due. */
export function createLaneWork(options: LaneWork): (lane: string) => Promise<boolean> {
  const { sql, isDraining } = options
  let suspects = Promise.resolve() // handled one after another, so the next crash identifies the update

  /** Handles an update that was being handled when a process died: no other suspect at the same time. */
  async function alone(lane: string): Promise<void> {
    const turn = suspects.then(async () => {
      const [claimed] = isDraining() ? [] : await claim(sql, lane, true)
      if (claimed) await one(options, lane, claimed)
    })
    suspects = turn.catch(() => {})
    await turn
  }

  return async lane => {
    const [claimed] = await claim(sql, lane, false)
    if (!claimed) return false
    if (claimed.payload !== null) await one(options, lane, claimed)
    else await alone(lane)
    return true
  }
}

function claim(sql: Sql, lane: string, isAlone: boolean): Promise<ClaimedUpdate[]> {
  const token = newId()
  return untilAnswered(() => inboxTake(sql, lane, token, isAlone))
}

async function one(options: LaneWork, lane: string, { updateId, payload, attempts }: ClaimedUpdate): Promise<void> {
  const { sql, handle, begun, retry, log } = options
  begun(lane)
  const over = new AbortController()
  void renew(options, updateId, attempts, over.signal)
  try {
    await handle(payload as object, attempts)
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    const againMs = 500 * 2 ** attempts
    const [row] = await untilAnswered(() => inboxFail(sql, updateId, attempts, reason, againMs))
    log.error({ err: error, updateId, attempts, result: row?.result }, 'an update was not handled')
    if (row?.result === 'retry') retry(lane, againMs + 50)
    return
  } finally {
    over.abort()
  }
  await untilAnswered(() => inboxDone(sql, updateId, attempts))
}

/** Renews the lease of the update while it is handled. */
async function renew({ sql, log }: LaneWork, updateId: number, attempt: number, over: AbortSignal): Promise<void> {
  for (;;) {
    await pause(renewalMs, over)
    if (over.aborted) return
    await inboxHold(sql, updateId, attempt).catch(error => log.warn({ err: error, updateId }, 'a hold was not renewed'))
  }
}
