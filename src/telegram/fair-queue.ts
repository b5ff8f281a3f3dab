/** Who may go before the others: the tier of a chat by the turns it has saved, the quietest last. */
export type Tier = 'line' | 'known' | 'quiet'

// The highest `ahead` goes first; among equals, and in the line, the lowest `rank`: the units served before it.
type Waiting = { tier: Tier; ahead: number; rank: number; arrival: number; go(): void }

export type FairQueue = {
  /** Spends one saved turn of a key. Returns how many it had: what `turn` wants to know. */
  spend(key: string): number
  /** Resolves when it is this key's turn and `take` has returned places. Rejects with the signal's reason. */
  turn(key: string, had: number, signal: AbortSignal): Promise<void>
  /** Whether nobody waits, or only such as a key with so many saved turns goes ahead of. */
  isFree(had: number): boolean
}

/**
 * Waits for free places for a chat of this tier. Returns how many, at most `most`: 0 to be asked again, as after `better`, by
 * which a chat of a better tier has come.
 */
type Take = (tier: Tier, most: number, better: AbortSignal) => Promise<number>

// A key saves one turn every three seconds, at most three. A new key has none, otherwise new accounts would overtake existing
// people. A key is forgotten once this many others were seen after it.
const saving = { everyMs: 3_000, most: 3, known: 50_000 }
// However many keys are ahead of it, the line gets a place after this time: one in four of the bot's.
const lineDueMs = 160

/** Returns the tier of a key that had so many saved turns. */
export const tierOf = (had: number): Tier => (had < 1 ? 'line' : had < 2 ? 'known' : 'quiet')

/**
 * A fair queue. A known key goes ahead of the line, the quietest first. The line itself is start-time fair queueing: each
 * turn costs a key one unit, and the next place goes to the turn with the lowest start, in units served instead of time.
 * Only one call of `take` runs at a time.
 */
export function createFairQueue(take: Take, now: () => number = performance.now.bind(performance)): FairQueue {
  const waiting = new Set<Waiting>()
  const charged = new Map<string, number>()
  const spend = createSavings(now)
  let served = 0
  let arrivals = 0
  let lineServedAt = now()
  let isServing = false
  /** Ends the wait for a place when somebody comes who goes first. */
  let asking: { tier: Tier; stop: AbortController } | undefined

  const ofLine = () => bestOf(waiting, ({ tier }) => tier === 'line')
  const due = () => (now() - lineServedAt >= lineDueMs ? ofLine() : undefined)

  async function serve(): Promise<void> {
    if (isServing) return
    isServing = true
    for (let one = due() ?? bestOf(waiting); one; one = due() ?? bestOf(waiting)) {
      const isDue = due() === one
      const stop = new AbortController()
      asking = { tier: isDue ? 'quiet' : one.tier, stop }
      const places = await take(asking.tier, isDue ? 1 : waiting.size, stop.signal)
      asking = undefined
      // Choose only now: keys may have joined or left during the wait.
      for (let left = places; left > 0; left--) give(isDue ? ofLine() : bestOf(waiting))
    }
    charged.clear()
    served = 0
    isServing = false
  }

  function give(one: Waiting | undefined): void {
    if (!one) return
    waiting.delete(one)
    if (one.tier === 'line') {
      served = one.rank
      lineServedAt = now()
    }
    one.go()
  }

  return {
    isFree: had => bestOf(waiting, one => one.tier === tierOf(had) || one.ahead > had) === undefined,
    spend,
    turn(key, had, signal) {
      if (signal.aborted) return Promise.reject(signal.reason)
      const tier = tierOf(had)
      const isOfLine = tier === 'line'
      const rank = isOfLine ? Math.max(served, charged.get(key) ?? 0) : 0
      if (isOfLine) charged.set(key, rank + 1)
      // The line was empty: it is due later.
      if (isOfLine && !ofLine()) lineServedAt = now()
      const turn = wait(waiting, { tier, ahead: isOfLine ? 0 : had, rank, arrival: arrivals++ }, signal)
      if (asking && asking.tier !== tier && asking.tier !== 'quiet' && !isOfLine) asking.stop.abort()
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
    const had = before ? Math.min(saving.most, before.turns + (at - before.at) / saving.everyMs) : 0
    saved.delete(key)
    saved.set(key, { turns: had >= 1 ? had - 1 : had, at })
    const [oldest] = saved.keys()
    if (saved.size > saving.known && oldest !== undefined) saved.delete(oldest)
    return had
  }
}

function bestOf(waiting: Set<Waiting>, isMeant: (one: Waiting) => boolean = () => true): Waiting | undefined {
  let best: Waiting | undefined
  for (const one of waiting) if (isMeant(one) && (!best || isBefore(one, best))) best = one
  return best
}

const isBefore = (one: Waiting, other: Waiting) =>
  (one.ahead - other.ahead || other.rank - one.rank || other.arrival - one.arrival) > 0

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
