import { createPaces } from './lane-pace.ts'
import { createLaneWork, type LaneWork } from './lane-work.ts'

export type Lanes = {
  /** Handles what waits in a lane, in order, unless this process is at it already. */
  run(lane: string): void
  /** Resolves when what has begun is done; nothing new begins. */
  drain(): Promise<void>
}

type Options = Pick<LaneWork, 'sql' | 'handle' | 'log'> & {
  maxAtOnce?: number
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
export function createLanes({ maxAtOnce = manyAtOnce, everyMs = 200, ...options }: Options): Lanes {
  const running = new Map<string, Promise<void>>()
  const again = new Set<string>() // run again: an update may have come after the last read
  const waiting = new Set<string>()
  const resting = new Set<string>() // too fast: no run before its timer ends
  const paces = createPaces(everyMs)
  const timers = createTimers()
  const later = (lane: string, afterMs: number) =>
    timers.after(afterMs, () => {
      resting.delete(lane)
      run(lane)
    })
  let isDraining = false
  const work = createLaneWork({ ...options, isDraining: () => isDraining, begun: paces.count, retry: later })

  function run(lane: string) {
    if (isDraining || resting.has(lane)) return
    if (running.has(lane)) again.add(lane)
    else if (running.size >= maxAtOnce) waiting.add(lane)
    else begin(lane)
  }

  function begin(lane: string) {
    const turn = next(lane).then(
      hasMore => end(lane, hasMore),
      error => {
        options.log.error({ err: error, lane }, 'a lane stopped; the sweep will wake it')
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
  async function next(lane: string): Promise<boolean> {
    if (isDraining) return false
    const restMs = paces.restMs(lane)
    if (restMs > 0) {
      resting.add(lane)
      later(lane, restMs)
      return false
    }
    again.delete(lane)
    return work(lane)
  }

  async function drain() {
    isDraining = true
    timers.clear()
    await Promise.allSettled(running.values())
  }
  return { run, drain }
}

function createTimers() {
  const timers = new Set<NodeJS.Timeout>()
  return {
    after(ms: number, call: () => void) {
      const timer = setTimeout(() => {
        timers.delete(timer)
        call()
      }, ms)
      timers.add(timer)
    },
    clear() {
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
