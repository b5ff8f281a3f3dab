import { type Sql, untilAnswered } from '../../db.ts'
import { pause } from '../../errors.ts'
import { newId } from '../../id.ts'
import type { Log } from '../../log.ts'
import { inboxDone, inboxFail, inboxHold, inboxTake, renewalMs, type Taken } from '../../telegram/inbox.ts'
import { createPaces } from './lane-pace.ts'

export type Lanes = {
  /** Handles what waits in a lane, in order, unless this process is at it already. */
  run(lane: string): void
  /** Resolves when what has begun is done; nothing new begins. */
  drain(): Promise<void>
}

type Options = {
  sql: Sql
  handle(update: object, attempt: number): Promise<void>
  log: Log
  mostAtOnce?: number
  /** From one update of a lane to its next, once it has used up its burst. 0: as fast as they come. */
  everyMs?: number
}

// A handler mostly waits: for the database, whose connections are counted elsewhere, and for Telegram. So this bounds
// memory, and is more than the accounts that one owner keeps busy.
const manyAtOnce = 256

/**
 * One update of a person at a time, in order of arrival, on all machines together: the database hands out the earliest
 * undone row of a lane to one taker only. Different lanes run side by side, and take turns: one update, then the next
 * lane. A lane that sends faster than a person can is slowed down.
 */
export function createLanes({ sql, handle, log, mostAtOnce = manyAtOnce, everyMs = 200 }: Options): Lanes {
  const running = new Map<string, Promise<void>>()
  const again = new Set<string>() // woken while running: something may have come after the last look
  const waiting = new Set<string>()
  const resting = new Set<string>() // too fast: not before its time, whoever wakes it
  const timers = new Set<NodeJS.Timeout>()
  const paces = createPaces(everyMs)
  let suspects = Promise.resolve() // handled one after another: the next death then tells which of them it was
  let isDraining = false

  function run(lane: string) {
    if (isDraining || resting.has(lane)) return
    if (running.has(lane)) again.add(lane)
    else if (running.size >= mostAtOnce) waiting.add(lane)
    else begin(lane)
  }

  function begin(lane: string) {
    const turn = work(lane).then(
      hasMore => end(lane, hasMore),
      error => {
        log.error({ err: error, lane }, 'a lane stopped; the sweep will wake it')
        end(lane, false)
      },
    )
    running.set(lane, turn)
  }

  function end(lane: string, hasMore: boolean) {
    running.delete(lane)
    const [first] = waiting
    if (first !== undefined && waiting.delete(first)) begin(first)
    if (again.delete(lane) || hasMore) run(lane)
  }

  /** One update of the lane. False: nothing waits there that may be taken now. */
  async function work(lane: string): Promise<boolean> {
    if (isDraining) return false
    const restMs = paces.restMs(lane)
    if (restMs > 0) {
      resting.add(lane)
      later(lane, restMs)
      return false
    }
    again.delete(lane)
    const [taken] = await take(lane, false)
    if (!taken) return false
    if (taken.payload !== null) await one(lane, taken)
    else await alone(lane)
    return true
  }

  function take(lane: string, isAlone: boolean): Promise<Taken[]> {
    const token = newId()
    return untilAnswered(() => inboxTake(sql, lane, token, isAlone))
  }

  /** The lane's first update was in work when a process died. */
  async function alone(lane: string): Promise<void> {
    const turn = suspects.then(async () => {
      const [taken] = isDraining ? [] : await take(lane, true)
      if (taken) await one(lane, taken)
    })
    suspects = turn.catch(() => {})
    await turn
  }

  async function one(lane: string, { updateId, payload, attempts }: Taken) {
    paces.count(lane)
    const over = new AbortController()
    void renew(updateId, attempts, over.signal)
    try {
      await handle(payload as object, attempts)
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
      const againMs = 500 * 2 ** attempts
      const [row] = await untilAnswered(() => inboxFail(sql, updateId, attempts, reason, againMs))
      log.error({ err: error, updateId, attempts, result: row?.result }, 'an update was not handled')
      if (row?.result === 'retry') later(lane, againMs + 50)
      return
    } finally {
      over.abort()
    }
    await untilAnswered(() => inboxDone(sql, updateId, attempts))
  }

  /** Holds the update for as long as it is handled. */
  async function renew(updateId: number, attempt: number, over: AbortSignal): Promise<void> {
    for (;;) {
      await pause(renewalMs, over)
      if (over.aborted) return
      await inboxHold(sql, updateId, attempt).catch(error =>
        log.warn({ err: error, updateId }, 'a hold was not renewed'),
      )
    }
  }

  function later(lane: string, afterMs: number) {
    const timer = setTimeout(() => {
      timers.delete(timer)
      resting.delete(lane)
      run(lane)
    }, afterMs)
    timers.add(timer)
  }

  return {
    run,
    async drain() {
      isDraining = true
      for (const timer of timers) clearTimeout(timer)
      await Promise.allSettled(running.values())
    },
  }
}
