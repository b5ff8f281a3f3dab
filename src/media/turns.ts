import { Unknown } from '../errors.ts'

type Waiting<Place> = { resolve(place: Place): void; reject(error: unknown): void }

type Options<Place> = {
  /** The owner that gets a turn after each turn of another owner. */
  provider: string
  /** The longest wait of other owners, in milliseconds. */
  patienceMs: number
  /** Returns whether to prefer this free place. */
  prefer(place: Place): boolean
}

// Enough for an album and a long list of links. More means a program in a loop.
const maxOfOne = 30
// Three seconds of ordinary photos.
const maxOfAll = 300

/**
 * Shares a few places among many owners. An owner has at most one place, and owners take turns however much each has
 * waiting. The provider's results get every other turn, so neither side waits for more than one file of the other at a
 * place.
 */
export function createTurns<Place>(places: readonly Place[], { provider, patienceMs, prefer }: Options<Place>) {
  const free = [...places]
  const busy = new Set<string>()
  const line = createLine<Place>()
  const { waiting } = line
  let wasProvider = false
  let isClosed = false

  function nextOwner(): string | undefined {
    const ready = [...waiting.keys()].filter(owner => !busy.has(owner))
    const people = ready.find(owner => owner !== provider)
    return ready.includes(provider) && (!wasProvider || people === undefined) ? provider : people
  }

  function serve() {
    for (let owner = nextOwner(); owner !== undefined && free.length > 0; owner = nextOwner()) {
      const index = Math.max(0, free.findIndex(prefer))
      const [place] = free.splice(index, 1)
      const [one] = waiting.get(owner)!
      line.drop(owner, one!)
      busy.add(owner)
      wasProvider = owner === provider
      one!.resolve(place!)
    }
  }

  return {
    isClosed: () => isClosed,

    /**
     * Waits for a place. Free it with `give`. Throws Unknown if too many are waiting or the wait is too long, or the
     * signal's reason.
     */
    take(owner: string, signal?: AbortSignal): Promise<Place> {
      if (isClosed) return Promise.reject(new Unknown('the service is ending'))
      if (owner !== provider && line.isFull(owner)) {
        return Promise.reject(new Unknown('too many files are waiting to be looked at'))
      }
      const place = line.wait(owner, { patienceMs: owner === provider ? undefined : patienceMs, signal })
      serve()
      return place
    },

    give(owner: string, place: Place) {
      busy.delete(owner)
      // This owner's next turn comes after all other owners.
      const all = waiting.get(owner)
      if (waiting.delete(owner)) waiting.set(owner, all!)
      free.push(place)
      serve()
    },

    close() {
      isClosed = true
      for (const [owner, all] of [...waiting]) {
        for (const one of [...all]) if (line.drop(owner, one)) one.reject(new Unknown('the service is ending'))
      }
    },
  }
}

type Patience = { patienceMs: number | undefined; signal: AbortSignal | undefined }

/** The waiting calls, by owner. */
function createLine<Place>() {
  const waiting = new Map<string, Set<Waiting<Place>>>() // owners in the order of their turns
  let count = 0

  function drop(owner: string, one: Waiting<Place>): boolean {
    const all = waiting.get(owner)
    if (!all?.delete(one)) return false
    count -= 1
    if (all.size === 0) waiting.delete(owner)
    return true
  }

  return {
    waiting,
    /** Removes one. Returns false if it is no longer there. */
    drop,
    isFull: (owner: string) => (waiting.get(owner)?.size ?? 0) >= maxOfOne || count >= maxOfAll,

    /**
     * Waits for a place until `patienceMs` or the signal ends the wait; without `patienceMs` there is no time limit.
     */
    wait(owner: string, { patienceMs, signal }: Patience): Promise<Place> {
      const { promise, resolve, reject } = Promise.withResolvers<Place>()
      const leave = (error: unknown) => drop(owner, one) && one.reject(error)
      const abort = () => leave(signal?.reason)
      const tired = new Unknown('no turn to look at a file came up')
      const timer = patienceMs === undefined ? undefined : setTimeout(() => leave(tired), patienceMs)
      const settle = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
      }
      const one: Waiting<Place> = {
        resolve(place) {
          settle()
          resolve(place)
        },
        reject(error) {
          settle()
          reject(error)
        },
      }
      signal?.addEventListener('abort', abort, { once: true })
      const all = waiting.get(owner) ?? new Set()
      waiting.set(owner, all.add(one))
      count += 1
      return promise
    },
  }
}
