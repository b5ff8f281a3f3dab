import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { only, query, type Sql, seal } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import { EventRefused } from '../errors.ts'

export const Status = Type.Union([
  Type.Literal('started'),
  Type.Literal('success'),
  Type.Literal('failed'),
  Type.Literal('timeout'),
])

const some = { minLength: 1 }
const column = (type: string) => ({ column: type })

/** A row of `generation_events`: its 14 columns in their order, each with its type in the database. */
export const EventRow = Type.Object(
  {
    id: Type.Integer(column('bigint')),
    createdAt: Type.Date(column('timestamp with time zone')),
    // Negative: the account of a group.
    userId: Type.Union([Type.Integer({ minimum: 1 }), Type.Integer({ maximum: -1 })], column('bigint')),
    chatId: Type.Union([Type.Integer(), Type.Null()], column('bigint')),
    modelId: Type.String({ ...some, ...column('text') }),
    category: Type.String({ ...some, ...column('text') }),
    status: Type.Union(Status.anyOf, column('text')),
    isFreeApplied: Type.Boolean(column('boolean')),
    /** An exact decimal with two places. */
    priceRub: Type.String({ pattern: '^\\d{1,10}\\.\\d\\d$', ...column('numeric(12,2)') }),
    /** The generation's id. */
    requestId: Type.String({ ...some, ...column('text') }),
    taskId: Type.Union([Type.String(some), Type.Null()], column('text')),
    errorCode: Type.Union([Type.String(some), Type.Null()], column('text')),
    /** At most 500 characters. */
    errorMessage: Type.Union([Type.String(), Type.Null()], column('text')),
    /** Milliseconds from the start to the end; null for `started`. */
    durationMs: Type.Union([Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }), Type.Null()], column('integer')),
  },
  { additionalProperties: false },
)
export type EventRow = Static<typeof EventRow>

/** An event to write. The database adds the id and the time. Kopecks, stored in rubles. */
export type GenerationEvent = Omit<EventRow, 'id' | 'createdAt' | 'priceRub'> & { priceKop: number }

const NewRow = Type.Omit(EventRow, ['id', 'createdAt'], { additionalProperties: false })

// Rules between fields that a column's type cannot express, and what Postgres accepts as text.
const rules: [keyof Static<typeof NewRow>, (row: Static<typeof NewRow>) => boolean][] = [
  ['durationMs', ({ status, durationMs }) => (status === 'started') === (durationMs === null)],
  ['errorCode', ({ status, errorCode }) => (status !== 'failed' && status !== 'timeout') || errorCode !== null],
  ['priceRub', ({ isFreeApplied, priceRub }) => !isFreeApplied || priceRub === '0.00'],
  ['errorMessage', ({ errorMessage }) => [...(errorMessage ?? '')].length <= 500],
]
const isText = (value: unknown) => typeof value !== 'string' || (value.isWellFormed() && !value.includes('\0'))
const isAmount = (kop: number) => Number.isSafeInteger(kop) && kop >= 0

/** Returns the column of a field: `is_free_applied` for `isFreeApplied`. */
export const columnOf = (field: string): string => field.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

/** Returns the event as a database row, by its columns. Throws EventRefused with the column that does not fit. */
export function rowOf({ priceKop, ...event }: GenerationEvent): Record<string, string | number | boolean | null> {
  if (!isAmount(priceKop)) throw new EventRefused('price_rub', event.requestId)
  const row = { ...event, priceRub: `${Math.trunc(priceKop / 100)}.${String(priceKop % 100).padStart(2, '0')}` }
  const problem = Value.Errors(NewRow, row).First()?.path.split('/')[1]
  const field = problem ?? Object.entries(row).find(([, value]) => !isText(value))?.[0]
  const wrong = field ?? rules.find(([, holds]) => !holds(row))?.[0]
  if (wrong !== undefined) throw new EventRefused(columnOf(wrong), event.requestId)
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [columnOf(name), value]))
}

/** Returns an external text in a form that an event can store: valid for Postgres, at most 500 characters. */
export const eventText = (text: string): string => [...text.toWellFormed().replaceAll('\0', '')].slice(0, 500).join('')

export const eventLog = query(
  Type.Object({ isFirst: Type.Boolean() }),
  (sql, event: GenerationEvent) => sql`
    select pay.event_log(${event.userId}, ${event.chatId}, ${event.modelId}, ${event.category}, ${event.status},
      ${event.isFreeApplied}, ${event.priceKop}, ${event.requestId}, ${event.taskId}, ${event.errorCode},
      ${event.errorMessage}, ${event.durationMs},
      ${seal('event', event.userId, event.requestId, event.status, event.priceKop)}) as "isFirst"`,
)

/**
 * Writes one event of a generation. Returns false if its `started`, or its end, is already stored. `place` and `settle`
 * instead pass their rows to the statement that moves the money. Throws EventRefused before anything is sent.
 */
export async function logGenerationEvent(sql: Sql, event: GenerationEvent): Promise<boolean> {
  const errorMessage = event.errorMessage === null ? null : eventText(event.errorMessage)
  const fitting = { ...event, errorMessage }
  rowOf(fitting)
  return only(await eventLog(sql, fitting)).isFirst
}

const Failure = Type.Object({
  createdAt: Type.Date(),
  requestId: Type.String(),
  userId: Type.Integer(),
  modelId: Type.String(),
  status: Type.String(),
  /** The price. A failure was refunded in full. */
  priceKop: Type.Integer(),
  taskId: Nullable(Type.String()),
  errorCode: Type.String(),
  errorMessage: Nullable(Type.String()),
  durationMs: Nullable(Type.Integer()),
})
export type Failure = Static<typeof Failure>

export const recentFailures = query(
  Failure,
  (sql, limit: number) => sql`
    select created_at as "createdAt", request_id as "requestId", user_id as "userId", model_id as "modelId", status,
      (price_rub * 100)::bigint as "priceKop", task_id as "taskId", error_code as "errorCode", error_message as "errorMessage",
      duration_ms as "durationMs"
    from pay.generation_events
    where status in ('failed', 'timeout')
    order by created_at desc, id desc
    limit ${limit}`,
)

/** Returns the last failures and timeouts, newest first. */
export const getRecentFailures = (sql: Sql, limit = 20): Promise<Failure[]> => recentFailures(sql, limit)

const UserStats = Type.Object({
  total: Type.Integer(),
  success: Type.Integer(),
  failed: Type.Integer(),
  timeout: Type.Integer(),
  spentKop: Type.Integer(),
})
export type UserStats = Static<typeof UserStats>

export const userStats = query(
  UserStats,
  (sql, userId: number) => sql`
    select count(*) filter (where status = 'started') as total,
      count(*) filter (where status = 'success') as success,
      count(*) filter (where status = 'failed') as failed,
      count(*) filter (where status = 'timeout') as timeout,
      coalesce(sum(price_rub) filter (where status = 'success') * 100, 0)::bigint as "spentKop"
    from pay.generation_events
    where user_id = ${userId}`,
)

/** Returns what a user started and how it ended. `spentKop` is the captured amount, in kopecks. */
export async function getUserStats(sql: Sql, userId: number): Promise<UserStats> {
  const [row] = await userStats(sql, userId)
  return row!
}

const ModelStats = Type.Object({
  modelId: Type.String(),
  runs30d: Type.Integer(),
  finished: Type.Integer(),
  succeeded: Type.Integer(),
  timed: Type.Integer(),
  p25Ms: Nullable(Type.Number()),
  p75Ms: Nullable(Type.Number()),
  hourFinished: Type.Integer(),
  hourSucceeded: Type.Integer(),
})
/**
 * A model's figures: successes of 30 days; the last 100 finished runs without the person's own failures, and how many
 * of those fall in the last hour; the 25th and 75th percentile of the duration of the `timed` last successes.
 */
export type ModelStats = Static<typeof ModelStats>

export const modelStats = query(
  ModelStats,
  sql => sql`
    select model_id as "modelId", runs_30d as "runs30d", finished, succeeded, timed, p25_ms as "p25Ms", p75_ms as "p75Ms",
      hour_finished as "hourFinished", hour_succeeded as "hourSucceeded"
    from pay.model_stats`,
)

/** Recomputes the figures. The first machine that calls it in a minute does the work. */
export const refreshModelStats = query(
  Type.Object({ isDone: Type.Boolean() }),
  sql => sql`select pay.model_stats_refresh(now()) as "isDone"`,
)
