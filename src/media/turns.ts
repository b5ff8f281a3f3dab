import { Unknown } from '../errors.ts'

type Waiting<Place> = { resolve(place: Place): void; reject(error: unknown): void }

type Options<Place> = {
  /** The owner whose turn comes after each of somebody else's. */
  provider: string
  /** Milliseconds that others wait at most. */
  patienceMs: number
  /** Which free place is taken rather than another. */
  prefer(place: Place): boolean
}

// As many as an album and a long list of links; what comes on top is somebody in a loop.
const mostOfOne = 30
// Three seconds of ordinary photos.
const mostOfAll = 300

/**
 * Shares a few places among many owners: one for an owner at a time, owners in turn whatever the number of their
 * wishes. The provider has every other turn, so neither side waits for more than one of the other's at a place.
 */
export function createTurns<Place>(places: readonly Place[], { provider, patienceMs, prefer }: Options<Place>) {
  const free = [...places]
  const busy = new Set<string>()
  const waiting = new Map<string, Set<Waiting<Place>>>() // owners in the order of their turns
  let count = 0
  let wasProvider = false
  let isClosed = false

  function nextOwner(): string | undefined {
    const ready = [...waiting.keys()].filter(owner => !busy.has(owner))
    const people = ready.find(owner => owner !== provider)
    return ready.includes(provider) && (!wasProvider || people === undefined) ? provider : people
  }

  function drop(owner: string, one: Waiting<Place>): boolean {
    const all = waiting.get(owner)
    if (!all?.delete(one)) return false
    count -= 1
    if (all.size === 0) waiting.delete(owner)
    return true
  }

  function serve() {
    for (let owner = nextOwner(); owner !== undefined && free.length > 0; owner = nextOwner()) {
      const index = Math.max(0, free.findIndex(prefer))
      const [place] = free.splice(index, 1)
      const all = waiting.get(owner)!
      const [one] = all
      drop(owner, one!)
      busy.add(owner)
      wasProvider = owner === provider
      one!.resolve(place!)
    }
  }

  return {
    isClosed: () => isClosed,

    /** A place for this owner; `give` it back. Throws Unknown when too many wait or it takes too long, or the signal's reason. */
    take(owner: string, signal?: AbortSignal): Promise<Place> {
      if (isClosed) return Promise.reject(new Unknown('the service is ending'))
      const own = waiting.get(owner)?.size ?? 0
      if (owner !== provider && (own >= mostOfOne || count >= mostOfAll)) {
        return Promise.reject(new Unknown('too many files are waiting to be looked at'))
      }
      return new Promise((resolve, reject) => {
        const all = waiting.get(owner) ?? new Set()
        waiting.set(owner, all)
        const leave = (error: unknown) => drop(owner, one) && one.reject(error)
        const abort = () => leave(signal?.reason)
        const tired = new Unknown('no turn to look at a file came up')
        const timer = owner === provider ? undefined : setTimeout(() => leave(tired), patienceMs)
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
        all.add(one)
        count += 1
        serve()
      })
    },

    give(owner: string, place: Place) {
      busy.delete(owner)
      // The next turn of this owner comes after everybody else's.
      const all = waiting.get(owner)
      if (waiting.delete(owner)) waiting.set(owner, all!)
      free.push(place)
      serve()
    },

    close() {
      isClosed = true
      for (const [owner, all] of [...waiting]) {
        for (const one of [...all]) if (drop(owner, one)) one.reject(new Unknown('the service is ending'))
      }
    },
  }
}
