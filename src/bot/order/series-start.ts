import {
  Banned,
  FreeLimitReached,
  InDebt,
  InsufficientFunds,
  ModelOff,
  NotFound,
  QuoteClosed,
  QuoteExpired,
  SalesPaused,
  TooManyOpen,
} from '../../errors.ts'
import type { SeriesRefusal } from '../../i18n/request.ts'
import { shortId } from '../../id.ts'
import { readGeneration } from '../../payments/generations.ts'
import { maxOpenOf } from '../../payments/plans.ts'
import { quoteShown } from '../../payments/quotes.ts'
import { readWallet } from '../../payments/wallet.ts'
import { button, type Screen, show } from '../../telegram/screen.ts'
import { threadOf } from '../../telegram/topics.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { draftDropAt } from '../drafts.ts'
import { modelName } from '../names.ts'
import { to } from '../routes.ts'
import { createMessages } from '../runs/reports.ts'
import { tooMany } from './busy.ts'
import { runLimitMs } from './quote.ts'
import {
  type Found,
  holds,
  linesOf,
  openSeries,
  quotesOf,
  resumeSeries,
  type SeriesQuote,
  seriesStep,
} from './series.ts'

/**
 * Starts the orders of a series one after another. Each is an order of its own under its quote, so a press that comes again,
 * also after a crash, starts none of them twice. Nothing starts unless all of it may: at the prices shown, from the balance
 * of now.
 */
export async function startSeries(ctx: BotContext, deps: BotDeps, found: Found): Promise<void> {
  await ctx.answer() // the messages of the runs take a moment
  const orders = await quotesOf(deps, ctx.user.id, found.request)
  const left = orders.filter(({ quote }) => quote.generationId === null)
  if (left.length > 0 && !(await mayStart(ctx, deps, found, left))) return
  let refusal: SeriesRefusal | undefined
  const started: string[] = []
  for (const [n, order] of orders.entries()) {
    refusal = await startOne(ctx, deps, found, { order, n: n + 1, of: orders.length })
    if (refusal) break
    started.push(order.quoteId)
  }
  if (!refusal) await draftDropAt(deps.sql, ctx.user.id, seriesStep(found.request.series!))
  await ctx.show(reportScreen(ctx, deps, orders, { started: started.length, refusal }))
}

/** Shows what stands in the way of a series: other prices, the balance, or runs that have not ended. */
async function mayStart(ctx: BotContext, deps: BotDeps, found: Found, left: SeriesQuote[]): Promise<boolean> {
  if (!(await holds(ctx, deps, left))) {
    const note = ctx.t.series.renewed(found.request.series!.length - left.length)
    await openSeries(ctx, deps, found, left, { place: { where: 'here' }, note })
    return false
  }
  const { balanceKop, debtKop, atWorkCount } = await readWallet(deps.sql, ctx.user.id)
  const sumKop = left.reduce((sum, { quote }) => sum + quote.priceKop, 0)
  if (sumKop > 0 && sumKop + debtKop > balanceKop) {
    await resumeSeries(ctx, deps, found)
    return false
  }
  const most = await maxOpenOf(deps.sql, ctx.user.id, deps.limits.maxOpen)
  if (atWorkCount + left.length > most) {
    await tooMany(ctx, deps, ctx.t.series.noRoom(left.length, most - atWorkCount))
    return false
  }
  return true
}

type One = { order: SeriesQuote; n: number; of: number }

/** Places one order with a message of its own. Returns why it was refused. */
async function startOne(ctx: BotContext, deps: BotDeps, found: Found, one: One): Promise<SeriesRefusal | undefined> {
  const { quote } = one.order
  const userId = ctx.user.id
  const model = deps.catalogue.byId(quote.modelId)
  if (!model) return 'off' // no catalogue of this build has it
  const ref = { userId, id: quote.id }
  const messageId = quote.generationId === null ? await ownMessage(ctx, deps, found, one) : quote.messageId
  try {
    await deps.integration.place({
      userId,
      id: quote.id,
      requestKey: `q:${quote.id}`,
      quoteId: quote.id,
      quote,
      chatId: ctx.chat!.id,
      threadId: threadOf(ctx.update),
      messageId,
      deadlineMs: runLimitMs(model),
    })
  } catch (error) {
    const refusal = refusalOf(error)
    if (!refusal) throw error // Unknown included: the press is handled again, and nothing starts twice
    if (refusal === 'off') await deps.modelHealth.refresh() // the new price must know
    if (messageId !== null)
      await ctx.api.call('deleteMessage', { chat_id: ctx.chat!.id, message_id: messageId }).catch(() => undefined)
    return refusal
  }
  const run = await readGeneration(deps.sql, ref)
  if (run?.execState === 'queued') await deps.enqueue.submit(ref)
  // A quick worker may have ended it, and then the message is the worker's.
  if (run && !run.finishedAt && run.messageId !== null) {
    const progress = createMessages(deps).progress(run, ctx.language)
    await show(ctx.api, { chatId: run.chatId, messageId: run.messageId }, progress)
  }
  return undefined
}

/**
 * Sends the message that will be the progress of a run, and notes it with the quote: the same press after a crash finds it
 * there. The screen of the series is noted there as well, and stays what it is.
 */
async function ownMessage(ctx: BotContext, deps: BotDeps, { draft }: Found, { order, n, of }: One): Promise<number> {
  const { quote } = order
  const isScreen = [draft.messageId, ctx.callbackQuery?.message?.message_id].includes(quote.messageId ?? undefined)
  if (quote.messageId !== null && !isScreen) return quote.messageId
  const name = modelName(deps.catalogue, quote.modelId, ctx.language)
  const text = ctx.t.series.starting(n, of, name)
  const messageId = await show(ctx.api, { chatId: ctx.chat!.id }, { text, buttons: [] })
  await quoteShown(deps.sql, ctx.user.id, quote.id, messageId)
  return messageId
}

const refusals: [new (message: string) => Error, SeriesRefusal][] = [
  [InsufficientFunds, 'money'],
  [InDebt, 'money'],
  [TooManyOpen, 'room'],
  [ModelOff, 'off'],
  [FreeLimitReached, 'free'],
  [SalesPaused, 'paused'],
  [Banned, 'banned'],
  [QuoteExpired, 'price'],
  [QuoteClosed, 'price'],
  [NotFound, 'price'],
]

const refusalOf = (error: unknown) => refusals.find(([Refusal]) => error instanceof Refusal)?.[1]

/** Which orders were started and which were not, and why. */
function reportScreen(
  ctx: BotContext,
  deps: BotDeps,
  orders: SeriesQuote[],
  { started, refusal }: { started: number; refusal: SeriesRefusal | undefined },
): Screen {
  const { t } = ctx
  const lines = linesOf(deps, ctx, orders).orders.map((order, n) => ({
    ...order,
    short: n < started ? shortId(orders[n]!.quoteId) : undefined,
  }))
  const rest = button(
    t.series.restButton(orders.length - started),
    to.seriesPrice(orders[0]!.quoteId, 'show'),
    'primary',
  )
  const history = button(t.run.historyButton, to.history('all', '0'))
  return {
    text: t.series.report({ orders: lines, started, refusal }),
    buttons: [refusal ? [rest] : [], [...(started > 0 ? [history] : []), menuButton(ctx)]],
  }
}
