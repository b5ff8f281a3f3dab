import { Composer } from 'telegraf'
import { modelKey } from '../../catalogue/models.ts'
import { stringsFor } from '../../i18n/strings.ts'
import type { Language } from '../../money.ts'
import { takeTokens } from '../../rate-limiter.ts'
import { type Button, type Screen, show } from '../../telegram/screen.ts'
import { languageOf, markUnreachable } from '../../users/users.ts'
import { ranked } from '../browse/lists.ts'
import type { Answered, BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { answerer } from '../show.ts'

/** Updates outside private chats: groups and channels, and people who block the bot. Personal data is shown in private only. */
export function groups(deps: BotDeps) {
  const bot = new Composer<BotContext>()

  bot.on('my_chat_member', async ctx => {
    const { old_chat_member: before, new_chat_member: now } = ctx.myChatMember
    const isIn = ['member', 'administrator'].includes(now.status)
    if (ctx.chat.type === 'private') {
      if (!isIn) await markUnreachable(deps.sql, ctx.chat.id)
    } else if (ctx.chat.type !== 'channel' && isIn && ['left', 'kicked'].includes(before.status)) {
      await invite(deps, ctx)
    }
  })

  bot.use(async (ctx, next) => {
    if (ctx.chat?.type === 'private') return next()
    const language = languageIn(ctx)
    if (ctx.callbackQuery) return answerer(ctx)(stringsFor(language).inPrivateOnly, { alert: true })
    if (ctx.chat?.type !== 'channel' && isForUs(ctx)) await invite(deps, ctx)
  })

  return bot
}

// One answer in ten seconds, so that nobody can make the bot flood a group.
const everyUs = 10_000_000

async function invite(deps: BotDeps, ctx: Answered): Promise<void> {
  const chatId = ctx.chat!.id
  if ((await takeTokens(deps.sql, [{ key: `group:${chatId}`, everyUs, burst: 1 }], 0)) > 0) return
  await show(ctx.api, { chatId }, inviteScreen(deps, languageIn(ctx)))
}

function inviteScreen(deps: BotDeps, language: Language): Screen {
  const t = stringsFor(language)
  const link = (text: string, payload?: string): Button[] => [
    { text, url: `https://t.me/${deps.botUsername()}${payload ? `?start=${payload}` : ''}` },
  ]
  const popular = ranked(deps, deps.forSale.models).slice(0, 5)
  return {
    text: t.worksInPrivate,
    buttons: [...popular.map(model => link(model.name[language], `m_${modelKey(model.id)}`)), link(t.openButton)],
  }
}

/** A command addressed to this bot, or a reply to it. */
function isForUs(ctx: Answered): boolean {
  const { message, botInfo } = ctx
  if (!message || !('text' in message)) return false
  const isAddressed = new RegExp(`^/\\w+@${botInfo.username}(\\s|$)`, 'i').test(message.text)
  return isAddressed || message.reply_to_message?.from?.id === botInfo.id
}

const languageIn = (ctx: Answered): Language => languageOf(null, ctx.from?.language_code ?? null)
