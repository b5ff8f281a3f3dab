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
  /** An update of the lane is in work now. */
  begun(lane: string): void
  /** An update failed and is due again after so many milliseconds. */
  retry(lane: string, afterMs: number): void
}

/** Returns what takes a lane's earliest update and handles it. False: nothing waits there that may be taken now. */
export function createLaneWork(options: LaneWork): (lane: string) => Promise<boolean> {
  const { sql, isDraining } = options
  let suspects = Promise.resolve() // handled one after another: the next death then tells which of them it was

  /** The lane's first update was in work when a process died. */
  async function alone(lane: string): Promise<void> {
    const turn = suspects.then(async () => {
      const [taken] = isDraining() ? [] : await take(sql, lane, true)
      if (taken) await one(options, lane, taken)
    })
    suspects = turn.catch(() => {})
    await turn
  }

  return async lane => {
    const [taken] = await take(sql, lane, false)
    if (!taken) return false
    if (taken.payload !== null) await one(options, lane, taken)
    else await alone(lane)
    return true
  }
}

function take(sql: Sql, lane: string, isAlone: boolean): Promise<ClaimedUpdate[]> {
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

/** Holds the update for as long as it is handled. */
async function renew({ sql, log }: LaneWork, updateId: number, attempt: number, over: AbortSignal): Promise<void> {
  for (;;) {
    await pause(renewalMs, over)
    if (over.aborted) return
    await inboxHold(sql, updateId, attempt).catch(error => log.warn({ err: error, updateId }, 'a hold was not renewed'))
  }
}
