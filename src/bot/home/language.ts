import { Composer } from 'telegraf'
import { stringsFor } from '../../i18n/strings.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import { setLanguage } from '../../users/users.ts'
import { menuButton } from '../buttons.ts'
import { commandsFor } from '../commands.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'

/** Russian or English. The client's list of commands changes with it. */
export function language({ sql, adminIds, log }: BotDeps) {
  const bot = new Composer<BotContext>()
  bot.command('lang', ctx => ctx.show(languageScreen(ctx)))
  onPress(bot, 'language', async (ctx, chosen) => {
    if (chosen) {
      await setLanguage(sql, ctx.user.id, chosen)
      Object.assign(ctx, { language: chosen, t: stringsFor(chosen) })
    }
    await ctx.answer(chosen && ctx.t.languageSet)
    await ctx.show(languageScreen(ctx))
    if (!chosen) return
    const commands = commandsFor(chosen, adminIds.includes(ctx.user.id))
    await ctx.api
      .call('setMyCommands', { commands, scope: { type: 'chat', chat_id: ctx.user.id } })
      .catch(error => log.warn({ err: error, userId: ctx.user.id }, 'the commands keep their old language'))
  })
  return bot
}

const languageScreen = (ctx: BotContext): Screen => {
  const choice = (code: 'ru' | 'en', name: string) =>
    button(`${ctx.language === code ? '• ' : ''}${name}`, to.language(code))
  return { text: ctx.t.language, buttons: [[choice('ru', 'Русский'), choice('en', 'English')], [menuButton(ctx)]] }
}
