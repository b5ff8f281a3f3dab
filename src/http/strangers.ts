import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { Refused } from '../errors.ts'

/** A token bucket: `burst` at once, then one every `everyMs` milliseconds. */
type Bucket = { everyMs: number; burst: number }
type Bounds = { perAddress: Bucket; ofAll: Bucket }

// A platform checks two routes every ten seconds. A person with a link makes a few requests.
const usual: Bounds = { perAddress: { everyMs: 50, burst: 100 }, ofAll: { everyMs: 5, burst: 400 } }
// Above the limit, each answer is delayed: a caller who waits for answers can then make only a few requests per
// connection. An address above its own limit waits longer than callers above the common limit. Both delays are below
// five seconds, the timeout of a platform's health check that comes from the same proxy as a flood.
const heldMs = { ownBound: 3_000, boundOfAll: 1_000 }
// With more delayed answers than this, the connection is closed without an answer.
const maxHeld = 4_000

export type Strangers = {
  /**
   * Call it for an unauthenticated request: no secret, no MAC, no signed link. Resolves at once while the address and
   * all addresses together are within their limits. Resolves after about three seconds if the address is above its own
   * limit, after about one second if all together are above theirs. Throws Refused `flood` if too many requests wait.
   */
  hold(request: FastifyRequest): Promise<void>
  /** Returns whether the address has used up its bucket. Its requests then need not be logged one by one. */
  isFlooding(request: FastifyRequest): boolean
}

export function createStrangers(
  addressOf: (request: FastifyRequest) => string,
  { perAddress, ofAll }: Bounds = usual,
): Strangers {
  // The time at which a bucket is full again. A full bucket is deleted.
  const paidAt = new Map<string, number>()
  let allPaidAt = 0
  let held = 0

  const isOver = (paid: number, { everyMs, burst }: Bucket, at: number) => paid - at > everyMs * burst

  /** Takes a token of the address and a common one. Returns the delay of the answer in milliseconds. */
  function take(address: string): number {
    const at = performance.now()
    if (paidAt.size > 50_000) for (const [key, paid] of paidAt) if (paid <= at) paidAt.delete(key)
    const paid = Math.max(paidAt.get(address) ?? 0, at) + perAddress.everyMs
    // An address above its own limit takes no common tokens.
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
      // Random delays, so that requests that came together do not leave together.
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
 * Returns the caller's address: that of the connection, or the one that the platform's proxy writes into `header`. In a
 * list, the last entry counts, since the nearest proxy wrote it. The caller can forge the others.
 */
export function addressBy(header: string | undefined): (request: FastifyRequest) => string {
  return request => {
    const direct = request.socket.remoteAddress ?? ''
    if (header === undefined) return direct
    const forwarded = request.headers[header.toLowerCase()]
    const last = (Array.isArray(forwarded) ? forwarded.at(-1) : forwarded)?.split(',').at(-1)?.trim()
    return last !== undefined && isIP(last) > 0 ? last : direct
  }
}

/** Limits what runs at once, by key and in all. */
export function createPlaces(most: { perKey: number; inAll: number }) {
  const counts = new Map<string, number>()
  let all = 0
  return {
    /** Takes a place. Returns a function that frees it, or undefined if there is no place. */
    take(key: string): (() => void) | undefined {
      const own = counts.get(key) ?? 0
      if (own >= most.perKey || all >= most.inAll) return undefined
      counts.set(key, own + 1)
      all += 1
      let isGiven = false
      return () => {
        if (isGiven) return
        isGiven = true
        all -= 1
        const left = (counts.get(key) ?? 1) - 1
        if (left > 0) counts.set(key, left)
        else counts.delete(key)
      }
    },
  }
}
