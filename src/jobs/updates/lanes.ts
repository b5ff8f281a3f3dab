import { createPaces } from './lane-pace.ts'
import { createLaneWork, type LaneWork } from './lane-work.ts'

export type Lanes = {
  /** Handles the updates of a lane in order, unless this process already does. */
  run(lane: string): void
  /** Begins no more updates. Resolves when the running ones are done. */
  drain(): Promise<void>
}

type Options = Pick<LaneWork, 'sql' | 'handle' | 'log'> & {
  maxAtOnce?: number
  /** Milliseconds from one update of a lane to the next, after its burst. 0: no limit. */
  everyMs?: number
}

// A handler mostly waits for the database, which has its own limit of connections, and for Telegram. So this limits
// memory, and is more than the accounts that one owner can keep busy.
const manyAtOnce = 256

/**
 * Handles one update of a person at a time, in order of arrival, across all machines: one worker at a time can claim the
 * earliest open row of a lane. Lanes run in parallel and in turns: one update, then the next lane. A lane that sends faster
 * than a person can is slowed down.
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

  /** Handles one update of the lane. Resolves to false when none is due. */
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
