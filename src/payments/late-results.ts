import { type Static, Type } from '@sinclair/typebox'
import { only, query, type Sql, untilAnswered } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import { InDebt, InsufficientFunds, pause, Refused, Unknown } from '../errors.ts'
import { rowOf } from '../events/repository.ts'
import { newId } from '../id.ts'
import { collect, type ResultFile } from '../upstream/collect.ts'
import type { Ref } from './generations.ts'
import type { Deps } from './order.ts'
import { startRefusal } from './order-statements.ts'
import { costOf, isForeign } from './task-facts.ts'
import { readWallet } from './wallet.ts'

const Late = Type.Object({
  userId: Type.Integer(),
  /** The run that ended without its result. */
  id: Type.String(),
  state: Type.Unsafe<'awaited' | 'offered' | 'taken' | 'over'>(Type.String()),
  taskId: Nullable(Type.String()),
  /** The run that is born when the person takes it. */
  takeId: Nullable(Type.String()),
  priceKop: Nullable(Type.Integer()),
  files: Nullable(Type.Unsafe<ResultFile[]>(Type.Array(Type.Object({})))),
  expiresAt: Nullable(Type.Date()),
  isExpired: Type.Boolean(),
  tookMs: Nullable(Type.Number()),
  /** Of a run in a group that of the person: the offer names the price. */
  chatId: Type.Integer(),
  threadId: Nullable(Type.Integer()),
  modelId: Type.String(),
  category: Type.String(),
  /** The message that offers it, once it was sent. */
  messageId: Nullable(Type.Integer()),
})
/** What may still come, or has come, after a run ended without its result. `tookMs`: from the order to the result. */
export type Late = Static<typeof Late>
/** A late result that a person may take. */
export type Offer = Late & { takeId: string; priceKop: number; files: ResultFile[]; expiresAt: Date; taskId: string }

/** `by`: the run that ended, or (`take`) the run that will be born. */
export const lateResults = query(
  Late,
  (sql, userId: number, id: string, by: 'run' | 'take') => sql`
    select l.user_id as "userId", l.generation_id as id, l.state, l.task_id as "taskId", l.take_id as "takeId",
      l.price_kop as "priceKop", l.files, l.expires_at as "expiresAt", coalesce(l.expires_at <= now(), false) as "isExpired",
      (extract(epoch from l.found_at - g.created_at) * 1000)::float8 as "tookMs",
      case when g.chat_id < 0 then g.user_id else g.chat_id end as "chatId",
      case when g.chat_id > 0 then g.thread_id end as "threadId", g.model_id as "modelId", g.category, o.message_id as "messageId"
    from pay.late_results l
    join pay.generations g on g.user_id = l.user_id and g.id = l.generation_id
    left join pay.outbox o on o.dedupe = 'late:' || l.generation_id
    where l.user_id = ${userId} and ${id}::text = case ${by}::text when 'run' then l.generation_id else l.take_id end`,
)

/** Reads what is late of a run. */
export async function readLate(sql: Sql, { userId, id }: Ref): Promise<Late | undefined> {
  const [row] = await lateResults(sql, userId, id, 'run')
  return row
}

/** Returns the offer whose run will have this id: a top-up for it names that. */
export async function offerOf(sql: Sql, userId: number, takeId: string): Promise<Offer | undefined> {
  const [row] = await lateResults(sql, userId, takeId, 'take')
  return row && isOffered(row) ? row : undefined
}

/** Returns whether the person may take it now. */
export const isOffered = (late: Late): late is Offer => late.state === 'offered' && !late.isExpired

export const lateTold = query(
  Type.Object({ isAwaited: Type.Boolean() }),
  (sql, { userId, id }: Ref, taskId: string | null) => sql`
    select pay.late_told(${userId}, ${id}, ${taskId}) as "isAwaited"`,
)

/** A callback came after the run had ended. Returns false when nobody waits for a result. */
export async function lateNews(
  { sql, enqueue }: Pick<Deps, 'sql' | 'enqueue'>,
  ref: Ref,
  taskId?: string,
): Promise<boolean> {
  const { isAwaited } = only(await lateTold(sql, ref, taskId ?? null))
  if (isAwaited) await enqueue.late(ref)
  return isAwaited
}

/** Leases late results that are due for a look, or for the end of their offer. A look counts when it is leased. */
export const lateDue = query(
  Type.Object({ userId: Type.Integer(), id: Type.String() }),
  (sql, limit: number) => sql`
    select user_id as "userId", generation_id as id from pay.late_due(${limit}, '5 minutes')`,
)

export const lateOpen = query(
  Type.Object({}),
  (sql, { userId, id }: Ref) => sql`select pay.late_open(${userId}, ${id}) as "nothing"`,
)

export const lateOver = query(
  Type.Object({}),
  (sql, { userId, id }: Ref) => sql`select pay.late_over(${userId}, ${id}) as "nothing"`,
)

export const lateFound = query(
  Type.Object({ outboxId: Nullable(Type.Integer()) }),
  (sql, { userId, id }: Ref, takeId: string, files: ResultFile[], promised: number, cost: string | null) => sql`
    select pay.late_found(${userId}, ${id}, ${takeId}, ${files}, ${promised}, ${cost}) as "outboxId"`,
)

export const lateTake = query(
  Type.Object({
    result: Type.Unsafe<'taken' | 'already' | 'over' | 'nothing'>(Type.String()),
    takeId: Nullable(Type.String()),
    outboxId: Nullable(Type.Integer()),
  }),
  (sql, { userId, id }: Ref, started: object, ended: object) => sql`
    select result, generation_id as "takeId", outbox_id as "outboxId"
    from pay.late_take(${started}, ${ended}, ${userId}, ${id})`,
)

/**
 * Asks the upstream once about a task whose run ended without its result, and offers what it has made. The task's own
 * failure ends the waiting. Anything else changes nothing: there are other looks.
 */
export async function lookForLate(deps: Deps, ref: Ref): Promise<void> {
  const { sql, upstream, rateLimiter, enqueue, log } = deps
  const late = await readLate(sql, ref)
  if (late?.state !== 'awaited' || late.taskId === null) return
  const { taskId } = late
  // Runs that people wait for go first.
  if ((await rateLimiter.take('read', 0)) > 0) return enqueue.late(ref, 10_000 + Math.random() * 20_000)
  const task = await upstream.recordInfo(taskId)
  if (task.kind === 'failed') return void (await lateOver(sql, ref))
  if (task.kind === 'running') return void (await lateOpen(sql, ref))
  if (task.kind !== 'success') return
  if (isForeign(task.callBackUrl, deps.callbackUrl(ref.id))) {
    return log.error({ generationId: ref.id, taskId }, 'the task of a late result belongs to another order')
  }
  // By the id of the run that will be born, so that the offer finds the files where they lie.
  const takeId = newId()
  const collected = await collect(deps, takeId, taskId, task)
  if (collected === 'unclear') return
  if (collected.results.length === 0) return void (await lateOver(sql, ref))
  const { cost = null } = costOf(task)
  const found = () => lateFound(sql, ref, takeId, collected.results, collected.promised, cost)
  const { outboxId } = only(await untilAnswered(found))
  if (outboxId === null) return
  log.info({ userId: ref.userId, generationId: ref.id, takeId }, 'a late result is offered')
  await enqueue.deliver(outboxId)
}

/**
 * `already`: it was taken before. `over`: its time has passed, or the files are gone. `later`: the files could not be had
 * just now. `nothing`: there is no such offer. Only `taken` takes money.
 */
export type Taken = 'taken' | 'already' | 'over' | 'later' | 'nothing'
type TakeDeps = Pick<Deps, 'sql' | 'results' | 'enqueue' | 'log'>

// Telegram shows no answer to a press that is much older.
const maxFetchMs = 12_000

/**
 * Sells a late result once and sends its files as those of any run. The files are fetched first, so nobody pays for what
 * the upstream has deleted. Safe to repeat. Throws InsufficientFunds, InDebt, Banned, NotFound, Unknown (call again).
 */
export async function takeLate(deps: TakeDeps, ref: Ref, maxMs = maxFetchMs): Promise<Taken> {
  const { sql, enqueue, log } = deps
  const late = await readLate(sql, ref)
  if (!late || late.state === 'awaited') return 'nothing'
  if (late.state !== 'taken') {
    if (!isOffered(late)) return 'over'
    await checkFunds(sql, late)
    const files = await fetched(deps, late, maxMs)
    if (files === 'gone') await lateOver(sql, ref)
    if (files !== 'there') return files === 'gone' ? 'over' : 'later'
  }
  try {
    const [started, ended] = eventsOf(late)
    const taken = await untilAnswered(async () => only(await lateTake(sql, ref, started, ended)))
    if (taken.result === 'taken') log.info({ ...ref, takeId: taken.takeId }, 'a late result was taken')
    if (taken.outboxId !== null) await enqueue.deliver(taken.outboxId)
    return taken.result
  } catch (error) {
    throw startRefusal(error, { userId: ref.userId, quoteId: late.takeId ?? '' }) ?? error
  }
}

/** Only saves a download: the statement that takes the money decides. */
async function checkFunds(sql: Sql, { userId, id, priceKop }: Offer): Promise<void> {
  if (priceKop === 0) return
  const { balanceKop, debtKop } = await readWallet(sql, userId)
  if (debtKop > 0) throw new InDebt(`user ${userId}, late result of ${id}`)
  if (balanceKop < priceKop) throw new InsufficientFunds(`user ${userId}, late result of ${id}`)
}

/** Fetches the files to where the delivery finds them. What is not there in time goes on, and the next press finds it. */
async function fetched({ results, log }: TakeDeps, { takeId, files }: Offer, maxMs: number) {
  const all = Promise.all(files.map(({ n, url }) => results.fetch(takeId, n, url))).then(
    () => 'there' as const,
    error => {
      if (!(error instanceof Refused || error instanceof Unknown)) throw error
      log.warn({ err: error, takeId }, 'a late result could not be fetched')
      return error instanceof Refused ? ('gone' as const) : ('later' as const)
    },
  )
  all.catch(() => {}) // it is thrown below, if it comes in time
  const waiting = new AbortController()
  try {
    return await Promise.race([all, pause(maxMs, waiting.signal).then(() => 'later' as const)])
  } finally {
    waiting.abort()
  }
}

/** The rows of the run that is born: its start and its end. */
function eventsOf({ userId, chatId, modelId, category, takeId, taskId, priceKop, tookMs }: Late) {
  const about = { userId, chatId, modelId, category, isFreeApplied: priceKop === 0, priceKop: priceKop ?? 0 }
  const run = { ...about, requestId: takeId ?? '', errorCode: null, errorMessage: null }
  const durationMs = Math.min(2 ** 31 - 1, Math.max(0, Math.round(tookMs ?? 0)))
  return [
    rowOf({ ...run, status: 'started', taskId: null, durationMs: null }),
    rowOf({ ...run, status: 'success', taskId, durationMs }),
  ] as const
}
