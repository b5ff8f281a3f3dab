import { type Static, Type } from '@sinclair/typebox'
import type { Inputs } from '../catalogue/parameters.ts'
import type { Rates } from '../catalogue/pricing.ts'
import { only, query, type Sql } from '../db.ts'
import { newId } from '../id.ts'

/** How long a shown price stands. */
export const quoteMinutes = 15

export type Offer = {
  userId: number
  modelId: string
  category: string
  inputs: Inputs
  /** What createTask gets, complete. */
  params: Record<string, unknown>
  /** 0 only for a free run. */
  priceKop: number
  credits: string
  rates: Rates
}

const Made = Type.Object({ id: Type.String(), expiresAt: Type.Date() })

export const quoteInsert = query(
  Made,
  (sql, id: string, offer: Offer) => sql`
    insert into pay.quotes (user_id, id, model_id, category, inputs, params, price_kop, credits, usd_rub_rate, markup, expires_at)
    values (${offer.userId}, ${id}, ${offer.modelId}, ${offer.category}, ${offer.inputs}, ${offer.params}, ${offer.priceKop},
      ${offer.credits}, ${offer.rates.usdRubRate}, ${offer.rates.markup}, now() + make_interval(mins => ${quoteMinutes}))
    returning id, expires_at as "expiresAt"`,
)

/** Writes down a price as it will be shown. What is charged is this row's, whatever the catalogue says later. */
export async function makeQuote(sql: Sql, offer: Offer): Promise<Static<typeof Made>> {
  return only(await quoteInsert(sql, newId(), offer))
}

const Quote = Type.Object({
  id: Type.String(),
  modelId: Type.String(),
  category: Type.String(),
  inputs: Type.Unsafe<Inputs>(Type.Object({})),
  params: Type.Unsafe<Record<string, unknown>>(Type.Object({})),
  priceKop: Type.Integer(),
  expiresAt: Type.Date(),
  isExpired: Type.Boolean(),
  generationId: Type.Union([Type.String(), Type.Null()]),
})
export type Quote = Static<typeof Quote>

export const quoteById = query(
  Quote,
  (sql, userId: number, id: string) => sql`
    select q.id, q.model_id as "modelId", q.category, q.inputs, q.params, q.price_kop as "priceKop", q.expires_at as "expiresAt",
      q.expires_at <= now() as "isExpired", g.id as "generationId"
    from pay.quotes q
    left join pay.generations g on g.user_id = q.user_id and g.quote_id = q.id
    where q.user_id = ${userId} and q.id = ${id}`,
)

/** A user's own quote; `generationId` is set once it was used. */
export async function readQuote(sql: Sql, userId: number, id: string): Promise<Quote | undefined> {
  const [row] = await quoteById(sql, userId, id)
  return row
}

/**
 * What the paid runs of the last hour cost by the credits of their quotes at today's rate, and what was kept for them.
 */
export const quotedCosts = query(
  Type.Object({ modelId: Type.String(), runs: Type.Integer(), costKop: Type.Integer(), keptKop: Type.Integer() }),
  (sql, modelIds: readonly string[], usdRubRate: string) => sql`
    select m.id as "modelId", count(*) as runs, (sum(e.price_rub) * 100)::bigint as "keptKop",
      ceil(sum(q.credits) * 0.005 * ${usdRubRate}::numeric * 100)::bigint as "costKop"
    from unnest(string_to_array(${modelIds.join(',')}, ',')) as m(id)
    join pay.generation_events e on e.model_id = m.id and e.status = 'success' and not e.is_free_applied
      and e.created_at > now() - interval '1 hour'
    join pay.generations g on g.user_id = e.user_id and g.id = e.request_id
    join pay.quotes q on q.user_id = g.user_id and q.id = g.quote_id
    group by m.id`,
)
