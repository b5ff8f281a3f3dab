import { Composer } from 'telegraf'
import { progressPlace } from '../../delivery/progress.ts'
import { NotFound, Refused } from '../../errors.ts'
import { shortId } from '../../id.ts'
import { type Generation, outputsOf, type Ref, readGeneration } from '../../payments/generations.ts'
import { button } from '../../telegram/screen.ts'
import { threadOf } from '../../telegram/topics.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { openDraft } from '../drafts.ts'
import { to } from '../routes.ts'
import { routesShown } from '../show.ts'
import { createMessages } from './reports.ts'
import { unfold } from './result-buttons.ts'
import { showRun } from './show-progress.ts'
import { timelineScreen } from './timeline.ts'

/** The buttons of one run: status, cancel, why charged, the files once more, a question, more buttons. */
export function runPresses(deps: BotDeps): Composer<BotContext> {
  const bot = new Composer<BotContext>()
  bot.use(async (ctx, next) => {
    if (ctx.route?.name !== 'generation') return next()
    const [id, op] = ctx.route.args
    const run = op && (await readGeneration(deps.sql, { userId: ctx.user.id, id }))
    if (!run) return next() // another person's, or none: an outdated button
    switch (op) {
      case 'status':
        return status(ctx, deps, run)
      case 'cancel':
        return cancel(ctx, deps, run)
      case 'why':
        await ctx.answer()
        return void (await ctx.show(await timelineScreen(deps, run, ctx.language), whereOf(ctx)))
      case 'resend':
        return sendAgain(ctx, deps, run, deps.resend)
      case 'original':
        return sendAgain(ctx, deps, run, deps.original)
      case 'support':
        return support(ctx, deps, run)
      case 'more':
      case 'fold':
        if (run.execState !== 'success') return next()
        return unfold(ctx, deps, run, op === 'more' ? 'all' : 'few')
      default:
        return next()
    }
  })
  return bot
}

const refOf = (run: Generation): Ref => ({ userId: run.userId, id: run.id })

/** Results, receipts and progress stay; a screen of the history, or one opened from it, gives its place. */
function whereOf(ctx: BotContext): 'here' | 'new' {
  const isScreen = routesShown(ctx).some(
    route => route.name === 'history' || (route.name === 'generation' && route.args[1] === undefined),
  )
  return isScreen ? 'here' : 'new'
}

async function status(ctx: BotContext, deps: BotDeps, run: Generation): Promise<void> {
  await ctx.answer()
  const messages = createMessages(deps)
  const isItsMessage = run.messageId === ctx.callbackQuery?.message?.message_id
  if (!run.finishedAt) {
    await deps.enqueue.check(refOf(run)) // there may be news
    // Nothing keeps a copy up to date, so it never takes the place of a screen.
    if (isItsMessage) return void (await showRun(ctx, deps, run))
    const progress = messages.progress(run, ctx.language)
    await ctx.show({ ...progress, buttons: [...progress.buttons, [button(ctx.t.menuButton, to.menu())]] }, 'new')
  } else if (run.execState === 'success') {
    const rows = [
      [button(ctx.t.sendAgainButton, to.generation(run.id, 'resend'))],
      [button(ctx.t.menuButton, to.menu())],
    ]
    await ctx.show({ ...messages.done(run, ctx.language), buttons: rows }, isItsMessage ? 'here' : 'new')
  } else await ctx.show(messages.failure(run, ctx.language), 'new')
}

async function cancel(ctx: BotContext, deps: BotDeps, run: Generation): Promise<void> {
  const { result } = await deps.integration.cancel(refOf(run))
  if (result === 'not_due') return ctx.answer(ctx.t.run.tooLate, { alert: true })
  if (result === 'already') await ctx.answer(ctx.t.run.over)
  const ended = await readGeneration(deps.sql, refOf(run))
  if (ended?.errorCode !== 'cancelled') return // its own message comes, and this one goes
  const messages = createMessages(deps)
  const isItsMessage = run.messageId === ctx.callbackQuery?.message?.message_id
  if (!isItsMessage) return void (await ctx.show(messages.done(ended, ctx.language)))
  const [place] = await progressPlace(deps.sql, ended)
  // Where the message is about other runs as well, the news comes as a message of its own.
  if (place && place.open.length > 0) return
  // The delivery writes the same into the progress message.
  await ctx.show(messages.failure(ended, ctx.language))
}

async function sendAgain(
  ctx: BotContext,
  { sql, log }: BotDeps,
  run: Generation,
  send: BotDeps['resend'],
): Promise<void> {
  const isGone = run.execState !== 'success' || (await outputsOf(sql, refOf(run))).every(({ url }) => url === '')
  if (isGone) return ctx.answer(ctx.t.run.cannotResend, { alert: true })
  await ctx.answer(ctx.t.run.resending)
  try {
    await send(refOf(run), threadOf(ctx.update))
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NotFound)) throw error
    log.warn({ err: error, generationId: run.id }, 'a result could not be sent again')
    await ctx.show({ text: ctx.t.run.filesGone, buttons: [[button(ctx.t.menuButton, to.menu())]] }, 'new')
  }
}

async function support(ctx: BotContext, { sql }: BotDeps, run: Generation): Promise<void> {
  await ctx.answer()
  await openDraft(sql, run.userId, { kind: 'question', step: `run:${run.id}` })
  const rows = [
    [button(ctx.t.whyButton, to.generation(run.id, 'why'))],
    [button(ctx.t.backButton, to.generation(run.id, undefined)), button(ctx.t.menuButton, to.menu())],
  ]
  await ctx.show({ text: ctx.t.run.support(shortId(run.id)), buttons: rows }, whereOf(ctx))
}
