/** A sliding window: `take` returns false after `limit` calls within `perMs`. Both may change at run time. */
export function openPace(limit: number, perMs: number) {
  let calls: number[] = []
  return {
    limit,
    perMs,
    take(now = Date.now()): boolean {
      calls = calls.filter(at => at > now - this.perMs)
      if (calls.length >= this.limit) return false
      calls.push(now)
      return true
    },
  }
}
