import { type Static, Type } from '@sinclair/typebox'
import type { Inputs } from '../catalogue/parameters.ts'
import type { Rates } from '../catalogue/pricing.ts'
import { only, query, type Sql, seal, untilAnswered } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import { newId } from '../id.ts'

/** How long a shown price is valid. */
export const quoteMinutes = 15

export type NewQuote = {
  userId: number
  modelId: string
  category: string
  inputs: Inputs
  /** The complete input of createTask. */
  params: Record<string, unknown>
  /** 0 only for a free run. */
  priceKop: number
  credits: string
  rates: Rates
}

const Made = Type.Object({ id: Type.String(), expiresAt: Type.Date() })

export const quoteInsert = query(
  Made,
  (sql, id: string, quote: NewQuote, inputs: string, params: string) => sql`
    select id, expires_at as "expiresAt"
    from pay.quote_make(${quote.userId}, ${id}, ${quote.modelId}, ${quote.category}, ${inputs}, ${params},
      ${quote.priceKop}, ${quote.credits}, ${quote.rates.usdRubRate}, ${quote.rates.markup}, ${quoteMinutes},
      ${sealOf(id, quote, inputs, params)})`,
)

const sealOf = (id: string, quote: NewQuote, inputs: string, params: string) =>
  seal(
    'quote',
    quote.userId,
    id,
    quote.modelId,
    quote.category,
    inputs,
    params,
    quote.priceKop,
    quote.credits,
    quote.rates.usdRubRate,
    quote.rates.markup,
    quoteMinutes,
  )

/** Stores a price as it will be shown. This price is charged, even when the catalogue changes later. */
export async function makeQuote(sql: Sql, quote: NewQuote): Promise<Static<typeof Made>> {
  return only(await quoteInsert(sql, newId(), quote, JSON.stringify(quote.inputs), JSON.stringify(quote.params)))
}

const Quote = Type.Object({
  id: Type.String(),
  modelId: Type.String(),
  category: Type.String(),
  inputs: Type.Unsafe<Inputs>(Type.Object({})),
  params: Type.Unsafe<Record<string, unknown>>(Type.Object({})),
  priceKop: Type.Integer(),
  /** The credits that the provider is expected to take. */
  credits: Type.String(),
  expiresAt: Type.Date(),
  isExpired: Type.Boolean(),
  isClosed: Type.Boolean(),
  generationId: Nullable(Type.String()),
  /** The message that was recorded with `quoteShown`. */
  messageId: Nullable(Type.Integer()),
})
export type Quote = Static<typeof Quote>

export const quoteById = query(
  Quote,
  (sql, userId: number, id: string) => sql`
    select q.id, q.model_id as "modelId", q.category, q.inputs, q.params, q.price_kop as "priceKop",
      q.credits::text as credits, q.expires_at as "expiresAt",
      q.expires_at <= now() as "isExpired", q.closed_at is not null as "isClosed",
      coalesce(g.id, b.id) as "generationId", q.message_id as "messageId"
    from pay.quotes q
    left join pay.generations g on g.user_id = q.user_id and g.quote_id = q.id
    left join pay.generations b on b.user_id = q.user_id and b.id = q.id
    where q.user_id = ${userId} and q.id = ${id}`,
)

/** The same order as a bonus run: its price is 0, `full_kop` is the price without the bonus. */
export const quoteForBonus = query(
  Type.Object({ id: Type.String() }),
  (sql, userId: number, quoteId: string, id: string) => sql`
    select id from pay.quote_for_bonus(${userId}, ${quoteId}, ${id})`,
)

/** Returns the id of the quote for a bonus run; undefined when the quote that was shown has expired or is closed. */
export async function bonusQuote(sql: Sql, userId: number, quoteId: string): Promise<string | undefined> {
  const [row] = await quoteForBonus(sql, userId, quoteId, newId())
  return row?.id
}

/** Reads a user's own quote. `generationId` is set once it was used, for a bonus run as well. */
export async function readQuote(sql: Sql, userId: number, id: string): Promise<Quote | undefined> {
  const [row] = await quoteById(sql, userId, id)
  return row
}

/** The newest quote of the private chat that a person may start from now. */
export const openQuote = query(
  Type.Object({ id: Type.String() }),
  (sql, userId: number) => sql`
    select q.id from pay.quotes q
    where q.user_id = ${userId} and q.closed_at is null and q.expires_at > now() and q.bonus_of is null
      and not exists (select from pay.group_orders o where o.payer_id = q.user_id and o.quote_id = q.id)
      and not exists (select from pay.generations g where g.user_id = q.user_id and (g.quote_id = q.id or g.id = q.id))
    order by q.expires_at desc, q.id limit 1`,
)

export const quotesClose = query(
  Type.Object({ id: Type.String(), messageId: Nullable(Type.Integer()) }),
  (sql, userId: number, quoteId: string | null, withInvoices: boolean) => sql`
    select id, message_id as "messageId" from pay.quotes_close(${userId}, ${quoteId}, ${withInvoices})`,
)

/** Which quotes to close: all open ones of the person, or `quoteId`; `withInvoices`: the invoices for them as well. */
export type Closing = { quoteId?: string; withInvoices?: boolean }

/**
 * Closes quotes: a closed quote can no longer be started. Returns those that were open, with the message that has their
 * buttons. Throws Unknown (call again).
 */
export const closeQuotes = (sql: Sql, userId: number, { quoteId, withInvoices = false }: Closing = {}) =>
  untilAnswered(() => quotesClose(sql, userId, quoteId ?? null, withInvoices))

/** Records the message that has the buttons of a quote. `before`: the earlier message; not `isOpen`: closed meanwhile. */
export const quoteShown = query(
  Type.Object({ before: Nullable(Type.Integer()), isOpen: Type.Boolean() }),
  (sql, userId: number, quoteId: string, messageId: number) => sql`
    select before, is_open as "isOpen" from pay.quote_shown(${userId}, ${quoteId}, ${messageId})`,
)
