// The lowest rank goes first. In the line, the rank is the units served before it. Ahead of the line, it is the saved
// turns, negated.
type Waiting = { rank: number; arrival: number; go(): void }

export type FairQueue = {
  /** Resolves when it is this key's turn and `take` has returned places. Rejects with the signal's reason. */
  turn(key: string, signal: AbortSignal): Promise<void>
  /** Counts a turn that a key got without waiting. */
  count(key: string): void
  isEmpty(): boolean
}

// A key saves one turn ahead of the line every five seconds, at most three. A new key has none, otherwise new accounts
// would overtake existing people. A key is forgotten once this many others were seen after it.
const ahead = { everyMs: 5_000, most: 3, known: 50_000 }
// One in this many places goes to the line, however many keys are ahead of it.
const lineEvery = 4

/**
 * A fair queue. A known key that was quiet lately goes ahead of the line, the quietest first. The line itself is
 * start-time fair queueing: each turn costs a key one unit, and the next place goes to the turn with the lowest start,
 * in units served instead of time. `take` waits for free places and resolves to their number, at most `most`. Only one
 * call of `take` runs at a time.
 */
export function createFairQueue(
  take: (most: number) => Promise<number>,
  now: () => number = performance.now.bind(performance),
): FairQueue {
  const quick = new Set<Waiting>()
  const line = new Set<Waiting>()
  const charged = new Map<string, number>()
  const turnsAhead = createSavings(now)
  let served = 0
  let arrivals = 0
  let given = 0
  let isServing = false

  function next(): Waiting | undefined {
    return firstOf(quick.size > 0 && (given % lineEvery !== 0 || line.size === 0) ? quick : line)
  }

  async function serve(): Promise<void> {
    if (isServing) return
    isServing = true
    while (quick.size + line.size > 0) {
      // Choose only now: keys may have joined or left during the wait.
      for (let left = await take(quick.size + line.size); left > 0; left--) {
        given += 1
        const one = next()
        if (!one) break
        if (line.delete(one)) served = one.rank
        else quick.delete(one)
        one.go()
      }
    }
    charged.clear()
    served = 0
    isServing = false
  }

  return {
    isEmpty: () => quick.size + line.size === 0,
    count(key) {
      turnsAhead(key)
    },
    turn(key, signal) {
      if (signal.aborted) return Promise.reject(signal.reason)
      const had = turnsAhead(key)
      const among = had >= 1 ? quick : line
      const rank = among === quick ? -Math.floor(had) : Math.max(served, charged.get(key) ?? 0)
      if (among === line) charged.set(key, rank + 1)
      const turn = wait(among, { rank, arrival: arrivals++ }, signal)
      void serve()
      return turn
    },
  }
}

/** Returns a function that spends one saved turn and returns how many the key had. Below 1 there was none to spend. */
function createSavings(now: () => number): (key: string) => number {
  const saved = new Map<string, { turns: number; at: number }>() // ordered by last use, the most recent last
  return key => {
    const at = now()
    const before = saved.get(key)
    const had = before ? Math.min(ahead.most, before.turns + (at - before.at) / ahead.everyMs) : 0
    saved.delete(key)
    saved.set(key, { turns: had >= 1 ? had - 1 : had, at })
    const [oldest] = saved.keys()
    if (saved.size > ahead.known && oldest !== undefined) saved.delete(oldest)
    return had
  }
}

function firstOf(waiting: Set<Waiting>): Waiting | undefined {
  let best: Waiting | undefined
  for (const one of waiting) {
    if (!best || one.rank < best.rank || (one.rank === best.rank && one.arrival < best.arrival)) best = one
  }
  return best
}

/** Adds an entry to `among` until `go` is called. Removes it with the signal's reason on abort. */
function wait(among: Set<Waiting>, at: Omit<Waiting, 'go'>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      among.delete(one)
      reject(signal.reason)
    }
    const one: Waiting = {
      ...at,
      go() {
        signal.removeEventListener('abort', leave)
        resolve()
      },
    }
    among.add(one)
    signal.addEventListener('abort', leave, { once: true })
  })
}
