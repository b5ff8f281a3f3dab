import type { Log } from '../log.ts'
import type { Payload, Telegram } from './api.ts'
import { lacks, noteLack } from './older.ts'
import { isAboutChat, TelegramRefused } from './refused.ts'
import type { RichBlock } from './rich.ts'

/** A screen's blocks with its parameter reply_markup. */
type Sent = { blocks: RichBlock[]; markup: Pick<Payload<'editMessageText'>, 'reply_markup'> }

/**
 * Shows a rich message, in place of the message `messageId` if there is one. Returns the id of its message; undefined if
 * the plain text must be sent: the server knows no rich messages (it is asked again ten minutes later), or refused this
 * one. Throws what would be thrown for a plain text too.
 */
export async function showRich(
  telegram: Telegram,
  at: { chatId: number; messageId?: number },
  { blocks, markup }: Sent,
  log?: Pick<Log, 'warn'>,
): Promise<number | undefined> {
  if (lacksRich(telegram)) return undefined
  const { chatId, messageId } = at
  // Ours are a few of Telegram's blocks, with looser words for the kinds of text.
  const rich_message = { blocks, skip_entity_detection: true } as Payload<'sendRichMessage'>['rich_message']
  const message = { chat_id: chatId, rich_message, ...markup }
  try {
    if (messageId !== undefined && (await edited(telegram, { ...message, message_id: messageId }))) return messageId
    return (await telegram.call('sendRichMessage', message)).message_id
  } catch (error) {
    if (!(error instanceof TelegramRefused) || isAboutChat(error)) throw error
    if (isLack(error)) {
      noteLackOfRich(telegram)
      log?.warn({ err: error }, 'this Bot API server knows no rich messages, plain texts are sent')
    } else log?.warn({ err: error, chatId }, 'a rich message was refused, its plain text is sent')
    return undefined
  }
}

/** Returns false if the message is gone or is no text: a new one is sent then. */
async function edited(telegram: Telegram, payload: Payload<'editMessageText'>): Promise<boolean> {
  try {
    await telegram.call('editMessageText', payload)
    return true
  } catch (error) {
    if (error instanceof TelegramRefused && error.code === 'not_modified') return true
    if (error instanceof TelegramRefused && error.code === 'message_gone') return false
    throw error
  }
}

/** An old server has no such method; in an edit it passes over the field and misses the text. */
const isLack = ({ message }: TelegramRefused): boolean =>
  /refused with 404|method not found|message text is empty/i.test(message)

/** Returns whether the server said within the last ten minutes that it knows no rich messages. */
export const lacksRich = (telegram: Pick<Telegram, 'apiRoot'>, now = Date.now()): boolean =>
  lacks(telegram, 'rich', now)

/** Remembers that for ten minutes. */
export const noteLackOfRich = (telegram: Pick<Telegram, 'apiRoot'>, now = Date.now()): void =>
  noteLack(telegram, 'rich', now)
