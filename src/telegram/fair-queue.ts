type Waiting = { start: number; arrival: number; go(): void }

export type FairQueue = {
  /**
   * Resolves when it is this key's turn and `take` gave a place; rejects with the signal's reason, or with what `take`
   * threw. Whoever has had little lately goes before those who have had much.
   */
  turn(key: string, signal: AbortSignal): Promise<void>
  isEmpty(): boolean
}

/**
 * Start-time fair queueing: each key is charged one unit a turn, and the next place goes to the one that began it the
 * earliest in units served, not in time. `take` resolves when one more place is there; only one call of it is under way.
 */
export function createFairQueue(take: () => Promise<void>): FairQueue {
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
      // Who goes is decided once the place is there: somebody may have come or gone meanwhile.
      await take()
      const one = next()
      if (!one) break
      waiting.delete(one)
      served = one.start
      one.go()
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
        const start = Math.max(served, charged.get(key) ?? 0)
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
