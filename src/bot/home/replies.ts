import { Composer } from 'telegraf'
import { message } from 'telegraf/filters'
import { lines } from '../../i18n/format.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { incoming } from '../files/uploads.ts'
import { answerGathered, receiveRequest } from '../order/receive-request.ts'
import { intentOf } from '../request/words.ts'
import { answerIntent } from './intents.ts'
import { menuScreen } from './start.ts'

/** Answers every update that no other feature took: what a person sends on their own is a request. */
export function replies(deps: BotDeps) {
  const bot = new Composer<BotContext>()

  bot.on(message('text'), async (ctx, next) => {
    const { text } = ctx
    if (text.startsWith('/')) {
      const menu = await menuScreen(deps, ctx)
      return ctx.show({ ...menu, text: lines(ctx.t.unknownCommand, menu.text) })
    }
    const intent = intentOf(text)
    return intent ? answerIntent(ctx, deps, intent, text) : next()
  })

  bot.on('message', async ctx => {
    const sent = incoming(ctx)
    if (!sent) return
    if (sent.kind !== 'other') return receiveRequest(ctx, deps, sent)
    await answerGathered(ctx, deps)
    await ctx.show({ text: ctx.t.cannotUse, buttons: [[menuButton(ctx)]] })
  })

  bot.on('callback_query', ctx => outdated(deps, ctx))

  return bot
}

/** An old or foreign button changes nothing and leads to the menu. */
async function outdated(deps: BotDeps, ctx: BotContext): Promise<void> {
  await ctx.answer(ctx.t.outdated)
  await ctx.show(await menuScreen(deps, ctx), 'new')
}
