// An album with its words, or a thumb that does not wait.
const burst = 30

/** A token bucket per lane, `everyMs` milliseconds a token: how fast one person's updates are taken up by this process. */
export function createPaces(everyMs: number, now: () => number = performance.now.bind(performance)) {
  // When the lane has paid off what it had; lanes that have are forgotten.
  const paidAt = new Map<string, number>()
  return {
    /** Milliseconds until the lane may go on; 0: now. */
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
