/** A sliding window: `take` answers false when `limit` calls were let through in the last `perMs`. Mutable at run time. */
export function openPace(limit: number, perMs: number) {
  let taken: number[] = []
  return {
    limit,
    perMs,
    take(now = Date.now()): boolean {
      taken = taken.filter(at => at > now - this.perMs)
      if (taken.length >= this.limit) return false
      taken.push(now)
      return true
    },
  }
}
