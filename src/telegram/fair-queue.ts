// The lowest rank goes first: in the line the units that are served before it, ahead of the line the turns saved, negated.
type Waiting = { rank: number; arrival: number; go(): void }

export type FairQueue = {
  /** Resolves when it is this key's turn and `take` gave a place; rejects with the signal's reason. */
  turn(key: string, signal: AbortSignal): Promise<void>
  /** A key had a place without waiting. */
  count(key: string): void
  isEmpty(): boolean
}

// Ahead of the line: one turn every five seconds, three saved at the most. Nobody begins with any, or whoever makes accounts
// would go before those who were here; a key of which nothing was heard since so many others begins anew.
const ahead = { everyMs: 5_000, most: 3, known: 50_000 }
// Of so many places in a row one is the line's, however many are ahead of it.
const lineEvery = 4

/**
 * Who wants little goes first: a key that is known and was quiet lately goes ahead of the line, the quietest first. In the
 * line it is start-time fair queueing: each key is charged one unit a turn, and the next place goes to the one that began it
 * the earliest in units served, not in time. `take` resolves when some places are there, with their number, `most` at the
 * most; only one call of it is under way.
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
      // Who goes is decided once the places are there: somebody may have come or gone meanwhile.
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

/** Returns what uses up a turn ahead of the line, and answers of how many. Below 1: there was none. */
function createSavings(now: () => number): (key: string) => number {
  const saved = new Map<string, { turns: number; at: number }>() // what was heard of last stands last
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

/** Stands among these until `go`; leaves them with the signal's reason. */
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
