import type { Kept, Terms } from '../chats/message.ts'
import type { Files } from '../files/files.ts'
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
  return {
    messageId: message.message_id,
    from: message.from.is_bot ? 'bot' : 'person',
    date: message.date,
    ...(message.edit_date === undefined ? {} : { editedAt: message.edit_date }),
    ...(kept.edited ? { edited: true } : {}),
    ...(kept.byLink ? { byLink: true } : {}),
    ...(message.reply_to_message === undefined ? {} : { replyTo: message.reply_to_message.message_id }),
    ...(text === undefined ? {} : { text, entities, html: rich ? renderRich(rich) : renderHtml(text, entities) }),
    ...(rich === undefined ? {} : { rich }),
    ...(media === undefined ? {} : { media }),
    ...(message.media_group_id === undefined ? {} : { albumId: message.media_group_id }),
    buttons: buttons(kept, languageCode),
    ...(terms === undefined ? {} : { invoice: invoiceView(terms, paid) }),
    ...(service === undefined ? {} : { service }),
  }
}

function buttons({ message, terms }: Kept, languageCode: string): Button[][] {
  const rows = message.reply_markup?.inline_keyboard.map(row =>
    row.map(button => ({
      text: button.text,
      ...(button.callback_data === undefined ? {} : { data: button.callback_data }),
      ...(button.url === undefined ? {} : { url: button.url }),
      ...(button.pay === undefined ? {} : { pay: true }),
    })),
  )
  // An invoice without buttons of its own gets the client's.
  if (!rows && terms) return [[{ text: `${isRussian(languageCode) ? 'Заплатить' : 'Pay'} ${sum(terms)}`, pay: true }]]
  return rows ?? []
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
  if (!terms || message.invoice) return
  const russian = isRussian(languageCode)
  if (message.successful_payment) return `${russian ? 'Оплата прошла' : 'Payment received'}: ${sum(terms)}`
  if (message.refunded_payment) return `${russian ? 'Деньги возвращены' : 'Refunded'}: ${sum(terms)}`
}

const isRussian = (languageCode: string) => /^(ru|uk|be|kk)/.test(languageCode)
const sum = ({ currency, amount }: Terms) =>
  currency === 'XTR' ? `⭐ ${amount}` : `${(amount / 100).toFixed(2).replace(/\.00$/, '')} ${currency}`
