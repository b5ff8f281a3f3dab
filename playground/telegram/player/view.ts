import { type Content, type Kept, type Terms, topicOf } from '../chats/message.ts'
import type { Files } from '../files/files.ts'
import { authorOf, groupService, idOf } from '../groups/view.ts'
import { reactionsOf } from '../inline/view.ts'
import { CHAT_KINDS, type WireButton } from '../messages/buttons.ts'
import { EFFECTS } from '../messages/effects.ts'
import { previewOf } from '../messages/previews.ts'
import { renderHtml } from '../messages/render.ts'
import { plainMessage } from '../rich/plain.ts'
import { renderRich } from '../rich/render.ts'
import type { Button, MediaView, MessageView } from '../stand-in.ts'

/** A message as a person sees it in the chat. */
export function view(kept: Kept, { files, languageCode }: { files: Files; languageCode: string }): MessageView {
  const { message, terms, paid = false } = kept
  const rich = message.rich_message
  const text = rich ? plainMessage(rich) : (message.text ?? message.caption)
  const entities = message.entities ?? message.caption_entities ?? []
  const media = kept.media && mediaView(kept.media.fileId, files)
  const service = serviceText(kept, languageCode)
  const threadId = topicOf(message)
  const replyTo = message.reply_to_message?.message_id ?? kept.answers
  // People's own links are not the bot's to show or hide.
  const preview = message.from.is_bot ? previewOf(message) : undefined
  return {
    messageId: idOf(message),
    ...(message.receiver_user ? { onlyYou: true as const } : {}),
    from: message.from.is_bot ? 'bot' : 'person',
    ...authorOf(message),
    ...(message.via_bot ? { viaBot: true as const } : {}),
    ...(kept.reactions ? { reactions: reactionsOf(kept) } : {}),
    date: message.date,
    ...(message.edit_date === undefined ? {} : { editedAt: message.edit_date }),
    ...(kept.edited ? { edited: true } : {}),
    ...(kept.byLink ? { byLink: true } : {}),
    ...(threadId === undefined ? {} : { threadId }),
    ...(message.effect_id === undefined
      ? {}
      : { effect: { id: message.effect_id, emoji: EFFECTS[message.effect_id] ?? '' } }),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(text === undefined ? {} : { text, entities, html: rich ? renderRich(rich) : renderHtml(text, entities) }),
    ...(rich === undefined ? {} : { rich }),
    ...(media === undefined ? {} : { media }),
    ...(message.show_caption_above_media ? { captionAbove: true } : {}),
    ...(preview === undefined ? {} : { preview }),
    ...(message.media_group_id === undefined ? {} : { albumId: message.media_group_id }),
    buttons: buttons(kept, languageCode),
    ...(terms === undefined ? {} : { invoice: invoiceView(terms, paid) }),
    ...(service === undefined ? {} : { service }),
  }
}

function buttons({ message, terms }: Kept, languageCode: string): Button[][] {
  const rows = message.reply_markup?.inline_keyboard.map(row => row.map(buttonView))
  // An invoice without buttons of its own gets the client's.
  if (!rows && terms) return [[{ text: `${isRussian(languageCode) ? 'Заплатить' : 'Pay'} ${sum(terms)}`, pay: true }]]
  return rows ?? []
}

function buttonView(button: WireButton): Button {
  const { text, callback_data: data, url, pay, style, icon_custom_emoji_id: icon, copy_text, disabled } = button
  const switchTo = switchView(button)
  return {
    text,
    ...(data === undefined ? {} : { data }),
    ...(url === undefined ? {} : { url }),
    ...(pay === undefined ? {} : { pay }),
    ...(style === undefined ? {} : { style }),
    ...(icon === undefined ? {} : { icon }),
    ...(copy_text === undefined ? {} : { copy: copy_text.text }),
    ...(switchTo === undefined ? {} : { switchTo }),
    ...(disabled === undefined ? {} : { disabled: true }),
  }
}

function switchView(button: WireButton): Button['switchTo'] {
  const { switch_inline_query: any, switch_inline_query_current_chat: current } = button
  const chosen = button.switch_inline_query_chosen_chat
  if (any !== undefined) return { query: any, chat: 'any' }
  if (current !== undefined) return { query: current, chat: 'current' }
  return chosen && { query: chosen.query ?? '', chat: CHAT_KINDS.filter(kind => chosen[`allow_${kind}_chats`]) }
}

function mediaView(fileId: string, files: Files): MediaView | undefined {
  const file = files.find(fileId)
  if (!file) return
  const { kind, fileName, mime, bytes, width, height } = file
  return {
    kind,
    fileId,
    fileName,
    mime,
    bytes,
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
  }
}

const invoiceView = ({ title, description, currency, amount, payload }: Terms, paid: boolean) => ({
  title,
  description,
  currency,
  amount,
  payload,
  paid,
})

function serviceText({ message, terms }: Kept, languageCode: string): string | undefined {
  const russian = isRussian(languageCode)
  const group = groupService(message, russian)
  if (group !== undefined) return group
  const { forum_topic_created: created, forum_topic_edited: edited } = message
  if (created) return russian ? `Тема «${created.name}» создана` : `Topic “${created.name}” was created`
  if (edited?.name) return russian ? `Тема теперь называется «${edited.name}»` : `The topic is now “${edited.name}”`
  if (edited) return russian ? 'У темы новый значок' : 'The topic has a new icon'
  if (!terms || message.invoice) return
  if (message.successful_payment) return `${paidText(message.successful_payment, russian)}: ${sum(terms)}`
  if (message.refunded_payment) return `${russian ? 'Деньги возвращены' : 'Refunded'}: ${sum(terms)}`
}

function paidText({ is_recurring, is_first_recurring }: NonNullable<Content['successful_payment']>, russian: boolean) {
  if (is_first_recurring) return russian ? 'Подписка оформлена' : 'Subscribed'
  if (is_recurring) return russian ? 'Подписка продлена' : 'Subscription renewed'
  return russian ? 'Оплата прошла' : 'Payment received'
}

const isRussian = (languageCode: string) => /^(ru|uk|be|kk)/.test(languageCode)
const sum = ({ currency, amount }: Terms) =>
  currency === 'XTR' ? `⭐ ${amount}` : `${(amount / 100).toFixed(2).replace(/\.00$/, '')} ${currency}`
