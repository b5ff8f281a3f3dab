import { Composer } from 'telegraf'
import { readQuote } from '../../payments/quotes.ts'
import { button } from '../../telegram/screen.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { isWhole, type Part, type Request, requestDraft, requestIn, withPart } from '../request/request.ts'
import { type Route, to } from '../routes.ts'
import { answerRequest, modelsScreen } from './answer-request.ts'
import { closedScreen } from './open-quotes.ts'
import { chosenItems, type Found, moreScreen, openSeries, resumeSeries, seriesAt } from './series.ts'
import { startSeries } from './series-start.ts'
import { keepTemplate } from './templates.ts'

const names = ['requestTask', 'request', 'requestModels', 'requestModel', 'series'] as const
type OfRequest = Extract<Route, { name: (typeof names)[number] }>
const isOfRequest = (route: Route): route is OfRequest => (names as readonly string[]).includes(route.name)

/** The buttons under the answer to a request. */
export function requestPresses(deps: BotDeps): Composer<BotContext> {
  const bot = new Composer<BotContext>()
  bot.use(async (ctx, next) => {
    const { route } = ctx
    if (!route || !isOfRequest(route)) return next()
    const draft = await requestDraft(deps, ctx.user.id, route.args[0])
    const request = requestIn(draft)
    if (!draft || !request) return next() // used, or another has taken its place: an outdated button
    await ctx.answer()
    if (!isWhole(request)) {
      return void (await ctx.show({ text: ctx.t.quote.staleFiles, buttons: [[menuButton(ctx)]] }, 'new'))
    }
    if (route.name === 'requestModels') {
      const screen = await modelsScreen(ctx, deps, { request, draft }, route.args[1])
      return screen ? void (await ctx.show(screen)) : next()
    }
    if (route.name === 'request' && route.args[1] === 'keep') return keepTemplate(ctx, deps, { request, draft })
    if (route.name === 'series') return pressSeries(ctx, deps, { request, draft }, route)
    const screen =
      route.name === 'request' && route.args[1] === 'more' ? await moreScreen(ctx, deps, { request, draft }) : undefined
    if (screen) return void (await ctx.show(screen))
    const changed = changedBy(ctx, deps, route, request)
    if (!changed) {
      const back = button(ctx.t.request.toPriceButton, to.request(draft.id, 'show'))
      return void (await ctx.show({ text: ctx.t.modelGone, buttons: [[back, menuButton(ctx)]] }))
    }
    await answerRequest(ctx, deps, { request: changed, draft, place: { where: 'here' } })
  })
  return bot
}

/** Prices the orders of a choice; the choices once more where it no longer applies. */
async function pressSeries(
  ctx: BotContext,
  deps: BotDeps,
  found: Found,
  { args: [, kind, n] }: Extract<Route, { name: 'series' }>,
): Promise<void> {
  const items = await chosenItems(ctx, deps, found, kind, n)
  if (items.length > 1) return openSeries(ctx, deps, found, items, { place: { where: 'here' } })
  await answerRequest(ctx, deps, { ...found, place: { where: 'here' } })
}

/** The buttons under the prices of a series. */
export function seriesPresses(deps: BotDeps): Composer<BotContext> {
  const bot = new Composer<BotContext>()
  onPress(bot, 'seriesPrice', async (ctx, quoteId, op) => {
    const found = await seriesAt(deps, ctx.user.id, quoteId)
    if (found && !isWhole(found.request)) {
      await ctx.answer()
      return void (await ctx.show({ text: ctx.t.quote.staleFiles, buttons: [[menuButton(ctx)]] }, 'new'))
    }
    if (found && op === 'start') return startSeries(ctx, deps, found)
    if (found) {
      await ctx.answer()
      return resumeSeries(ctx, deps, found)
    }
    await pastSeries(ctx, deps, quoteId)
  })
  return bot
}

/** A series that was started, or that another price has replaced: nothing starts. */
async function pastSeries(ctx: BotContext, deps: BotDeps, quoteId: string): Promise<void> {
  const quote = await readQuote(deps.sql, ctx.user.id, quoteId)
  if (!quote) await ctx.answer(ctx.t.outdated)
  else if (quote.generationId !== null) await ctx.answer(ctx.t.quote.already)
  else {
    await ctx.answer(ctx.t.quote.closedPress)
    await ctx.show(closedScreen(ctx, quote))
  }
}

/** The request after a press; undefined: the model of the button is off. */
function changedBy(ctx: BotContext, { forSale }: BotDeps, route: OfRequest, request: Request): Request | undefined {
  const { modelId: _, ...rest } = request
  switch (route.name) {
    case 'requestTask':
      return { ...rest, task: route.args[1] }
    case 'requestModel': {
      const model = forSale.byKey(route.args[1])
      return model && { ...request, modelId: model.id }
    }
    case 'request':
      if (route.args[1] === 'style') return { ...rest, task: 'edit', parts: [...request.parts, styled(ctx, request)] }
      if (route.args[1] === 'words' && request.aside) return withPart(request, request.aside).request
      return request
    default:
      return request
  }
}

/** Our words for the style, as if the person had written them. */
function styled({ t }: BotContext, { parts }: Request): Part {
  const at = Math.max(...parts.map(part => part.at))
  return { messageId: -1, at, text: t.request.styleText, files: [] }
}
