type Waiting = { start: number; arrival: number; go(): void }

export type FairQueue = {
  /** Resolves when it is this key's turn and `take` gave a place; rejects with the signal's reason. */
  turn(key: string, signal: AbortSignal): Promise<void>
  isEmpty(): boolean
}

// What a key did not use while others did, it may use ahead of them: an answer to a press and a message after it.
const mostSaved = 2

/**
 * Start-time fair queueing: each key is charged one unit a turn, and the next place goes to the one that began it the
 * earliest in units served, not in time. A key that took less than the others for a while has `mostSaved` units saved, so
 * it goes before all that want more than there is, and not just in turn with them. `take` resolves when some
 * places are there, with their number, `most` at the most; only one call of it is under way.
 */
export function createFairQueue(take: (most: number) => Promise<number>): FairQueue {
  const waiting = new Set<Waiting>()
  const charged = new Map<string, number>()
  let served = 0
  let arrivals = 0
  let isServing = false

  function next(): Waiting | undefined {
    let best: Waiting | undefined
    for (const one of waiting) {
      if (!best || one.start < best.start || (one.start === best.start && one.arrival < best.arrival)) best = one
    }
    return best
  }

  async function serve(): Promise<void> {
    if (isServing) return
    isServing = true
    while (waiting.size > 0) {
      // Who goes is decided once the places are there: somebody may have come or gone meanwhile.
      for (let places = await take(waiting.size); places > 0; places--) {
        const one = next()
        if (!one) break
        waiting.delete(one)
        served = Math.max(served, one.start)
        one.go()
      }
    }
    charged.clear()
    served = 0
    isServing = false
  }

  return {
    isEmpty: () => waiting.size === 0,
    turn(key, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const start = Math.max(served - mostSaved, charged.get(key) ?? 0)
        charged.set(key, start + 1)
        const leave = () => {
          waiting.delete(one)
          reject(signal.reason)
        }
        const one: Waiting = {
          start,
          arrival: arrivals++,
          go() {
            signal.removeEventListener('abort', leave)
            resolve()
          },
        }
        waiting.add(one)
        signal.addEventListener('abort', leave, { once: true })
        void serve()
      })
    },
  }
}
