import { isDeepStrictEqual } from 'node:util'
import { Composer } from 'telegraf'
import type { Model } from '../../catalogue/models.ts'
import { checkInputs, toWire } from '../../catalogue/parameters.ts'
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
import { shortId } from '../../id.ts'
import { type Ref, readGeneration } from '../../payments/generations.ts'
import { bonusQuote, type Closing, openQuote, type Quote, quoteMinutes, readQuote } from '../../payments/quotes.ts'
import { button } from '../../telegram/screen.ts'
import { threadOf } from '../../telegram/topics.ts'
import { goneScreen } from '../browse/lists.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { draftDropAt, readDraft } from '../drafts.ts'
import { withFreshFiles } from '../files/uploads.ts'
import { isWhole } from '../request/request.ts'
import { shapeAnswer, shapeIn } from '../request/shapes.ts'
import { to } from '../routes.ts'
import { showRun, showStarted } from '../runs/show-progress.ts'
import { aboutRequest, answerRequest, requestAt } from './answer-request.ts'
import { tooMany } from './busy.ts'
import { showGroupPrice } from './group/price.ts'
import { offerAgain } from './late-presses.ts'
import { keepQuoted } from './navigation.ts'
import { closedScreen, closePrices } from './open-quotes.ts'
import { replaceQuote, runLimitMs, showQuote } from './quote.ts'
import { resumeSeries, seriesAt } from './series.ts'
import { quoteStep } from './state.ts'
import { startOrder } from './wizard.ts'

/** The buttons under a price: start, change, cancel. */
export function quotePresses(deps: BotDeps): Composer<BotContext> {
  const bot = new Composer<BotContext>()
  bot.use(async (ctx, next) => {
    if (ctx.route?.name !== 'quote') return next()
    const [id, op] = ctx.route.args
    const quote = await readQuote(deps.sql, ctx.user.id, id)
    // Another person's, or none: an outdated button, unless it leads back to a late result from a top-up.
    if (!quote) return op === 'show' && (await offerAgain(ctx, deps, id)) ? ctx.answer() : next()
    if (quote.generationId !== null) return alreadyStarted(ctx, deps, { userId: ctx.user.id, id: quote.generationId })
    if (quote.isClosed && (op === 'start' || op === 'startFree' || op === 'startBonus')) return closed(ctx, deps, quote)
    switch (op) {
      case 'start':
      case 'startFree':
        return start(ctx, deps, quote, quote.id)
      case 'startBonus':
        return startBonus(ctx, deps, quote)
      case 'change':
        return change(ctx, deps, quote)
      case 'show':
        await ctx.answer()
        return resumeOrder(ctx, deps, id)
      case 'cancel':
        if (await isBegun(ctx, deps, quote, { withInvoices: true })) return
        await draftDropAt(deps.sql, ctx.user.id, quoteStep(id))
        await ctx.show({ text: ctx.t.quote.cancelled, buttons: [[button(ctx.t.menuButton, to.menu())]] })
    }
  })
  bot.use(async (ctx, next) => {
    if (ctx.route?.name !== 'shape') return next()
    const [id, shape] = ctx.route.args
    const quote = await readQuote(deps.sql, ctx.user.id, id)
    if (!quote) return next()
    if (quote.generationId !== null) return alreadyStarted(ctx, deps, { userId: ctx.user.id, id: quote.generationId })
    await reshape(ctx, deps, quote, shape)
  })
  return bot
}

/** Closes the quote. Returns true, and shows the run, when it was started before. */
async function isBegun(ctx: BotContext, deps: BotDeps, { id: quoteId }: Quote, what: Closing = {}): Promise<boolean> {
  const userId = ctx.user.id
  await closePrices(ctx, deps, { ...what, quoteId })
  const started = (await readQuote(deps.sql, userId, quoteId))?.generationId
  if (started) await alreadyStarted(ctx, deps, { userId, id: started })
  return typeof started === 'string'
}

/** An old button: the price was cancelled or has been replaced. */
async function closed(ctx: BotContext, deps: BotDeps, quote: Quote): Promise<void> {
  if (!deps.forSale.byId(quote.modelId)) return gone(ctx, deps, quote)
  await ctx.answer(ctx.t.quote.closedPress)
  await ctx.show(closedScreen(ctx, quote))
}

/**
 * Returns whether a shown quote is still valid. Its price is, even when prices have changed; not so when the model no
 * longer accepts the answers, when they would be sent differently now, or when the free run is gone.
 */
export const isValid = ({ catalogue }: BotDeps, model: Model, { inputs, params, priceKop }: Quote): boolean =>
  checkInputs(model, inputs).length === 0 &&
  isDeepStrictEqual(toWire(model, inputs, catalogue.contentFilter), params) &&
  (priceKop > 0 || catalogue.freeIds.has(model.id))

/** Starts the order as a bonus run, under a separate quote. However it is started, it starts once. */
async function startBonus(ctx: BotContext, deps: BotDeps, quote: Quote): Promise<void> {
  const id = await bonusQuote(deps.sql, ctx.user.id, quote.id)
  if (id === undefined) {
    const now = await readQuote(deps.sql, ctx.user.id, quote.id)
    return now?.isClosed ? closed(ctx, deps, quote) : renew(ctx, deps, quote)
  }
  await start(ctx, deps, quote, id)
}

/**
 * Places the order of a shown quote at the price of the row `quoteId`. The message of the price turns into that of the
 * progress.
 */
async function start(ctx: BotContext, deps: BotDeps, quote: Quote, quoteId: string): Promise<void> {
  const model = deps.forSale.byId(quote.modelId)
  if (!model) return gone(ctx, deps, quote)
  if (!isValid(deps, model, quote)) return renew(ctx, deps, quote)
  const userId = ctx.user.id
  const order = {
    userId,
    id: quote.id, // one name for all that comes of a press: rows, log lines, traces
    requestKey: `q:${quote.id}`,
    quoteId,
    ...(quoteId === quote.id && { quote }), // a bonus run has a quote of its own
    chatId: ctx.chat!.id,
    threadId: threadOf(ctx.update),
    messageId: ctx.callbackQuery?.message?.message_id ?? null,
    deadlineMs: runLimitMs(model),
  }
  try {
    const started = await deps.integration.place(order)
    const ref = { userId, id: started.id }
    if (started.result !== 'started') return await alreadyStarted(ctx, deps, ref)
    await began(ctx, deps, quote.id, ref)
  } catch (error) {
    if (error instanceof InsufficientFunds || error instanceof InDebt) {
      await showAgain(ctx, deps, quote)
    } else if (error instanceof QuoteClosed) {
      await closed(ctx, deps, quote)
    } else if (error instanceof QuoteExpired || error instanceof FreeLimitReached) {
      await renew(ctx, deps, quote)
    } else if (error instanceof ModelOff) {
      await deps.modelHealth.refresh() // switched off a moment ago, and the list below must know
      await gone(ctx, deps, quote)
    } else if (error instanceof SalesPaused) {
      await ctx.answer(ctx.t.quote.pausedNow, { alert: true })
      await showAgain(ctx, deps, quote)
    } else if (error instanceof TooManyOpen) {
      await ctx.answer()
      await tooMany(ctx, deps)
    } else if (error instanceof Banned) {
      await ctx.answer(ctx.t.banned, { alert: true })
    } else if (error instanceof NotFound) {
      await ctx.answer(ctx.t.outdated)
    } else throw error
  }
}

async function began(ctx: BotContext, deps: BotDeps, quoteId: string, ref: Ref): Promise<void> {
  await deps.enqueue.submit(ref)
  await draftDropAt(deps.sql, ref.userId, quoteStep(quoteId))
  const generation = await readGeneration(deps.sql, ref)
  // A quick worker may have ended it, and then the message is the worker's.
  if (generation && !generation.finishedAt) await showStarted(ctx, deps, generation)
}

/** A second press, or the first once more after a crash: nothing starts, and the person sees what is going on. */
async function alreadyStarted(ctx: BotContext, deps: BotDeps, ref: Ref): Promise<void> {
  await ctx.answer(ctx.t.quote.already)
  const generation = await readGeneration(deps.sql, ref)
  if (!generation) return
  const isItsMessage = generation.messageId === ctx.callbackQuery?.message?.message_id
  if (isItsMessage && !generation.finishedAt) {
    if (generation.execState === 'queued') await deps.enqueue.submit(ref)
    await showRun(ctx, deps, generation)
    return
  }
  if (isItsMessage) return
  await ctx.show({
    text: ctx.t.quote.alreadyScreen(shortId(ref.id)),
    buttons: [
      [button(ctx.t.quote.statusButton, to.generation(ref.id, 'status'))],
      [button(ctx.t.menuButton, to.menu())],
    ],
  })
}

/** The order of a quote in another shape, as a new quote in its place. */
async function reshape(ctx: BotContext, deps: BotDeps, pressed: Quote, shape: string): Promise<void> {
  const draft = await readDraft(deps.sql, ctx.user.id)
  // A crash may have come between its closing and the next quote.
  const isOpen = !pressed.isClosed || draft?.step === quoteStep(pressed.id)
  const quote = isOpen ? pressed : await openHere(ctx, deps, pressed)
  if (!quote) return closed(ctx, deps, pressed)
  const model = deps.forSale.byId(quote.modelId)
  if (!model) return gone(ctx, deps, quote)
  const answer = shapeAnswer(model, shape, quote.inputs)
  if (!answer) await ctx.answer(ctx.t.quote.noShape)
  const isSame = !answer || shapeIn(model, quote.inputs) === shape
  if (isSame && !quote.isClosed && !quote.isExpired && isValid(deps, model, quote)) {
    await ctx.answer()
    return showAgain(ctx, deps, quote)
  }
  const found = await requestAt(deps, ctx.user.id, quote.id)
  if (!answer || !found || !isWhole(found.request)) {
    return renew(ctx, deps, { ...quote, inputs: { ...quote.inputs, ...answer } }, { isKept: true })
  }
  await ctx.answer()
  const request = { ...found.request, modelId: model.id, shape }
  await answerRequest(ctx, deps, { request, draft: found.draft, place: { where: 'here' } })
}

/** The open quote of the same model in the pressed message: the second of two quick presses means that one. */
async function openHere(ctx: BotContext, deps: BotDeps, { modelId }: Quote): Promise<Quote | undefined> {
  const [open] = await openQuote(deps.sql, ctx.user.id)
  const quote = open && (await readQuote(deps.sql, ctx.user.id, open.id))
  const isHere = quote?.messageId === null || quote?.messageId === ctx.callbackQuery?.message?.message_id
  return isHere && quote?.modelId === modelId ? quote : undefined
}

/** The same order at today's price; nothing is charged until that is pressed. `isKept`: words that come now are its new ones. */
async function renew(ctx: BotContext, deps: BotDeps, quote: Quote, { isKept = false } = {}): Promise<void> {
  if (await answeredAgain(ctx, deps, quote)) return
  const model = deps.forSale.byId(quote.modelId)
  if (!model) return gone(ctx, deps, quote)
  await ctx.answer() // files may have to be fetched again
  const ageMs = Date.now() - quote.expiresAt.getTime() + quoteMinutes * 60_000
  const { inputs, isWhole } = await withFreshFiles(deps, model, quote.inputs, ageMs, String(ctx.user.id))
  const result = isWhole ? await replaceQuote(ctx, deps, model, inputs) : 'no_price'
  if (result === 'no_price' || 'problem' in result) {
    return startOrder(ctx, deps, model, inputs, { note: isWhole ? ctx.t.wizard.changed : ctx.t.quote.staleFiles })
  }
  const draft = isKept ? await readDraft(deps.sql, ctx.user.id) : undefined
  if (draft?.kind === 'order' && draft.step === quoteStep(quote.id)) {
    await keepQuoted(ctx, deps, model, result.quote)
    return showQuote(ctx, deps, result.quote)
  }
  await draftDropAt(deps.sql, ctx.user.id, quoteStep(quote.id))
  const wasKop = !isKept && quote.priceKop > 0 && result.quote.priceKop > 0 ? quote.priceKop : undefined
  await showQuote(ctx, deps, result.quote, { wasKop })
}

/**
 * Shows the order that a payment was for, with a new quote when the old one is closed or expired. Starts nothing. Does
 * nothing when the order was started already.
 */
export async function resumeOrder(ctx: BotContext, deps: BotDeps, quoteId: string): Promise<void> {
  if (await showGroupPrice(ctx, deps, quoteId)) return
  const series = await seriesAt(deps, ctx.user.id, quoteId)
  if (series) return resumeSeries(ctx, deps, series, 'new')
  const quote = await readQuote(deps.sql, ctx.user.id, quoteId)
  if (!quote || quote.generationId !== null) return
  if (quote.isExpired || quote.isClosed) return renew(ctx, deps, quote)
  await showAgain(ctx, deps, quote, 'new')
}

async function showAgain(ctx: BotContext, deps: BotDeps, quote: Quote, where: 'here' | 'new' = 'here'): Promise<void> {
  await showQuote(ctx, deps, quote, { where, about: await aboutRequest(ctx, deps, quote.id) })
}

/** After a payment: the order that it was for, unless the person has gone on to another, which then comes instead. */
export async function resumePaid(ctx: BotContext, deps: BotDeps, quoteId: string): Promise<void> {
  if (await offerAgain(ctx, deps, quoteId)) return
  const isOfGroup = await showGroupPrice(ctx, deps, quoteId)
  if (!isOfGroup) await resumeOrder(ctx, deps, (await openQuote(deps.sql, ctx.user.id))[0]?.id ?? quoteId)
}

async function change(ctx: BotContext, deps: BotDeps, quote: Quote): Promise<void> {
  const model = deps.forSale.byId(quote.modelId)
  if (!model) return gone(ctx, deps, quote)
  if (await isBegun(ctx, deps, quote)) return
  await ctx.answer() // files may have to be fetched again
  const ageMs = Date.now() - quote.expiresAt.getTime() + quoteMinutes * 60_000
  const { inputs, isWhole } = await withFreshFiles(deps, model, quote.inputs, ageMs, String(ctx.user.id))
  await startOrder(ctx, deps, model, inputs, { at: 'extras', ...(!isWhole && { note: ctx.t.quote.staleFiles }) })
}

/** Quotes the person's request anew, if this is its price. Returns false when it is not. */
async function answeredAgain(ctx: BotContext, deps: BotDeps, { id, priceKop }: Quote): Promise<boolean> {
  const found = await requestAt(deps, ctx.user.id, id)
  if (!found || !isWhole(found.request)) return false
  await ctx.answer()
  await answerRequest(ctx, deps, { ...found, place: { where: 'here' }, ...(priceKop > 0 && { wasKop: priceKop }) })
  return true
}

/** Ends an order whose model is off, or finds another for the request. Nothing was charged. */
async function gone(ctx: BotContext, deps: BotDeps, quote: Quote): Promise<void> {
  const { id, modelId } = quote
  if (await answeredAgain(ctx, deps, quote)) return
  await closePrices(ctx, deps, { quoteId: id })
  await draftDropAt(deps.sql, ctx.user.id, quoteStep(id))
  await ctx.show(await goneScreen(deps, ctx, deps.catalogue.byId(modelId)))
}
