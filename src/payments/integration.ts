import { crash, crashUnderWay } from '../crash.ts'
import { only, type Sql, untilAnswered } from '../database/db.ts'
import { NotFound, sqlState } from '../errors.ts'
import { eventText } from '../events/repository.ts'
import { accountAdmits, accountRelease } from '../health/account-breaker.ts'
import { newId } from '../id.ts'
import { withoutTexts } from '../log.ts'
import type { Submission, TaskState } from '../upstream/answers.ts'
import { collect } from '../upstream/collect.ts'
import { type EndingRun, endingRow, refusedEvent, startedRow } from './event-rows.ts'
import { type Generation, type Limits, ownerOf, type Ref, readGeneration } from './generations.ts'
import { lateNews } from './late-results.ts'
import type { Deps, Ending, Order } from './order.ts'
import {
  genAccepted,
  genAttach,
  genFinish,
  genRequeue,
  genSubmit,
  genWait,
  type Settled,
  type Started,
  startOf,
  startRefusal,
} from './order-statements.ts'
import { costOf, isForeign } from './task-facts.ts'
import { firstPollMs, maxPausedMs, maxWaitMs, nextPollMs, pausedMs, slackMs, writeMs } from './timing.ts'

/**
 * Admits the order, takes its price (or one free run) and writes its event `started`: one statement, so all of it or
 * nothing. Safe to repeat: the second call with the same order returns `duplicate` and charges nothing. Throws
 * InsufficientFunds, InDebt, Banned, QuoteExpired, QuoteClosed, TooManyOpen, FreeLimitReached, ModelOff, SalesPaused,
 * NotFound (no such quote of this user), EventRefused, Unknown (call again).
 */
export async function place(sql: Sql, order: Order, limits: Limits): Promise<Started> {
  try {
    const event = await untilAnswered(() => startedRow(sql, order))
    crash('before_debit')
    crashUnderWay('debit_sent')
    const row = await untilAnswered(async () => only(await startOf(order)(sql, limits, event)))
    crash('after_debit')
    return row as Started
  } catch (error) {
    throw startRefusal(error, order) ?? refusedEvent(error, order.id) // Unknown included: "no answer" is not "no"
  }
}

export type Submitted = 'accepted' | 'failed' | 'unsupported' | 'later' | 'paused' | 'unknown' | 'nothing'

/**
 * Sends a queued generation to the upstream, with no transaction open across the call. The row says `submitting` before
 * the call; only a certain refusal resets it to `queued`. A lost answer leaves it: it is never sent again, a callback may
 * still name its task, and the deadline refunds it otherwise.
 */
export async function submit(deps: Deps, ref: Ref, hasPlace = false): Promise<Submitted> {
  const { sql, upstream, rateLimiter, enqueue } = deps
  const order = await readGeneration(sql, ref)
  if (order?.execState !== 'queued') return 'nothing'
  if (order.isOwnerBanned) {
    await cancel(deps, ref, 'the user is banned')
    return 'failed'
  }
  const { word: admitted } = only(await accountAdmits(sql, ref.id, order.credits))
  if (admitted === 'wait') return waitForAccount(deps, ref, order)
  const waitMs = hasPlace ? 0 : await rateLimiter.take('submit', maxWaitMs)
  if (waitMs > 0) {
    await genWait(sql, ref, waitMs + slackMs)
    await enqueue.submit(ref, waitMs, waitMs <= maxWaitMs)
    return 'later'
  }
  const token = newId()
  const [claimed] = await untilAnswered(() => genSubmit(sql, ref, token))
  if (!claimed) return 'nothing' // another worker, a cancel, or the deadline was first

  const callBackUrl = deps.callbackUrl(ref.id)
  crash('before_submit')
  crashUnderWay('submit_sent')
  const request = { model: claimed.modelId, input: claimed.params, credits: order.credits }
  const answer = await upstream.createTask({ ...request, ...(callBackUrl ? { callBackUrl } : {}) })
  crash('submit_acked')
  return applyAnswer(deps, order, { ...claimed, isTrial: admitted === 'trial' }, answer)
}

type Sent = { attempt: number; modelId: string; params: Record<string, unknown>; isTrial: boolean }

// Attempts of a submit that certainly failed, before the refund.
const maxAttempts = 5

async function applyAnswer(deps: Deps, order: Generation, sent: Sent, answer: Submission): Promise<Submitted> {
  const { sql, enqueue, log } = deps
  const { attempt, modelId, params } = sent
  const ref = { userId: order.userId, id: order.id }
  const context = { userId: ref.userId, generationId: ref.id, modelId, attempt }
  const message = 'message' in answer ? withoutTexts(deps.scrub(answer.message), params) : ''

  switch (answer.kind) {
    case 'accepted': {
      log.info({ ...context, taskId: answer.taskId }, 'the upstream took the order')
      await untilAnswered(() => genAccepted(sql, ref, attempt, answer.taskId), writeMs)
      crash('task_id_saved')
      await enqueue.poll(ref, order.pollAttempt, firstPollMs)
      return 'accepted'
    }
    case 'refused':
      log.warn({ ...context, code: answer.code, reason: message }, 'upstream refused the order')
      if (sent.isTrial) {
        // This submit was the trial of the half-open breaker: a refused account must not fail it.
        if (answer.account?.isCertain) return waitForAccount(deps, ref, order, attempt)
        await accountRelease(sql, ref.id)
      }
      await settle(deps, ref, { outcome: 'failed', code: answer.code, message })
      return answer.code === 'unsupported_model' ? 'unsupported' : 'failed'
    case 'busy': {
      if (answer.code === 'transient' && attempt >= maxAttempts) {
        await settle(deps, ref, { outcome: 'failed', code: 'upstream_error', message })
        return 'failed'
      }
      const afterMs = Math.max(answer.retryAfterMs, Math.min(60_000, 500 * 2 ** attempt) * (0.75 + Math.random() / 2))
      log.warn({ ...context, code: answer.code, afterMs }, 'upstream is busy, the order waits')
      await untilAnswered(() => genRequeue(sql, ref, attempt, Math.round(afterMs + slackMs)), writeMs)
      await enqueue.submit(ref, afterMs)
      return 'later'
    }
    default:
      log.error({ ...context, reason: message }, 'submit unknown: a task may exist, never sent again')
      return 'unknown'
  }
}

/** Delays an order while the provider refuses our account, up to `maxPausedMs`. `attempt`: the submit that was refused. */
async function waitForAccount(
  deps: Deps,
  ref: Ref,
  { ageMs }: Generation,
  attempt?: number,
): Promise<'failed' | 'paused'> {
  const { sql, enqueue } = deps
  if (ageMs >= maxPausedMs) {
    await settle(deps, ref, { outcome: 'failed', ...accountClosed })
    return 'failed'
  }
  const afterMs = Math.round(pausedMs * (1 + Math.random() / 2))
  if (attempt === undefined) await genWait(sql, ref, afterMs + slackMs)
  else await untilAnswered(() => genRequeue(sql, ref, attempt, afterMs + slackMs), writeMs)
  await enqueue.submit(ref, afterMs)
  return 'paused'
}

const accountClosed = { code: 'account_closed', message: 'the provider took no orders from us' }

export type Checked =
  | { state: 'nothing' }
  | { state: 'ended'; generation: Generation }
  | { state: 'open'; generation: Generation; nextMs: number }

/** Polls the upstream once about an open generation, and settles it on a verdict or after its deadline. */
export async function check(deps: Deps, ref: Ref): Promise<Checked> {
  const readAt = performance.now()
  const generation = await readGeneration(deps.sql, ref)
  if (!generation) return { state: 'nothing' }
  if (generation.finishedAt) return { state: 'ended', generation }
  const verdict = await verdictOn(deps, ref, generation)
  // Over the rate limit of polls: try again later, with jitter.
  if (verdict === 'crowded') return { state: 'open', generation, nextMs: 4_000 + Math.random() * 6_000 }
  if (verdict === 'open') return { state: 'open', generation, nextMs: nextPollMs(generation.ageMs) }
  await settle(deps, ref, verdict, { ...generation, ageMs: generation.ageMs + performance.now() - readAt })
  if (verdict.outcome === 'timeout') crash('sweeper_refunded')
  return { state: 'ended', generation }
}

type Verdict = Ending | 'open' | 'crowded'

const timeout = (code: string, message: string): Ending => ({ outcome: 'timeout', code, message })

async function verdictOn(deps: Deps, ref: Ref, generation: Generation): Promise<Verdict> {
  const { taskId, isOverdue, isHopeless } = generation
  if (generation.execState === 'queued') {
    if (isOverdue && generation.isPaused) return { outcome: 'timeout', ...accountClosed }
    if (isOverdue) return timeout('not_submitted', 'the upstream had no room before the deadline')
    await deps.enqueue.submit(ref)
    return 'open'
  }
  if (taskId === null) {
    return isOverdue ? timeout('submit_unknown', 'the upstream never said whether it took the order') : 'open'
  }
  if ((await deps.rateLimiter.take('read', 0)) > 0) return 'crowded'

  const task = await deps.upstream.recordInfo(taskId)
  crash('poll_ok')
  switch (task.kind) {
    case 'failed': {
      const message = withoutTexts(task.message, generation.params)
      return { outcome: 'failed', code: task.code, message, ...costOf(task) }
    }
    case 'success':
      return verdictOnSuccess(deps, generation, taskId, task)
    case 'unclear':
      return isHopeless ? timeout('deadline', 'the upstream could not be asked') : 'open'
    default:
      return isOverdue ? timeout('deadline', `still ${task.kind} at the deadline`) : 'open'
  }
}

async function verdictOnSuccess(
  deps: Deps,
  { id, isOverdue, isHopeless }: Generation,
  taskId: string,
  task: Extract<TaskState, { kind: 'success' }>,
): Promise<Verdict> {
  if (isForeign(task.callBackUrl, deps.callbackUrl(id))) {
    deps.log.error({ generationId: id, taskId }, 'the task belongs to another order')
    return isOverdue ? timeout('wrong_task', 'the task belongs to another order') : 'open'
  }
  const collected = await collect(deps, id, taskId, task)
  if (collected === 'unclear') return isHopeless ? timeout('no_result', 'the files could not be fetched') : 'open'
  const { results, promised } = collected
  return results.length > 0
    ? { outcome: 'success', results, promised, ...costOf(task) }
    : { outcome: 'failed', code: 'no_result', message: `${promised} files, none usable`, ...costOf(task) }
}

type SettleDeps = Pick<Deps, 'sql' | 'enqueue' | 'scrub' | 'log' | 'ended'>

/**
 * Ends a generation once. A success captures the price, or the share of the files that arrived; any other ending refunds
 * it. The same statement writes the final event and the message to the person. Every later call returns `already` and the
 * stored state. Throws NotFound for a missing generation, Unknown when the database does not answer (call again).
 * `known`: the run as the caller has just read it.
 */
export async function settle(deps: SettleDeps, ref: Ref, ending: Ending, known?: EndingRun): Promise<Settled> {
  const code = ending.outcome === 'success' ? undefined : ending.code
  try {
    const settled = (await finish(deps, ref, ending, known)) as Settled
    crash('after_settle')
    if (settled.result === 'settled') {
      const context = { userId: ref.userId, generationId: ref.id, outcome: ending.outcome, code }
      deps.log.info(context, 'generation settled')
      deps.ended?.(ending.outcome, code ?? '')
    }
    if (settled.outboxId !== null) await deps.enqueue.deliver(settled.outboxId)
    return settled
  } catch (error) {
    if (sqlState(error) === 'P0404') throw new NotFound(`generation ${ref.id} of user ${ref.userId}`, { cause: error })
    throw error
  }
}

// A callback may name the task between the read of the run and its ending.
const maxRows = 3

/**
 * Writes the ending with its event row, rebuilt when the run has changed meanwhile. A refused row does not delay the money:
 * the database builds the row instead, and the log names the refused column.
 */
async function finish({ sql, scrub, log }: SettleDeps, ref: Ref, ending: Ending, known?: EndingRun) {
  const clean = ending.outcome === 'success' ? ending : { ...ending, message: eventText(scrub(ending.message)) }
  const { outcome, cost = null } = clean
  const [code, message] = clean.outcome === 'success' ? [null, null] : [clean.code, clean.message]
  const { results = [], promised = null } = clean.outcome === 'success' ? clean : {}
  const end = async (event: object | null) =>
    only(await genFinish(sql, ref, outcome, code, message, results, promised, cost, event))
  for (let n = 1; ; n++) {
    try {
      const event = await untilAnswered(() => endingRow(sql, ref, clean, n === 1 ? known : undefined), writeMs)
      crash('before_settle')
      crashUnderWay('settle_sent')
      return await untilAnswered(() => end(event), writeMs)
    } catch (error) {
      const refused = refusedEvent(error, ref.id)
      if (refused.field === 'task_id' && n < maxRows) continue
      log.error({ err: refused, userId: ref.userId, generationId: ref.id }, 'the event of an ending was refused')
      return untilAnswered(() => end(null), writeMs)
    }
  }
}

/**
 * Handles an authentic callback: stores the task of a submit whose answer was lost, and enqueues a check, or a look for a
 * late result. The outcome is read from the upstream, never from the callback. Returns false when it changes nothing.
 */
export async function news(deps: Pick<Deps, 'sql' | 'enqueue'>, id: string, taskId?: string): Promise<boolean> {
  crash('callback_received')
  const [owner] = await ownerOf(deps.sql, id)
  if (!owner) return false
  const ref = { userId: owner.userId, id }
  if (owner.isFinished) return lateNews(deps, ref, taskId)
  const isUnnamed = taskId !== undefined && owner.taskId === null
  const isAttached = isUnnamed && only(await genAttach(deps.sql, id, taskId)).isAttached
  await deps.enqueue.check(ref) // after the end of the run it looks for a late result
  if (isUnnamed && !isAttached) await lateNews(deps, ref, taskId)
  return true
}

/** Cancels an order before its submit. Returns `not_due` when the submit had begun. */
export const cancel = (deps: SettleDeps, ref: Ref, message = 'cancelled by the user'): Promise<Settled> =>
  settle(deps, ref, { outcome: 'failed', code: 'cancelled', message })
