import { type Static, Type } from '@sinclair/typebox'
import { query, type Sql, seal } from '../db.ts'

export const Status = Type.Union([
  Type.Literal('started'),
  Type.Literal('success'),
  Type.Literal('failed'),
  Type.Literal('timeout'),
])
const Nullable = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([schema, Type.Null()])

export type GenerationEvent = {
  userId: number
  chatId: number | null
  modelId: string
  category: string
  status: Static<typeof Status>
  isFreeApplied: boolean
  /** Kopecks; stored in rubles. */
  priceKop: number
  /** The generation's id. */
  requestId: string
  taskId: string | null
  errorCode: string | null
  /** Cut to 500 characters. */
  errorMessage: string | null
  /** From the start to the ending, milliseconds; null for `started`. */
  durationMs: number | null
}

export const eventLog = query(
  Type.Object({ isFirst: Type.Boolean() }),
  (sql, event: GenerationEvent) => sql`
    select pay.event_log(${event.userId}, ${event.chatId}, ${event.modelId}, ${event.category}, ${event.status},
      ${event.isFreeApplied}, ${event.priceKop}, ${event.requestId}, ${event.taskId}, ${event.errorCode},
      ${event.errorMessage}, ${event.durationMs},
      ${seal('event', event.userId, event.requestId, event.status, event.priceKop)}) as "isFirst"`,
)

/**
 * Writes one event of a generation; false when its `started`, or its ending, is already there. The life of an order
 * writes its events inside the statements that move its money (sql/0004); this is for events of other origin.
 */
export async function logGenerationEvent(sql: Sql, event: GenerationEvent): Promise<boolean> {
  const [row] = await eventLog(sql, event)
  return row!.isFirst
}

const Failure = Type.Object({
  createdAt: Type.Date(),
  requestId: Type.String(),
  userId: Type.Integer(),
  modelId: Type.String(),
  status: Type.String(),
  /** What it would have cost; of a failure nothing is kept. */
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

/** The last failures and timeouts, newest first. */
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

/** What a user started and how it ended; `spentKop` is what was kept, in kopecks. */
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
 * Of a model: successes of 30 days; the last 100 finished runs without the person's own failures, and those of the last
 * hour among them; how long 25 and 75 % of the `timed` last successes took.
 */
export type ModelStats = Static<typeof ModelStats>

export const modelStats = query(
  ModelStats,
  sql => sql`
    select model_id as "modelId", runs_30d as "runs30d", finished, succeeded, timed, p25_ms as "p25Ms", p75_ms as "p75Ms",
      hour_finished as "hourFinished", hour_succeeded as "hourSucceeded"
    from pay.model_stats`,
)

/** Makes the figures anew, on the first machine that asks in a minute. */
export const refreshModelStats = query(
  Type.Object({ isDone: Type.Boolean() }),
  sql => sql`select pay.model_stats_refresh(now()) as "isDone"`,
)
