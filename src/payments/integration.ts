import { type Static, Type } from '@sinclair/typebox'
import { crash, crashUnderWay } from '../crash.ts'
import { only, query, type Sql, untilAnswered } from '../db.ts'
import {
  Banned,
  FreeLimitReached,
  InDebt,
  InsufficientFunds,
  ModelOff,
  NotFound,
  pause,
  QuoteClosed,
  QuoteExpired,
  Refused,
  SalesPaused,
  sqlState,
  TooManyOpen,
  Unknown,
} from '../errors.ts'
import { eventText } from '../events/repository.ts'
import { accountAdmits, accountRelease } from '../health/account-breaker.ts'
import { newId } from '../id.ts'
import { type Log, type Scrub, withoutTexts } from '../log.ts'
import type { Budget } from '../upstream/budget.ts'
import type { Upstream } from '../upstream/client.ts'
import type { ResultStore } from '../upstream/results.ts'
import { type EndingRun, endingRow, refusedEvent, startedRow } from './event-rows.ts'
import {
  type Generation,
  graceMs,
  type Limits,
  mostPausedMs,
  ownerOf,
  type Ref,
  readGeneration,
} from './generations.ts'
import type { Quote } from './quotes.ts'

/** Tells a worker that there is something to do. Only a wake-up: a lost one is found by the sweep, a doubled one is harmless. */
export type Wake = {
  /** `hasPlace`: its place in the upstream's budget is taken already, for when it comes. */
  submit(ref: Ref, afterMs?: number, hasPlace?: boolean): Promise<void>
  /** There may be news: one look. */
  check(ref: Ref): Promise<void>
  /**
   * The next look of the one chain that goes on until the end: after a while, under the number `look`. `sinceMs` is the
   * generation's age at the look before.
   */
  follow(ref: Ref, look: number, afterMs: number, sinceMs?: number): Promise<void>
  deliver(outboxId: number, afterMs?: number): Promise<void>
}

export type Deps = {
  sql: Sql
  upstream: Upstream
  results: ResultStore
  budget: Budget
  /** The address for the upstream's callback of a generation; undefined without a public address. */
  callbackUrl(generationId: string): string | undefined
  wake: Wake
  scrub: Scrub
  log: Log
  /** Called once for each run that this process has ended. */
  ended?(outcome: string, code: string): void
}

export type Order = {
  userId: number
  /** Made by the caller and kept before the call. */
  id: string
  /** The intent: the same key can start one generation only. */
  requestKey: string
  quoteId: string
  /** What stands in the quote, where the caller has it at hand; read otherwise. */
  quote?: Pick<Quote, 'modelId' | 'category' | 'priceKop'>
  chatId: number
  /** The message that turns into the progress. */
  messageId: number | null
  /** How long the upstream may take, from the submit on, before the money goes back. */
  deadlineMs: number
}
export type { Limits } from './generations.ts'

const Started = Type.Object({
  result: Type.String(),
  id: Type.String(),
  priceKop: Type.Integer(),
  balanceKop: Type.Integer(),
})
export type Started = Omit<Static<typeof Started>, 'result'> & { result: 'started' | 'duplicate' | 'key_reused' }

export const genStart = query(
  Started,
  (sql, order: Order, limits: Limits, event: object | null = null) => sql`
    select result, generation_id as id, price_kop as "priceKop", balance_kop as "balanceKop"
    from pay.place(${event}, ${order.userId}, ${order.id}, ${order.requestKey}, ${order.chatId}, ${order.messageId}, ${order.quoteId},
      ${`${order.deadlineMs} milliseconds`}, ${limits.maxOpen}, ${limits.freeDaily}, ${limits.freeHourly},
      ${limits.newFreeDaily})`,
)

/**
 * Admits the order, takes its price (or one free run) and writes its event `started`: one statement, so all of it or
 * nothing.
 * Safe to repeat with the same order: the second call answers `duplicate` and takes nothing. Throws InsufficientFunds,
 * InDebt, Banned, QuoteExpired, QuoteClosed, TooManyOpen, FreeLimitReached, ModelOff, SalesPaused, NotFound (no such quote
 * of this user), EventRefused, Unknown (ask again).
 */
export async function place(sql: Sql, order: Order, limits: Limits): Promise<Started> {
  try {
    const event = await untilAnswered(() => startedRow(sql, order))
    crash('before_debit')
    crashUnderWay('debit_sent')
    const row = await untilAnswered(async () => only(await genStart(sql, order, limits, event)))
    crash('after_debit')
    return row as Started
  } catch (error) {
    const about = `user ${order.userId}, quote ${order.quoteId}`
    switch (sqlState(error)) {
      case 'P0402':
        throw new InsufficientFunds(about, { cause: error })
      case 'P0403':
        throw new InDebt(about, { cause: error })
      case 'P0404':
        throw new NotFound(about, { cause: error })
      case 'P0405':
        throw new Banned(about, { cause: error })
      case 'P0410':
        throw new QuoteExpired(about, { cause: error })
      case 'P0411':
        throw new QuoteClosed(about, { cause: error })
      case 'P0423':
        throw new ModelOff(about, { cause: error })
      case 'P0424':
        throw new SalesPaused(about, { cause: error })
      case 'P0429':
        throw new TooManyOpen(about, { cause: error })
      case 'P0430':
        throw new FreeLimitReached(about, { cause: error })
      default:
        throw refusedEvent(error, order.id) // Unknown included: "no answer" is not "no"
    }
  }
}

// How soon the sweep looks again at a row whose worker is gone.
const lookAgain = '60 seconds'
// What the upstream told us must be written down: for as long as a job may run.
const writeMs = 240_000
// A place among the submits is taken this far ahead, so that orders go out as they came.
const mostWaitMs = 600_000
// A submit that surely failed is tried this often before the person gets the money back.
const mostAttempts = 5

export const genSubmit = query(
  Type.Object({
    attempt: Type.Integer(),
    modelId: Type.String(),
    params: Type.Unsafe<Record<string, unknown>>(Type.Object({})),
  }),
  (sql, { userId, id }: Ref, token: string) => sql`
    select attempt, model_id as "modelId", params from pay.gen_submit(${userId}, ${id}, ${token}, ${lookAgain})`,
)
export const genAccepted = query(
  Type.Object({ isMine: Type.Boolean() }),
  (sql, { userId, id }: Ref, attempt: number, taskId: string) => sql`
    select pay.gen_accepted(${userId}, ${id}, ${attempt}, ${taskId}, ${lookAgain}) as "isMine"`,
)
export const genRequeue = query(
  Type.Object({ isMine: Type.Boolean() }),
  (sql, { userId, id }: Ref, attempt: number, afterMs: number) => sql`
    select pay.gen_requeue(${userId}, ${id}, ${attempt}, ${`${afterMs} milliseconds`}) as "isMine"`,
)
export const genLook = query(
  Type.Object({ isMine: Type.Boolean() }),
  (sql, { userId, id }: Ref, look: number) => sql`
    select pay.gen_look(${userId}, ${id}, ${look}, ${lookAgain}) as "isMine"`,
)
export const genWait = query(
  Type.Object({}),
  (sql, { userId, id }: Ref, waitMs: number) => sql`
    select pay.gen_wait(${userId}, ${id}, ${`${waitMs} milliseconds`}) as "nothing"`,
)
export const genDue = query(
  Type.Object({ userId: Type.Integer(), id: Type.String(), execState: Type.String(), look: Type.Integer() }),
  (sql, limit: number) => sql`
    select user_id as "userId", id, exec_state as "execState", look from pay.gen_due(${limit}, ${lookAgain})`,
)
export const genAttach = query(
  Type.Object({ isAttached: Type.Boolean() }),
  (sql, id: string, taskId: string) => sql`select pay.gen_attach(${id}, ${taskId}) as "isAttached"`,
)

/**
 * Sends a queued generation to the upstream, with no transaction open across the call. The row says `submitting` before
 * the call goes out; only a certain refusal takes it back to `queued`. A lost answer leaves it as it is: it is never
 * sent again, a callback may still name its task, else the deadline gives the money back.
 */
export async function submit(
  deps: Deps,
  ref: Ref,
  hasPlace = false,
): Promise<'accepted' | 'failed' | 'unsupported' | 'later' | 'paused' | 'unknown' | 'nothing'> {
  const { sql, upstream, budget, wake, log } = deps
  const order = await readGeneration(sql, ref)
  if (order?.execState !== 'queued') return 'nothing'
  if (order.isOwnerBanned) {
    await cancel(deps, ref, 'the user is banned')
    return 'failed'
  }
  const { word: admitted } = only(await accountAdmits(sql, ref.id, order.credits))
  if (admitted === 'wait') return waitForAccount(deps, ref, order)
  const waitMs = hasPlace ? 0 : await budget.take('submit', mostWaitMs)
  if (waitMs > 0) {
    await genWait(sql, ref, waitMs + slackMs)
    await wake.submit(ref, waitMs, waitMs <= mostWaitMs)
    return 'later'
  }
  const token = newId()
  const [row] = await untilAnswered(() => genSubmit(sql, ref, token))
  if (!row) return 'nothing' // another worker, a cancel, or the deadline was first
  const { attempt, modelId, params } = row

  const callBackUrl = deps.callbackUrl(ref.id)
  crash('before_submit')
  crashUnderWay('submit_sent')
  const asked = { model: modelId, input: params, credits: order.credits }
  const answer = await upstream.createTask({ ...asked, ...(callBackUrl ? { callBackUrl } : {}) })
  crash('submit_acked')
  const context = { userId: ref.userId, generationId: ref.id, modelId, attempt }
  const message = 'message' in answer ? withoutTexts(deps.scrub(answer.message), params) : ''

  switch (answer.kind) {
    case 'accepted': {
      log.info({ ...context, taskId: answer.taskId }, 'the upstream took the order')
      await untilAnswered(() => genAccepted(sql, ref, attempt, answer.taskId), writeMs)
      crash('task_id_saved')
      await wake.follow(ref, order.look, firstLookMs)
      return 'accepted'
    }
    case 'refused':
      log.warn({ ...context, code: answer.code, reason: message }, 'upstream refused the order')
      if (admitted === 'trial') {
        // Tried for all the others: whoever waits loses nothing by having been it.
        if (answer.account?.isCertain) return waitForAccount(deps, ref, order, attempt)
        await accountRelease(sql, ref.id)
      }
      await settle(deps, ref, { outcome: 'failed', code: answer.code, message })
      return answer.code === 'unsupported_model' ? 'unsupported' : 'failed'
    case 'busy': {
      if (answer.code === 'transient' && attempt >= mostAttempts) {
        await settle(deps, ref, { outcome: 'failed', code: 'upstream_error', message })
        return 'failed'
      }
      const afterMs = Math.max(answer.retryAfterMs, Math.min(60_000, 500 * 2 ** attempt) * (0.75 + Math.random() / 2))
      log.warn({ ...context, code: answer.code, afterMs }, 'upstream is busy, the order waits')
      await untilAnswered(() => genRequeue(sql, ref, attempt, Math.round(afterMs + slackMs)), writeMs)
      await wake.submit(ref, afterMs)
      return 'later'
    }
    default:
      log.error({ ...context, reason: message }, 'submit unknown: a task may exist, never sent again')
      return 'unknown'
  }
}

/** How often an order that waits asks whether the provider takes orders again, in milliseconds. */
export const pausedMs = 10_000

/** The provider refuses our account: the order waits, within bounds. `attempt`: it was sent, and surely not taken. */
async function waitForAccount(
  deps: Deps,
  ref: Ref,
  { ageMs }: Generation,
  attempt?: number,
): Promise<'failed' | 'paused'> {
  const { sql, wake } = deps
  if (ageMs >= mostPausedMs) {
    await settle(deps, ref, {
      outcome: 'failed',
      code: 'account_closed',
      message: 'the provider took no orders from us',
    })
    return 'failed'
  }
  const afterMs = Math.round(pausedMs * (1 + Math.random() / 2))
  if (attempt === undefined) await genWait(sql, ref, afterMs + slackMs)
  else await untilAnswered(() => genRequeue(sql, ref, attempt, afterMs + slackMs), writeMs)
  await wake.submit(ref, afterMs)
  return 'paused'
}

const firstLookMs = 2_500
// How much later than promised a worker may come before the sweep takes over.
const slackMs = 20_000

/** How long to wait for the next look at a task of this age (kie-api.md §8). */
export const nextLookMs = (ageMs: number): number => (ageMs < 30_000 ? firstLookMs : ageMs < 120_000 ? 7_000 : 20_000)

// «Success» may be said a moment before its files can be had (kie-api.md K8): looked at again after these pauses.
const resultPausesMs = [0, 1_000, 2_500]

/** A job lives no longer, in milliseconds. */
export const longestJobMs = 300_000

// What may come between a look that found a result and its settlement.
const delays = {
  jobMs: longestJobMs,
  retriesMs: 30_000, // nor do the pauses between its tries
  lookMs: nextLookMs(Infinity), // from one look of the chain to the next
  sweepMs: 120_000, // until the sweep takes over from a machine that died
  skewMs: 60_000, // a standby that took over may have another clock
}

/** What is wrong with the wait before a run is given up: asked at the start, when no run has been lost to it yet. */
export function graceProblem(other: Partial<typeof delays> = {}): string | undefined {
  const longestMs = Object.values({ ...delays, ...other }).reduce((sum, ms) => sum + ms, 0)
  if (longestMs < graceMs) return undefined
  return `a run is given up ${graceMs / 60_000} minutes after its deadline, and its result may be ${longestMs / 60_000} on its way`
}

export type Checked =
  | { state: 'nothing' }
  | { state: 'ended'; generation: Generation }
  | { state: 'open'; generation: Generation; nextMs: number }

// A run as it was read, and as old as it is now.
const aged = (run: Generation, readAt: number): EndingRun => ({
  ...run,
  ageMs: run.ageMs + performance.now() - readAt,
})

/**
 * One look at an open generation, by whoever woke us: asks the upstream, and settles when there is a verdict or when
 * the deadline has passed without one.
 */
export async function check(deps: Deps, ref: Ref): Promise<Checked> {
  const readAt = performance.now()
  const generation = await readGeneration(deps.sql, ref)
  if (!generation) return { state: 'nothing' }
  if (generation.finishedAt) return { state: 'ended', generation }
  const open: Checked = { state: 'open', generation, nextMs: nextLookMs(generation.ageMs) }
  const timeout = async (code: string, message: string): Promise<Checked> => {
    await settle(deps, ref, { outcome: 'timeout', code, message }, aged(generation, readAt))
    crash('sweeper_refunded')
    return { state: 'ended', generation }
  }

  if (generation.execState === 'queued') {
    if (generation.isOverdue) {
      return generation.isPaused
        ? timeout('account_closed', 'the provider took no orders from us')
        : timeout('not_submitted', 'the upstream had no room before the deadline')
    }
    await deps.wake.submit(ref)
    return open
  }
  if (generation.taskId === null) {
    return generation.isOverdue ? timeout('submit_unknown', 'the upstream never said whether it took the order') : open
  }
  // Too many looks at once: whoever is not let in comes back later, and not all together.
  if ((await deps.budget.take('read', 0)) > 0) return { ...open, nextMs: 4_000 + Math.random() * 6_000 }

  const task = await deps.upstream.recordInfo(generation.taskId)
  crash('poll_ok')
  switch (task.kind) {
    case 'failed': {
      const message = withoutTexts(task.message, generation.params)
      await settle(
        deps,
        ref,
        { outcome: 'failed', code: task.code, message, ...costOf(task) },
        aged(generation, readAt),
      )
      return { state: 'ended', generation }
    }
    case 'success': {
      if (isForeign(task.callBackUrl, deps.callbackUrl(ref.id))) {
        deps.log.error({ generationId: ref.id, taskId: generation.taskId }, 'the task belongs to another order')
        return generation.isOverdue ? timeout('wrong_task', 'the task belongs to another order') : open
      }
      const collected = await collectPatiently(deps, ref, generation.taskId, task)
      if (collected === 'unclear')
        return generation.isHopeless ? timeout('no_result', 'the files could not be fetched') : open
      const { results, promised } = collected
      const message = `${promised} files, none usable`
      await settle(
        deps,
        ref,
        results.length > 0
          ? { outcome: 'success', results, promised, ...costOf(task) }
          : { outcome: 'failed', code: 'no_result', message, ...costOf(task) },
        aged(generation, readAt),
      )
      return { state: 'ended', generation }
    }
    case 'unclear':
      return generation.isHopeless ? timeout('deadline', 'the upstream could not be asked') : open
    default:
      return generation.isOverdue ? timeout('deadline', `still ${task.kind} at the deadline`) : open
  }
}

export type Result = {
  n: number
  kind: 'image' | 'video' | 'audio'
  mime: string
  extension: string
  bytes: number
  width_px: number | null
  height_px: number | null
  seconds: number | null
  url: string
}
/**
 * `promised`: files that the upstream named, where it is more than there are results. `cost`: credits that the upstream
 * says it took, an exact decimal.
 */
export type Ending =
  | { outcome: 'success'; results: Result[]; promised?: number; cost?: string }
  | { outcome: 'failed' | 'timeout'; code: string; message: string; cost?: string }

const costOf = ({ creditsConsumed }: { creditsConsumed?: number }) =>
  creditsConsumed === undefined ? {} : { cost: String(creditsConsumed) }

type Told = { urls: string[]; named?: number }
type Collected = { results: Result[]; promised: number }

// A file that is not to be had after some patience is a verdict; a network that fails is not.
async function collectPatiently(deps: Deps, ref: Ref, taskId: string, told: Told): Promise<Collected | 'unclear'> {
  let { urls, named = urls.length } = told
  let found: Result[] | 'unclear' = []
  for (const pauseMs of resultPausesMs) {
    if (pauseMs > 0) {
      await pause(pauseMs)
      const again = await deps.upstream.recordInfo(taskId)
      if (again.kind === 'success') ({ urls, named = urls.length } = again)
    }
    found = await collect(deps, ref, urls)
    if (found !== 'unclear' && found.length > 0 && found.length === named) break
  }
  return found === 'unclear' ? found : { results: found, promised: named }
}

// Only files that were fetched whole and are what they should be count as results.
async function collect(deps: Deps, ref: Ref, urls: string[]): Promise<Result[] | 'unclear'> {
  const results: Result[] = []
  for (const [index, url] of urls.entries()) {
    try {
      const file = await deps.results.fetch(ref.id, index + 1, url)
      results.push({
        n: index + 1,
        kind: file.kind,
        mime: file.mime,
        extension: file.extension,
        bytes: file.bytes,
        width_px: file.widthPx ?? null,
        height_px: file.heightPx ?? null,
        seconds: file.seconds ?? null,
        url,
      })
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unknown)) throw error
      deps.log.warn({ err: error, generationId: ref.id, n: index + 1 }, 'a result could not be fetched')
      if (error instanceof Unknown) return 'unclear' // it may come: a part now would be a part for good
    }
  }
  return results
}

const isForeign = (named: string | undefined, ours: string | undefined) =>
  named !== undefined && ours !== undefined && named.split('/callbacks/')[1] !== ours.split('/callbacks/')[1]

const Settled = Type.Object({
  result: Type.String(),
  state: Type.String(),
  outboxId: Type.Union([Type.Integer(), Type.Null()]),
})
export type Settled = Omit<Static<typeof Settled>, 'result'> & { result: 'settled' | 'already' | 'not_due' }

export const genFinish = query(
  Settled,
  (
    sql,
    { userId, id }: Ref,
    outcome: string,
    code: string | null,
    message: string | null,
    results: object,
    promised: number | null = null,
    cost: string | null = null,
    event: object | null = null,
  ) => sql`
    select result, state, outbox_id as "outboxId"
    from pay.settle(${event}, ${userId}, ${id}, ${outcome}, ${code}, ${message}, ${results}, ${promised}, ${cost})`,
)

/**
 * Ends a generation once, whoever asks: success keeps the money, or the share of what arrived, anything else gives it
 * back; the final event and the message to the person are written in the same statement. Every later call reads
 * `already` and the state that stands. Throws NotFound for a generation that is not there, Unknown when the database stays
 * silent (ask again). `known`: the run as the caller has just read it.
 */
export async function settle(
  deps: Pick<Deps, 'sql' | 'wake' | 'scrub' | 'log' | 'ended'>,
  ref: Ref,
  ending: Ending,
  known?: EndingRun,
): Promise<Settled> {
  const failed = ending.outcome === 'success' ? undefined : ending
  try {
    const row = await finish(deps, ref, ending, known)
    crash('after_settle')
    const settled = row as Settled
    if (settled.result === 'settled') {
      deps.log.info(
        { userId: ref.userId, generationId: ref.id, outcome: ending.outcome, code: failed?.code },
        'generation settled',
      )
      deps.ended?.(ending.outcome, failed?.code ?? '')
    }
    if (settled.outboxId !== null) await deps.wake.deliver(settled.outboxId)
    return settled
  } catch (error) {
    if (sqlState(error) === 'P0404') throw new NotFound(`generation ${ref.id} of user ${ref.userId}`, { cause: error })
    throw error
  }
}

// A callback may name the task between the look at the run and its ending.
const mostRows = 3

/**
 * One ending with the row of its event, which is made anew where the run has changed meanwhile. Money waits for no form:
 * where the row is refused the database makes one of what moves, and the log says which column it was.
 */
async function finish(
  { sql, scrub, log }: Pick<Deps, 'sql' | 'scrub' | 'log'>,
  ref: Ref,
  ending: Ending,
  known?: EndingRun,
) {
  const told = ending.outcome === 'success' ? ending : { ...ending, message: eventText(scrub(ending.message)) }
  const { outcome, cost = null } = told
  const [code, message] = told.outcome === 'success' ? [null, null] : [told.code, told.message]
  const { results = [], promised = null } = told.outcome === 'success' ? told : {}
  const end = async (event: object | null) =>
    only(await genFinish(sql, ref, outcome, code, message, results, promised, cost, event))
  for (let n = 1; ; n++) {
    try {
      const event = await untilAnswered(() => endingRow(sql, ref, told, n === 1 ? known : undefined), writeMs)
      crash('before_settle')
      crashUnderWay('settle_sent')
      return await untilAnswered(() => end(event), writeMs)
    } catch (error) {
      const refused = refusedEvent(error, ref.id)
      if (refused.field === 'task_id' && n < mostRows) continue
      log.error({ err: refused, userId: ref.userId, generationId: ref.id }, 'the event of an ending was refused')
      return untilAnswered(() => end(null), writeMs)
    }
  }
}

/**
 * An authentic callback came for a generation: it may name the task of a submit whose answer was lost, and it is a
 * reason to look now. Nothing it says is believed before the upstream was asked.
 */
export async function news(deps: Pick<Deps, 'sql' | 'wake'>, id: string, taskId: string | undefined): Promise<boolean> {
  crash('callback_received')
  const [owner] = await ownerOf(deps.sql, id)
  if (!owner || owner.isFinished) return false
  if (taskId !== undefined && owner.taskId === null) await genAttach(deps.sql, id, taskId)
  await deps.wake.check({ userId: owner.userId, id })
  return true
}

/** Takes an order back while nothing was sent. `not_due`: the submit had begun. */
export const cancel = (
  deps: Pick<Deps, 'sql' | 'wake' | 'scrub' | 'log' | 'ended'>,
  ref: Ref,
  message = 'cancelled by the user',
): Promise<Settled> => settle(deps, ref, { outcome: 'failed', code: 'cancelled', message })
