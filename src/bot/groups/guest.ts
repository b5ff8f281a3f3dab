import { ifPossible } from '../../errors.ts'
import { newId } from '../../id.ts'
import { guestWordsKeep } from '../../payments/groups.ts'
import { takeTokens } from '../../rate-limiter.ts'
import type { Payload } from '../../telegram/api.ts'
import { clip, type Html, html } from '../../telegram/html.ts'
import { keyboard } from '../../telegram/screen.ts'
import { openMember } from '../../users/users.ts'
import { type BotContext, updateOf } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { link } from '../order/group/price.ts'
import { pictures } from '../runs/gallery-rows.ts'
import { introduce } from '../show.ts'
import { withoutMention } from './asked.ts'
import { perMinute } from './limits.ts'

type Result = Payload<'answerGuestQuery'>['result']

// «последняя», «мой последний результат», «my last picture»
const lastWords = /^(?:мо[йяеё]\s+|my\s+)?(?:последн(?:ий|яя|ее|юю)|last)(?:\s+\S+)?$/iu
const maxWords = 3_000
const shownWords = 300

/**
 * Answers somebody who calls the bot in a chat where it is no member: once, with a card that leads to their private chat, where
 * their words wait, or with their last picture if that is what they ask for. No price is shown.
 */
export async function answerGuest(ctx: BotContext, deps: BotDeps): Promise<void> {
  const message = updateOf(ctx).guest_message
  const { guest_query_id: queryId, from } = message ?? {}
  if (!message || !queryId || !from || from.is_bot) return
  if ((await takeTokens(deps.sql, [perMinute(`guest:${from.id}`, deps.groupLimits.memberPerMinute)], 0)) > 0) return
  const person = {
    id: from.id,
    firstName: from.first_name,
    username: from.username ?? null,
    clientLanguage: from.language_code ?? null,
  }
  introduce(ctx, await openMember(deps.sql, person, deps.startBonusKop))
  if (ctx.user.isBanned) return
  const words = withoutMention(message as object, ctx.botInfo.username) ?? ''
  const result = await resultFor(ctx, deps, words.slice(0, maxWords).toWellFormed())
  await ifPossible(ctx.api.call('answerGuestQuery', { guest_query_id: queryId, result }))
}

async function resultFor(ctx: BotContext, deps: BotDeps, words: string): Promise<Result> {
  const { t, user } = ctx
  if (words === '') return card(ctx, deps, t.groups.guestEmpty)
  if (lastWords.test(words)) {
    const [last] = await pictures(deps.sql, user.id, [], undefined, 1)
    return last ? lastPicture(ctx, deps, last.fileId) : card(ctx, deps, t.groups.noLast)
  }
  const id = newId()
  await guestWordsKeep(deps.sql, id, user.id, words)
  return card(ctx, deps, t.groups.guest(clip(words, shownWords)), `w_${id}`)
}

const card = ({ t }: BotContext, deps: BotDeps, text: Html, payload?: string): Result => ({
  type: 'article',
  id: newId(),
  title: t.groups.guestTitle,
  input_message_content: { message_text: text.html, parse_mode: 'HTML', link_preview_options: { is_disabled: true } },
  ...keyboard({ buttons: [[link(deps, t.groups.guestButton, payload)]] }),
})

const lastPicture = ({ t }: BotContext, deps: BotDeps, fileId: string): Result => ({
  type: 'photo',
  id: newId(),
  photo_file_id: fileId,
  caption: html`${t.groups.guestLast}`.html,
  parse_mode: 'HTML',
  ...keyboard({ buttons: [[link(deps, t.groups.makeOwnButton)]] }),
})
