import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { Refused } from '../errors.ts'

/** A token bucket: `burst` at once, then one every `everyMs` milliseconds. */
type Bucket = { everyMs: number; burst: number }
type Bounds = { perAddress: Bucket; ofAll: Bucket }

// A platform checks two routes every ten seconds; a person with a link makes a few requests.
const usual: Bounds = { perAddress: { everyMs: 50, burst: 100 }, ofAll: { everyMs: 5, burst: 400 } }
// Over that each answer waits: a caller who waits for answers then makes few requests on each connection, which costs next
// to nothing. An address over its own bound waits longer than those who pay for what all of them do, and still less than
// the five seconds that a platform's check waits when it comes from the address of a proxy that passes on a flood.
const heldMs = { ownBound: 3_000, boundOfAll: 1_000 }
// More than this and the connection is closed without an answer.
const maxHeld = 4_000

export type Strangers = {
  /**
   * Called for a request that proves nothing: no secret, no MAC, no signed link. Resolves at once while its address, and
   * all together, are within their bounds; after about three seconds when its address is over its own, after about one
   * when all together are over theirs. Throws Refused `flood` when too many wait.
   */
  hold(request: FastifyRequest): Promise<void>
  /** Whether the address has used up what it may do at once: what it does need not be logged each time. */
  isFlooding(request: FastifyRequest): boolean
}

export function createStrangers(
  addressOf: (request: FastifyRequest) => string,
  { perAddress, ofAll }: Bounds = usual,
): Strangers {
  // When a bucket is full again; one that is full is forgotten.
  const paidAt = new Map<string, number>()
  let allPaidAt = 0
  let held = 0

  const isOver = (paid: number, { everyMs, burst }: Bucket, at: number) => paid - at > everyMs * burst

  /** Takes one of the address and one of all. Returns how long to hold the answer, in milliseconds. */
  function take(address: string): number {
    const at = performance.now()
    if (paidAt.size > 50_000) for (const [key, paid] of paidAt) if (paid <= at) paidAt.delete(key)
    const paid = Math.max(paidAt.get(address) ?? 0, at) + perAddress.everyMs
    // An address over its own bound takes nothing from the others.
    if (isOver(paid, perAddress, at)) return heldMs.ownBound
    paidAt.set(address, paid)
    const all = Math.max(allPaidAt, at) + ofAll.everyMs
    if (isOver(all, ofAll, at)) return heldMs.boundOfAll
    allPaidAt = all
    return 0
  }

  return {
    async hold(request) {
      const ms = take(addressOf(request))
      if (ms === 0) return
      if (held >= maxHeld) throw new Refused('flood', 'too many requests wait')
      held += 1
      // Spread, so that those who came together do not go together.
      await new Promise(resolve => setTimeout(resolve, ms * (0.7 + 0.6 * Math.random())))
      held -= 1
    },
    isFlooding(request) {
      const at = performance.now()
      return isOver((paidAt.get(addressOf(request)) ?? 0) + perAddress.everyMs, perAddress, at)
    },
  }
}

/**
 * The address of whoever asks: of the connection, or what the platform's proxy writes into `header`. Of a list the last
 * entry counts, which the nearest proxy has written; anything else in it is the caller's own invention.
 */
export function addressBy(header: string | undefined): (request: FastifyRequest) => string {
  return request => {
    const direct = request.socket.remoteAddress ?? ''
    if (header === undefined) return direct
    const told = request.headers[header.toLowerCase()]
    const last = (Array.isArray(told) ? told.at(-1) : told)?.split(',').at(-1)?.trim()
    return last !== undefined && isIP(last) > 0 ? last : direct
  }
}

/** Counts what is under way at once, by key and in all. */
export function createPlaces(most: { perKey: number; inAll: number }) {
  const taken = new Map<string, number>()
  let all = 0
  return {
    /** A place to give back, or undefined when there is none. */
    take(key: string): (() => void) | undefined {
      const own = taken.get(key) ?? 0
      if (own >= most.perKey || all >= most.inAll) return undefined
      taken.set(key, own + 1)
      all += 1
      let isGiven = false
      return () => {
        if (isGiven) return
        isGiven = true
        all -= 1
        const left = (taken.get(key) ?? 1) - 1
        if (left > 0) taken.set(key, left)
        else taken.delete(key)
      }
    },
  }
}
