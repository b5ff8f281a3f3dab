import { Type } from '@sinclair/typebox'
import { query, type Sql } from './database/db.ts'

/** A token bucket that all machines share: `burst` calls at once, then one every `everyUs` microseconds. */
export type TokenBucket = { key: string; everyUs: number; burst: number }

export const rateTake = query(
  Type.Object({ waitMs: Type.Integer() }),
  (sql, keys: string, everyUs: string, bursts: string, maxWaitMs: number) => sql`
    select pay.rate_take(string_to_array(${keys}, ','), string_to_array(${everyUs}, ',')::bigint[],
      string_to_array(${bursts}, ',')::int[], ${maxWaitMs}) as "waitMs"`,
)

/**
 * Takes a token from every bucket. Returns how many milliseconds to wait before the call (0: go now). If the wait is
 * longer than `maxWaitMs`, no token is taken: try again after the wait.
 */
export async function takeTokens(sql: Sql, buckets: TokenBucket[], maxWaitMs: number): Promise<number> {
  const list = (of: (bucket: TokenBucket) => string | number) => buckets.map(of).join(',')
  const keys = list(bucket => bucket.key)
  const [row] = await rateTake(
    sql,
    keys,
    list(bucket => bucket.everyUs),
    list(bucket => bucket.burst),
    maxWaitMs,
  )
  return row!.waitMs
}
