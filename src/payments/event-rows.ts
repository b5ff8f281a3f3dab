import { type Static, Type } from '@sinclair/typebox'
import { query, type Sql, untilAnswered } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import { EventRefused, sqlState } from '../errors.ts'
import { eventText, rowOf } from '../events/repository.ts'
import type { Ref } from './generations.ts'
import type { Ending, Order } from './order.ts'
import { readQuote } from './quotes.ts'

type Row = ReturnType<typeof rowOf>

/** Returns the row of a run that starts; null for an unknown quote, which `genStart` refuses. */
export async function startedRow(sql: Sql, order: Order): Promise<Row | null> {
  const { userId, chatId, id } = order
  const quote = order.quote ?? (await readQuote(sql, userId, order.quoteId))
  if (!quote) return null
  const { modelId, category, priceKop } = quote
  const empty = { taskId: null, errorCode: null, errorMessage: null, durationMs: null }
  const isFreeApplied = priceKop === 0
  return rowOf({
    userId,
    chatId,
    modelId,
    category,
    status: 'started',
    isFreeApplied,
    priceKop,
    requestId: id,
    ...empty,
  })
}

const Run = Type.Object({
  chatId: Type.Integer(),
  modelId: Type.String(),
  category: Type.String(),
  isFree: Type.Boolean(),
  priceKop: Type.Integer(),
  taskId: Nullable(Type.String()),
  ageMs: Type.Number(),
})
/** A run as its final event needs it. `ageMs`: since its start. */
export type EndingRun = Static<typeof Run>

export const runOfEnding = query(
  Run,
  (sql, { userId, id }: Ref) => sql`
    select chat_id as "chatId", model_id as "modelId", category, is_free as "isFree", price_kop as "priceKop",
      task_id as "taskId", (extract(epoch from clock_timestamp() - created_at) * 1000)::float8 as "ageMs"
    from pay.generations where user_id = ${userId} and id = ${id}`,
)

/** Returns the kopecks kept of a price when only some of the promised files arrived: their share, rounded up. */
export function keptKop(priceKop: number, arrived: number, promised: number): number {
  return Number((BigInt(priceKop) * BigInt(arrived) + BigInt(promised) - 1n) / BigInt(promised))
}

/**
 * Returns the row of an ending; null for an unknown run. A success has the amount kept, anything else the price. `known`
 * saves reading the run.
 */
export async function endingRow(sql: Sql, ref: Ref, ending: Ending, known?: EndingRun): Promise<Row | null> {
  const [run] = known ? [known] : await runOfEnding(sql, ref)
  if (!run) return null
  const { chatId, modelId, category, taskId, isFree, priceKop, ageMs } = run
  const kop =
    ending.outcome === 'success'
      ? keptKop(priceKop, ending.results.length, Math.max(1, ending.promised ?? ending.results.length))
      : priceKop
  const failure =
    ending.outcome === 'success'
      ? { errorCode: null, errorMessage: null }
      : { errorCode: ending.code, errorMessage: eventText(ending.message) }
  return rowOf({
    chatId,
    modelId,
    category,
    taskId,
    ...failure,
    userId: ref.userId,
    requestId: ref.id,
    status: ending.outcome,
    isFreeApplied: isFree,
    priceKop: kop,
    durationMs: Math.min(2 ** 31 - 1, Math.max(0, Math.round(ageMs))),
  })
}

export const wayBack = query(
  Type.Object({
    outcome: Type.Unsafe<'failed' | 'timeout'>(Type.String()),
    code: Type.String(),
  }),
  (sql, { userId, id }: Ref) => sql`
    select outcome, code from pay.generations g, pay.way_back(g) where g.user_id = ${userId} and g.id = ${id}`,
)

/** Returns the row of a run that an admin refunds; null when it may not be refunded, which the statement refuses. */
export async function givenBackRow(sql: Sql, ref: Ref, reason: string): Promise<Row | null> {
  const [way] = await untilAnswered(() => wayBack(sql, ref))
  return way ? endingRow(sql, ref, { ...way, message: `given back by an admin: ${reason}` }) : null
}

/** Returns the refusal of an event row, with its column. Throws any other error unchanged. */
export function refusedEvent(error: unknown, id: string): EventRefused {
  if (error instanceof EventRefused) return error
  if (sqlState(error) !== 'P0422') throw error
  return new EventRefused((error as { detail?: string }).detail ?? 'unknown', id, { cause: error })
}
