import type { Sql } from '../database/db.ts'
import { takeTokens } from '../rate-limiter.ts'

export type UpstreamRateLimiter = {
  /**
   * Takes a token. Returns how many milliseconds to wait before the call (0: go now). If the wait is longer than
   * `maxWaitMs`, no token is taken: try again after the wait.
   */
  take(what: 'submit' | 'read', maxWaitMs: number): Promise<number>
}

// The upstream drops requests beyond 20 creations in 10 s or 10 reads in 1 s (docs/providers/kie.md, "Limits"). In any
// such window, a burst and its refill stay within the limit, for all machines together.
const buckets = {
  submit: { key: 'kie:submit', everyUs: 833_334, burst: 8 },
  read: { key: 'kie:read', everyUs: 200_000, burst: 5 },
}

/** The upstream's limits, shared by all machines through the database. */
export const createUpstreamRateLimiter = (sql: Sql): UpstreamRateLimiter => ({
  take: (what, maxWaitMs) => takeTokens(sql, [buckets[what]], maxWaitMs),
})
