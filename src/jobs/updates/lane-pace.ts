// Enough for an album with its caption, or for quick presses.
const burst = 30

/** A token bucket per lane, `everyMs` milliseconds a token: limits how fast this process handles one person's updates. */
export function createPaces(everyMs: number, now: () => number = performance.now.bind(performance)) {
  // When the bucket of each lane is full again; full ones are removed.
  const paidAt = new Map<string, number>()
  return {
    /** Returns the milliseconds until the next update of the lane; 0: now. */
    restMs(lane: string): number {
      return Math.max(0, Math.ceil((paidAt.get(lane) ?? 0) - burst * everyMs - now()))
    },
    count(lane: string): void {
      const at = now()
      paidAt.set(lane, Math.max(paidAt.get(lane) ?? 0, at) + everyMs)
      if (paidAt.size > 10_000) for (const [lane, paid] of paidAt) if (paid <= at) paidAt.delete(lane)
    },
  }
}
