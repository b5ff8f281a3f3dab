import { type Sql, untilAnswered } from '../db.ts'
import type { Log } from '../log.ts'
import { inboxDone, inboxFail, inboxTake, type Taken } from '../telegram/inbox.ts'

export type Lanes = {
  /** Handles what waits in a lane, in order, unless this process is at it already. */
  run(lane: string): void
  /** Resolves when what has begun is done; nothing new begins. */
  drain(): Promise<void>
}

type Options = { sql: Sql; handle(update: object, attempt: number): Promise<void>; log: Log; mostAtOnce?: number }

/**
 * One update of a person at a time, in order of arrival, on all machines together: the database hands out the earliest
 * undone row of a lane to one taker only. Different lanes run side by side.
 */
export function createLanes({ sql, handle, log, mostAtOnce = 32 }: Options): Lanes {
  const running = new Map<string, Promise<void>>()
  const again = new Set<string>() // woken while running: something may have come after the last look
  const waiting = new Set<string>()
  const pauses = new Set<NodeJS.Timeout>()
  let isDraining = false

  function run(lane: string) {
    if (isDraining) return
    if (running.has(lane)) again.add(lane)
    else if (running.size >= mostAtOnce) waiting.add(lane)
    else
      running.set(
        lane,
        work(lane).finally(() => next(lane)),
      )
  }

  function next(lane: string) {
    running.delete(lane)
    if (again.delete(lane)) return run(lane)
    const [first] = waiting
    if (first !== undefined && waiting.delete(first)) run(first)
  }

  async function work(lane: string) {
    try {
      while (!isDraining) {
        again.delete(lane)
        const [taken] = await inboxTake(sql, lane)
        if (!taken) return
        await one(lane, taken)
      }
    } catch (error) {
      log.error({ err: error, lane }, 'a lane stopped; the sweep will wake it')
    }
  }

  async function one(lane: string, { updateId, payload, attempts }: Taken) {
    try {
      await handle(payload as object, attempts)
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
      const againMs = 500 * 2 ** attempts
      const [row] = await untilAnswered(() => inboxFail(sql, updateId, attempts, reason, againMs))
      log.error({ err: error, updateId, attempts, result: row?.result }, 'an update was not handled')
      if (row?.result === 'retry') later(lane, againMs + 50)
      return
    }
    await untilAnswered(() => inboxDone(sql, updateId, attempts))
  }

  function later(lane: string, afterMs: number) {
    const timer = setTimeout(() => {
      pauses.delete(timer)
      run(lane)
    }, afterMs)
    pauses.add(timer)
  }

  return {
    run,
    async drain() {
      isDraining = true
      for (const timer of pauses) clearTimeout(timer)
      await Promise.allSettled(running.values())
    },
  }
}
