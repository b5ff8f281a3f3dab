import { type Static, Type } from '@sinclair/typebox'
import type { Inputs } from '../catalogue/parameters.ts'
import { query, type Sql } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import { graceMs } from './timing.ts'

/** Names one generation: the owner first, as every money row does. */
export type Ref = { userId: number; id: string }

const words = <W extends string[]>(...list: W) => Type.Unsafe<W[number]>(Type.String({ enum: list }))

const ExecState = words('queued', 'submitting', 'running', 'success', 'failed', 'timeout')
const MoneyState = words('free', 'debited', 'captured', 'refunded')

const Generation = Type.Object({
  userId: Type.Integer(),
  id: Type.String(),
  chatId: Type.Integer(),
  /** The topic of the chat; null outside of topics. */
  threadId: Nullable(Type.Integer()),
  messageId: Nullable(Type.Integer()),
  modelId: Type.String(),
  category: Type.String(),
  isFree: Type.Boolean(),
  isBonus: Type.Boolean(),
  /** It was born when the person took the late result of another run. */
  isLate: Type.Boolean(),
  priceKop: Type.Integer(),
  /** The captured part of the price: less than all of it when fewer files arrived than were promised. */
  keptKop: Nullable(Type.Integer()),
  promised: Nullable(Type.Integer()),
  execState: ExecState,
  moneyState: MoneyState,
  taskId: Nullable(Type.String()),
  attempt: Type.Integer(),
  pollAttempt: Type.Integer(),
  deadlineAt: Type.Date(),
  isOverdue: Type.Boolean(),
  isHopeless: Type.Boolean(),
  createdAt: Type.Date(),
  submittedAt: Nullable(Type.Date()),
  finishedAt: Nullable(Type.Date()),
  ageMs: Type.Number(),
  inputs: Type.Unsafe<Inputs>(Type.Object({})),
  params: Type.Unsafe<Record<string, unknown>>(Type.Object({})),
  errorCode: Nullable(Type.String()),
  errorMessage: Nullable(Type.String()),
  isOwnerBanned: Type.Boolean(),
  credits: Type.String(),
  isPaused: Type.Boolean(),
})
/**
 * One run with its inputs. At the deadline the upstream is polled once more; if it does not answer, the run is `isHopeless`
 * after another `graceMs` (the view `broken` allows a little more). `isPaused`: the provider accepts no such orders from us
 * now. `credits`: the expected cost. `errorMessage`: the upstream's own text, for admins only.
 */
export type Generation = Static<typeof Generation>

export const generationById = query(
  Generation,
  (sql, { userId, id }: Ref) => sql`
    select g.user_id as "userId", g.id, g.chat_id as "chatId", g.thread_id as "threadId", g.message_id as "messageId", g.model_id as "modelId",
      g.category, g.is_free as "isFree", g.grant_ref is not null as "isBonus",
      g.late_of is not null as "isLate", g.price_kop as "priceKop", g.kept_kop as "keptKop", g.promised, g.exec_state as "execState", g.money_state as "moneyState",
      g.task_id as "taskId", g.attempt, g.look as "pollAttempt", g.deadline_at as "deadlineAt",
      g.deadline_at <= now() as "isOverdue", g.deadline_at <= now() - ${`${graceMs} milliseconds`}::interval as "isHopeless", g.created_at as "createdAt", g.submitted_at as "submittedAt",
      g.finished_at as "finishedAt",
      case when g.late_of is null then extract(epoch from coalesce(g.finished_at, now()) - g.created_at) * 1000
        else e.duration_ms end::float8 as "ageMs",
      q.inputs, q.params, e.error_code as "errorCode", e.error_message as "errorMessage",
      u.banned_at is not null as "isOwnerBanned", q.credits::text as credits,
      exists (select from pay.provider_account a
        where a.is_only and (a.opened_at is not null or a.needs_credits <= q.credits)) as "isPaused"
    from pay.generations g
    join pay.users u on u.user_id = g.user_id
    join pay.quotes q on q.user_id = g.user_id and q.id = g.quote_id
    left join pay.generation_events e on e.user_id = g.user_id and e.request_id = g.id and e.status <> 'started'
    where g.user_id = ${userId} and g.id = ${id}`,
)

/** Reads a user's own generation. */
export async function readGeneration(sql: Sql, ref: Ref): Promise<Generation | undefined> {
  const [row] = await generationById(sql, ref)
  return row
}

/** The owner of a generation: callbacks do not name one. */
export const ownerOf = query(
  Type.Object({ userId: Type.Integer(), taskId: Nullable(Type.String()), isFinished: Type.Boolean() }),
  (sql, id: string) => sql`
    select user_id as "userId", task_id as "taskId", finished_at is not null as "isFinished"
    from pay.generations where id = ${id}`,
)

const Output = Type.Object({
  n: Type.Integer(),
  kind: Type.String(),
  mime: Type.String(),
  extension: Type.String(),
  bytes: Type.Integer(),
  widthPx: Nullable(Type.Integer()),
  heightPx: Nullable(Type.Integer()),
  seconds: Nullable(Type.Number()),
  url: Type.String(),
  fileId: Nullable(Type.String()),
  sentAs: Nullable(words('photo', 'video', 'audio', 'document', 'animation')),
})
/** One usable output of a success. `fileId` is Telegram's, known after it was sent. */
export type Output = Static<typeof Output>

export const outputsOf = query(
  Output,
  (sql, { userId, id }: Ref) => sql`
    select n, kind, mime, extension, bytes, width_px as "widthPx", height_px as "heightPx", seconds, url,
      file_id as "fileId", sent_as as "sentAs"
    from pay.results where user_id = ${userId} and generation_id = ${id} order by n`,
)

const Line = Type.Object({
  id: Type.String(),
  errorCode: Nullable(Type.String()),
  modelId: Type.String(),
  execState: ExecState,
  moneyState: MoneyState,
  isFree: Type.Boolean(),
  isBonus: Type.Boolean(),
  priceKop: Type.Integer(),
  keptKop: Nullable(Type.Integer()),
  createdAt: Type.Date(),
  taskId: Nullable(Type.String()),
  /** The beginning of the text that was ordered, if the model takes one. */
  request: Nullable(Type.String()),
})
export type HistoryLine = Static<typeof Line>

export const firstResult = query(
  Type.Object({ isFirst: Type.Boolean() }),
  (sql, { userId, id }: Ref) => sql`
    select not exists (
      select from pay.generations o
      where o.user_id = g.user_id and o.exec_state = 'success' and (o.finished_at, o.id) < (g.finished_at, g.id)
    ) as "isFirst"
    from pay.generations g where g.user_id = ${userId} and g.id = ${id} and g.exec_state = 'success'`,
)

/** Returns whether this is the first result that the person has ever got. */
export const isFirstResult = async (sql: Sql, ref: Ref): Promise<boolean> =>
  (await firstResult(sql, ref))[0]?.isFirst === true

/** A user's runs that pass the filter, newest first, older than the run `before` (null: from the newest). */
export const history = query(
  Line,
  (sql, userId: number, filter: 'all' | 'done' | 'failed', before: string | null, limit: number) => sql`
    select g.id, g.model_id as "modelId", g.exec_state as "execState", g.money_state as "moneyState", g.is_free as "isFree",
      g.grant_ref is not null as "isBonus", g.price_kop as "priceKop", g.kept_kop as "keptKop",
      g.created_at as "createdAt", g.task_id as "taskId", e.error_code as "errorCode",
      left(coalesce(q.inputs->>'prompt', q.inputs->>'text'), 100) as "request"
    from pay.generations g
    left join pay.quotes q on q.user_id = g.user_id and q.id = g.quote_id
    left join pay.generation_events e on e.user_id = g.user_id and e.request_id = g.id and e.status <> 'started'
    where g.user_id = ${userId}
      and (${filter}::text = 'all' or ${filter}::text = 'done' and g.exec_state = 'success'
           or ${filter}::text = 'failed' and g.exec_state in ('failed', 'timeout'))
      and (${before}::text is null or (g.created_at, g.id) <
           (select b.created_at, b.id from pay.generations b where b.user_id = ${userId} and b.id = ${before}::text))
    order by g.created_at desc, g.id desc
    limit ${limit}`,
)

/** A user's running generations, oldest first. */
export const openGenerations = query(
  Type.Object({ id: Type.String(), modelId: Type.String(), priceKop: Type.Integer() }),
  (sql, userId: number) => sql`
    select id, model_id as "modelId", price_kop as "priceKop" from pay.generations
    where user_id = ${userId} and finished_at is null order by created_at`,
)

const FreeUse = Type.Object({ modelId: Type.String(), windowKind: Type.String(), used: Type.Integer() })

/**
 * Free runs of a user in the current hour and day (UTC), by model; for a new account also those of all new accounts today. By a
 * plan, `plan`: the free runs a day that it adds, `discount`: its percent off prices.
 */
export const freeUses = query(
  FreeUse,
  (sql, userId: number) => sql`
    select model_id as "modelId", window_kind as "windowKind", used from pay.free_usage
    where user_id = ${userId} and starts_at = pay.window_start(window_kind, now())
    union all
    select '', 'new', taken from pay.new_free_used(${userId}) taken where taken is not null
    union all
    select '', kind, value from pay.plan_now(${userId}) n, lateral (values ('plan', n.free_more), ('discount', n.discount)) x (kind, value)
    where value > 0`,
)

/**
 * Returns the free runs left of a model: the lower of hour and day, 0 once all new accounts together have used their share
 * (`isSharedUp`). `of`: a day's, with those of a plan; `discount`: percent off the price of other runs.
 */
export async function freeLeft(
  sql: Sql,
  userId: number,
  limits: Pick<Limits, 'freeDaily' | 'freeHourly' | 'newFreeDaily'>,
): Promise<(modelId: string) => FreeLeft> {
  const uses = await freeUses(sql, userId)
  const used = (modelId: string, kind: string) =>
    uses.find(use => use.modelId === modelId && use.windowKind === kind)?.used ?? 0
  const isSharedUp = uses.some(({ windowKind, used }) => windowKind === 'new' && used >= limits.newFreeDaily)
  const of = limits.freeDaily + used('', 'plan')
  const discount = used('', 'discount')
  return modelId => {
    const day = Math.max(0, of - used(modelId, 'day'))
    const hour = Math.max(0, limits.freeHourly - used(modelId, 'hour'))
    return { day, hour, now: isSharedUp ? 0 : Math.min(day, hour), isSharedUp, of, discount }
  }
}
export type FreeLeft = { day: number; hour: number; now: number; isSharedUp: boolean; of: number; discount: number }

/** Concurrent runs of a person; free runs per day and per hour of a person and model; free runs per day of all new accounts. */
export type Limits = { maxOpen: number; freeDaily: number; freeHourly: number; newFreeDaily: number }
