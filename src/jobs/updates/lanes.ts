import { type Sql, untilAnswered } from '../../db.ts'
import { newId } from '../../id.ts'
import type { Log } from '../../log.ts'
import { inboxTake, type Taken } from '../../telegram/inbox.ts'
import { handleUpdate } from './handle-update.ts'
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
  const resting = new Set<string>() // too fast: not before its time, whoever wakes it
  const timers = new Set<NodeJS.Timeout>()
  const paces = createPaces(everyMs)
  const inSeries = createSeries() // for suspects: the next death then tells which of them it was
  let isDraining = false
  const turns = createTurns(work, mostAtOnce, log)

  function run(lane: string) {
    if (!isDraining && !resting.has(lane)) turns.run(lane)
  }

  /** One update of the lane. False: nothing waits there that may be claimed now. */
  async function work(lane: string): Promise<boolean> {
    if (isDraining) return false
    const restMs = paces.restMs(lane)
    if (restMs > 0) {
      resting.add(lane)
      later(lane, restMs)
      return false
    }
    const [claimed] = await claim(sql, lane, false)
    if (!claimed) return false
    if (claimed.payload !== null) await one(lane, claimed)
    else {
      // The lane's first update was in work when a process died.
      await inSeries(async () => {
        const [suspect] = isDraining ? [] : await claim(sql, lane, true)
        if (suspect) await one(lane, suspect)
      })
    }
    return true
  }

  async function one(lane: string, claimed: Taken) {
    paces.count(lane)
    const againMs = await handleUpdate({ sql, handle, log }, claimed)
    if (againMs !== undefined) later(lane, againMs + 50)
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
      await turns.settled()
    },
  }
}

function claim(sql: Sql, lane: string, isAlone: boolean): Promise<Taken[]> {
  const token = newId()
  return untilAnswered(() => inboxTake(sql, lane, token, isAlone))
}

/** Runs one task after another. */
function createSeries(): (task: () => Promise<void>) => Promise<void> {
  let last = Promise.resolve()
  return task => {
    const turn = last.then(task)
    last = turn.catch(() => {})
    return turn
  }
}

/** Lets `work` have each lane once at a time and `mostAtOnce` lanes in all; a lane that has more goes to the end. */
function createTurns(work: (lane: string) => Promise<boolean>, mostAtOnce: number, log: Log) {
  const running = new Map<string, Promise<void>>()
  const again = new Set<string>() // woken while running: something may have come after the last read
  const waiting = new Set<string>()

  function run(lane: string) {
    if (running.has(lane)) again.add(lane)
    else if (running.size >= mostAtOnce) waiting.add(lane)
    else begin(lane)
  }

  function begin(lane: string) {
    again.delete(lane)
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

  return { run, settled: () => Promise.allSettled(running.values()) }
}
