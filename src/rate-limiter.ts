import { Type } from '@sinclair/typebox'
import { query, type Sql } from './database/db.ts'

/** A budget that all machines share: `burst` calls at once, then one every `everyUs` microseconds. */
export type Rate = { key: string; everyUs: number; burst: number }

export const rateTake = query(
  Type.Object({ waitMs: Type.Integer() }),
  (sql, keys: string, everyUs: string, bursts: string, maxWaitMs: number) => sql`
    select pay.rate_take(string_to_array(${keys}, ','), string_to_array(${everyUs}, ',')::bigint[],
      string_to_array(${bursts}, ',')::int[], ${maxWaitMs}) as "waitMs"`,
)

/**
 * Takes a place in every named budget and answers how many milliseconds to wait before going. A wait longer than
 * `maxWaitMs` takes nothing: ask again after it.
 */
export async function takeRate(sql: Sql, rates: Rate[], maxWaitMs: number): Promise<number> {
  const list = (of: (rate: Rate) => string | number) => rates.map(of).join(',')
  const keys = list(rate => rate.key)
  const [row] = await rateTake(
    sql,
    keys,
    list(rate => rate.everyUs),
    list(rate => rate.burst),
    maxWaitMs,
  )
  return row!.waitMs
}
