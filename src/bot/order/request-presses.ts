import { Composer } from 'telegraf'
import { button } from '../../telegram/screen.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { isWhole, type Part, type Request, requestDraft, requestIn, withPart } from '../request/request.ts'
import { type Route, to } from '../routes.ts'
import { answerRequest, modelsScreen } from './answer-request.ts'

const names = ['requestTask', 'request', 'requestModels', 'requestModel'] as const
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
    const changed = changedBy(ctx, deps, route, request)
    if (!changed) {
      const back = button(ctx.t.request.toPriceButton, to.request(draft.id, 'show'))
      return void (await ctx.show({ text: ctx.t.modelGone, buttons: [[back, menuButton(ctx)]] }))
    }
    await answerRequest(ctx, deps, { request: changed, draft, place: { where: 'here' } })
  })
  return bot
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
