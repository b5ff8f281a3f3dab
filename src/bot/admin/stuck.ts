import { Composer } from 'telegraf'
import { lines } from '../../i18n/format.ts'
import { allStuck, stuckRuns, troubleOf } from '../../operations/lookup.ts'
import type { Generation } from '../../payments/generations.ts'
import { type Button, button, type Screen } from '../../telegram/screen.ts'
import type { TaskState } from '../../upstream/answers.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'
import { moneyText } from '../runs/history.ts'
import { homeButton, numbered } from './buttons.ts'
import { confirmScreen } from './confirm.ts'
import { missing, providerText, runOf } from './run-facts.ts'

/** Stuck runs. An admin can poll the provider again, settle a run or refund it. */
export function adminStuck(deps: BotDeps) {
  const bot = new Composer<BotContext>()
  onPress(bot, 'adminStuck', async ctx => {
    await ctx.answer()
    await ctx.show(await stuckScreen(deps, ctx))
  })
  onPress(bot, 'adminStuckAll', async ctx => {
    const n = await checkAll(deps, ctx)
    await ctx.answer(ctx.t.admin.allAsked(n))
    await ctx.show(await stuckScreen(deps, ctx))
  })
  onPress(bot, 'adminTask', async (ctx, id) => {
    const run = await runOf(deps, id)
    await ctx.answer(run?.taskId == null ? undefined : ctx.t.admin.taskAsked)
    await ctx.show(run ? await taskScreen(deps, ctx, run) : missing(ctx, id), 'new')
  })
  // No decision of the admin: one more poll, which settles by the provider's answer or the deadline.
  onPress(bot, 'adminSettle', async (ctx, id) => {
    const run = await runOf(deps, id)
    if (!run) return ctx.answer(ctx.t.outdated)
    await ctx.answer(ctx.t.admin.settleAsked)
    await deps.enqueue.check({ userId: run.userId, id })
    deps.log.info({ adminId: ctx.user.id, generationId: id }, 'an admin asked for one more look')
  })
  // A decision: confirmed twice, and the database decides whether the run may be refunded.
  onPress(bot, 'adminGiveBack', async (ctx, id) => {
    const run = await runOf(deps, id)
    if (!run) return ctx.answer(ctx.t.outdated)
    await ctx.answer()
    const change = { kind: 'give_back', userId: run.userId, subject: id, amountKop: null } as const
    await ctx.show(await confirmScreen(deps, ctx, { ...change, reason: ctx.t.admin.giveBackReason }), 'new')
  })
  return bot
}

// A message has 4096 characters, and an entry up to 300.
const maxShown = 12

async function stuckScreen({ sql }: BotDeps, ctx: BotContext): Promise<Screen> {
  const [runs, all] = await Promise.all([stuckRuns(sql, maxShown), allStuck(sql)])
  const { admin } = ctx.t
  const entries = runs.map((run, n) =>
    admin.stuck(n + 1, { ...run, money: moneyText(ctx, run), provider: providerText(ctx, run) }),
  )
  return {
    text: lines(admin.stuckTitle(all.length), ...entries),
    buttons: [
      ...numbered(runs.map(({ id }) => id)),
      runs.length > 0 ? [button(admin.lookAtAllButton, to.adminStuckAll())] : [],
      [button(admin.refreshButton, to.adminStuck()), homeButton(ctx)],
    ],
  }
}

/** Enqueues a check of every stuck run and the delivery of every unsent ending, listed or not. Returns how many. */
async function checkAll({ sql, enqueue, log }: BotDeps, ctx: BotContext): Promise<number> {
  const all = await allStuck(sql)
  for (const { userId, id, outboxId } of all) {
    await (outboxId === null ? enqueue.check({ userId, id }) : enqueue.deliver(outboxId))
  }
  log.info({ adminId: ctx.user.id, runs: all.length }, 'an admin asked for one more look at all that is stuck')
  return all.length
}

/** Shows our state, which is the truth, beside the answer of the upstream. */
async function taskScreen(deps: BotDeps, ctx: BotContext, run: Generation): Promise<Screen> {
  const { admin } = ctx.t
  const { id, execState, moneyState, taskId } = run
  const task = taskId === null ? undefined : await deps.operator.task(taskId)
  const theirs = task ? wordOf(ctx, task) : (providerText(ctx, run) ?? '')
  return {
    text: admin.task(id, `${execState} / ${moneyState}`, theirs, task !== undefined),
    buttons: [...(await actsOn(deps, ctx, run, task)), [button(admin.runButton, to.adminRun(id)), homeButton(ctx)]],
  }
}

/** Returns the buttons of an admin for a run: all of them for a stuck one. `task`: the answer of the upstream just now. */
export async function actsOn(deps: BotDeps, ctx: BotContext, run: Generation, task?: TaskState): Promise<Button[][]> {
  const { admin } = ctx.t
  const { id, userId, finishedAt, taskId } = run
  const [row] = finishedAt ? [] : await troubleOf(deps.sql, { userId, id })
  const isStuck = row !== undefined && row.trouble !== null
  const isDecided = task?.kind === 'success' || task?.kind === 'failed'
  const settle = task?.kind === 'success' ? admin.captureButton : admin.settleButton
  const askable = taskId !== null || !finishedAt
  return [
    askable ? [button(task ? admin.askAgainButton : admin.taskButton, to.adminTask(id))] : [],
    !finishedAt && (isStuck || isDecided) ? [button(settle, to.adminSettle(id))] : [],
    isStuck ? [button(admin.giveBackButton, to.adminGiveBack(id))] : [],
  ].filter(row => row.length > 0)
}

function wordOf({ t }: BotContext, task: TaskState): string {
  const { asked } = t.admin
  switch (task.kind) {
    case 'running':
      return task.state
    case 'success':
      return `success · files: ${task.named ?? task.urls.length} · credits: ${task.creditsConsumed ?? '—'}`
    case 'failed':
      return `fail · ${task.code} · ${task.message} · credits: ${task.creditsConsumed ?? '—'}`
    case 'unclear':
      return asked.unclear(task.message)
    default:
      return asked.notFound
  }
}
