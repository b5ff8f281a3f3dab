import { Type } from '@sinclair/typebox'
import { query, type Sql } from './db.ts'

/** A budget that all machines share: `burst` calls at once, then one every `everyUs` microseconds. */
export type Rate = { key: string; everyUs: number; burst: number }

export const rateTake = query(
  Type.Object({ waitMs: Type.Integer() }),
  (sql, keys: string[], everyUs: number[], bursts: number[], maxWaitMs: number) => sql`
    select pay.rate_take(${keys}, ${everyUs}, ${bursts}, ${maxWaitMs}) as "waitMs"`,
)

/**
 * Takes a place in every named budget and answers how many milliseconds to wait before going. A wait longer than
 * `maxWaitMs` takes nothing: ask again after it.
 */
export async function takeRate(sql: Sql, rates: Rate[], maxWaitMs: number): Promise<number> {
  const [row] = await rateTake(
    sql,
    rates.map(rate => rate.key),
    rates.map(rate => rate.everyUs),
    rates.map(rate => rate.burst),
    maxWaitMs,
  )
  return row!.waitMs
}
