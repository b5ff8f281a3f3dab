import { Composer } from 'telegraf'
import { stringsFor } from '../../i18n/strings.ts'
import { moveGroup, readGroup } from '../../payments/groups.ts'
import { followingMoves } from '../../telegram/groups/chats.ts'
import { languageOf, markUnreachable, openMember } from '../../users/users.ts'
import type { Answered, BotContext } from '../context.ts'
import { updateOf } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { answerer, introduce } from '../show.ts'
import { type Asked, askedIn } from './asked.ts'
import { askPrice } from './asking.ts'
import { answerGuest } from './guest.ts'
import { mayAsk, mayPress } from './limits.ts'
import { isAnonymousAdmin, isNobody } from './members.ts'
import { createOnlyYou, type OnlyYou } from './only-you.ts'
import { pressInGroup } from './presses.ts'
import { hello, sayAnonymous, switchGroup, welcome } from './switching.ts'

/**
 * Updates outside of private chats: groups, channels, guest messages, and people who block the bot. In a group that its admin
 * has turned on the bot takes orders; what is personal is shown to one person or in private.
 */
export function groups(deps: BotDeps) {
  const bot = new Composer<BotContext>()
  const onlyYou = createOnlyYou(deps)

  bot.on('my_chat_member', async ctx => {
    const { old_chat_member: before, new_chat_member: now } = ctx.myChatMember
    const isIn = ['member', 'administrator'].includes(now.status)
    if (ctx.chat.type === 'private') {
      if (!isIn) await markUnreachable(deps.sql, ctx.chat.id)
    } else if (ctx.chat.type !== 'channel' && isIn && ['left', 'kicked'].includes(before.status)) {
      followMoves(ctx, deps)
      await welcome(ctx, deps)
    }
  })

  bot.use(async (ctx, next) => {
    if (ctx.chat?.type === 'private') return next()
    if (updateOf(ctx).guest_message) return answerGuest(ctx, deps)
    followMoves(ctx, deps)
    if (ctx.callbackQuery) return press(ctx, deps)
    if (!ctx.message || ctx.chat?.type === 'channel') return
    if (await moved(ctx, deps)) return
    const asked = askedIn(ctx)
    if (asked) await answer(ctx, deps, asked, onlyYou)
  })

  return bot
}

function followMoves(ctx: BotContext, { sql }: Pick<BotDeps, 'sql'>): void {
  ctx.api = followingMoves(ctx.api, (from, to) => moveGroup(sql, from, to))
}

/** Telegram tells of a new id in both chats, the old and the new, in any order. */
async function moved({ message, chat }: Answered, { sql }: Pick<BotDeps, 'sql'>): Promise<boolean> {
  const { migrate_to_chat_id: to, migrate_from_chat_id: from } = message as {
    migrate_to_chat_id?: number
    migrate_from_chat_id?: number
  }
  if (to !== undefined) await moveGroup(sql, chat!.id, to)
  if (from !== undefined) await moveGroup(sql, from, chat!.id)
  return to !== undefined || from !== undefined
}

async function answer(ctx: BotContext, deps: BotDeps, asked: Asked, onlyYou: OnlyYou): Promise<void> {
  const isAnonymous = isAnonymousAdmin(ctx)
  if (isNobody(ctx) && !isAnonymous) return
  if (asked.what === 'hello' && asked.isReply && (await readGroup(deps.sql, ctx.chat!.id))?.isOn) return
  if (!(await mayAsk(ctx, deps))) return
  if (isAnonymous) {
    if (asked.what === 'switch') return switchGroup(ctx, deps, asked.isOn, null)
    return sayAnonymous(ctx, deps)
  }
  if (asked.what === 'switch') return switchGroup(ctx, deps, asked.isOn, ctx.from!.id)
  const group = await readGroup(deps.sql, ctx.chat!.id)
  if (asked.what === 'hello' || !group?.isOn) return hello(ctx, deps, group)
  await introduceMember(ctx, deps)
  await askPrice(ctx, deps, { group, asked, onlyYou })
}

async function press(ctx: BotContext, deps: BotDeps): Promise<void> {
  const { from } = ctx
  if (!from || from.is_bot) return
  if (!(await mayPress(deps, from.id))) return answerer(ctx)()
  const language = languageOf(null, from.language_code ?? null)
  const isOurs = await pressInGroup(ctx, deps, () => introduceMember(ctx, deps))
  if (!isOurs) await answerer(ctx)(stringsFor(language).inPrivateOnly, { alert: true })
}

/** Opens the user behind an update of a group and fills the context. */
async function introduceMember(ctx: BotContext, { sql, startBonusKop }: BotDeps): Promise<void> {
  const from = ctx.from!
  const person = {
    id: from.id,
    firstName: from.first_name,
    username: from.username ?? null,
    clientLanguage: from.language_code ?? null,
  }
  introduce(ctx, await openMember(sql, person, startBonusKop))
}
