import { Composer } from 'telegraf'
import { button, type Screen } from '../../telegram/screen.ts'
import { menuButton } from '../buttons.ts'
import type { HelpTopic } from '../codes.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'
import { support } from './support.ts'

/** Help by topic, the terms, and where to ask about money. */
export function help(deps: BotDeps) {
  const { limits } = deps
  const bot = new Composer<BotContext>()
  bot.command('help', ctx => ctx.show(topicsScreen(ctx)))
  bot.command('terms', ctx => ctx.show({ text: ctx.t.terms, buttons: [[menuButton(ctx)]] }))
  bot.use(support(deps))
  onPress(bot, 'help', async (ctx, topic) => {
    await ctx.answer()
    if (!topic) return ctx.show(topicsScreen(ctx))
    const facts = { daily: limits.freeDaily, hourly: limits.freeHourly, dayBegins: nextDay(Date.now()) }
    const text = ctx.t.helpTopics[topic](facts)
    return ctx.show({ text, buttons: [[button(ctx.t.backButton, to.help(undefined)), menuButton(ctx)]] })
  })
  return bot
}

const dayMs = 86_400_000
/** Free runs are counted by the days of UTC. */
const nextDay = (nowMs: number) => new Date((Math.floor(nowMs / dayMs) + 1) * dayMs)

export const topicsScreen = (ctx: BotContext): Screen => {
  const topics = Object.entries(ctx.t.helpButtons) as [HelpTopic, string][]
  return {
    text: ctx.t.help,
    buttons: [...topics.map(([topic, name]) => [button(name, to.help(topic))]), [menuButton(ctx)]],
  }
}
