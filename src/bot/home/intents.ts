import { lines } from '../../i18n/format.ts'
import { shortId } from '../../id.ts'
import { openGenerations } from '../../payments/generations.ts'
import { type Button, button, type Screen } from '../../telegram/screen.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { balanceScreen } from '../money/balance.ts'
import { modelName } from '../names.ts'
import { answerGathered, putAside } from '../order/receive-request.ts'
import type { Intent } from '../request/words.ts'
import { to } from '../routes.ts'
import { topicsScreen } from './help.ts'
import { cancel } from './start.ts'

/** Answers words that ask something of the bot itself. One press makes them the description of a picture after all. */
export async function answerIntent(ctx: BotContext, deps: BotDeps, intent: Intent, text: string): Promise<void> {
  if (intent !== 'stop') await answerGathered(ctx, deps)
  const screen = await screens[intent](ctx, deps)
  const id = await putAside(ctx, deps, text)
  const describe = id === undefined ? [] : [button(ctx.t.request.describeButton, to.request(id, 'words'))]
  await ctx.show({ ...screen, buttons: [...screen.buttons, describe] })
}

type Answer = (ctx: BotContext, deps: BotDeps) => Screen | Promise<Screen>

const screens: Record<Intent, Answer> = {
  refund: ctx => ({
    text: ctx.t.request.intents.refund,
    buttons: [toMoney(ctx), toPerson(ctx), [menuButton(ctx)]],
  }),
  where,
  price: (ctx, { forSale }) => ({
    text: ctx.t.request.intents.price,
    buttons: [[button(ctx.t.allButton(forSale.models.length), to.list('all', 0))], [menuButton(ctx)]],
  }),
  balance: (ctx, deps) => balanceScreen(deps, ctx),
  help: topicsScreen,
  stop: async (ctx, deps) => ({ text: await cancel(deps, ctx), buttons: [[menuButton(ctx)]] }),
  greeting: ctx => ({ text: ctx.t.request.intents.greeting(ctx.from?.first_name ?? ''), buttons: [[menuButton(ctx)]] }),
  thanks: ctx => ({ text: ctx.t.request.intents.thanks, buttons: [[menuButton(ctx)]] }),
  abuse: ctx => ({ text: ctx.t.request.intents.abuse, buttons: [toPerson(ctx), [menuButton(ctx)]] }),
}

/** What is under way, each with its state one press away. */
async function where(ctx: BotContext, { sql, catalogue }: BotDeps): Promise<Screen> {
  const { t, language } = ctx
  const running = await openGenerations(sql, ctx.user.id)
  const rows = running.map(({ id, modelId }) => [
    button(t.quote.runningButton(modelName(catalogue, modelId, language), shortId(id)), to.generation(id, 'status')),
  ])
  const text = running.length === 0 ? t.request.intents.whereNothing : t.request.intents.where(running.length)
  return {
    text: lines(text),
    buttons: [...rows, [button(t.historyButton, to.history('all', '0'))], toPerson(ctx), [menuButton(ctx)]],
  }
}

const toMoney = ({ t }: BotContext): Button[] => [
  button(t.balanceButton, to.balance()),
  button(t.historyButton, to.history('all', '0')),
]
const toPerson = ({ t }: BotContext): Button[] => [button(t.request.supportButton, to.help('contact'))]
