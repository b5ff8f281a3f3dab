import type { Telegram } from 'telegraf'
import type { Log } from '../log.ts'
import { isAboutChat, TelegramRefused } from './refused.ts'
import type { RichBlock } from './rich.ts'
import { callWith } from './telegraf-client.ts'

/** A screen's blocks with its parameter reply_markup. */
type Sent = { blocks: RichBlock[]; markup: object }

/**
 * Shows a rich message, in place of the message `messageId` if there is one. Returns the id of its message; undefined if
 * the plain text must be sent: the server knows no rich messages (it is asked again ten minutes later), or refused this
 * one. Throws what would be thrown for a plain text too.
 */
export async function showRich(
  telegram: Telegram,
  at: { chatId: number; messageId?: number; threadId?: number },
  { blocks, markup }: Sent,
  log?: Pick<Log, 'warn'>,
): Promise<number | undefined> {
  if (lacksRich(telegram)) return undefined
  const { chatId, messageId, threadId } = at
  const message = { chat_id: chatId, rich_message: { blocks, skip_entity_detection: true }, ...markup }
  try {
    if (messageId !== undefined && (await edited(telegram, { ...message, message_id: messageId }))) return messageId
    const thread = threadId === undefined ? {} : { message_thread_id: threadId }
    return idOf(await callWith(telegram, 'sendRichMessage', { ...message, ...thread }))
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
async function edited(telegram: Telegram, payload: object): Promise<boolean> {
  try {
    await callWith(telegram, 'editMessageText', payload)
    return true
  } catch (error) {
    if (error instanceof TelegramRefused && error.code === 'not_modified') return true
    if (error instanceof TelegramRefused && error.code === 'message_gone') return false
    throw error
  }
}

const idOf = (message: unknown): number =>
  typeof message === 'object' && message !== null && 'message_id' in message ? Number(message.message_id) : 0

/** An old server has no such method; in an edit it passes over the field and misses the text. */
const isLack = ({ message }: TelegramRefused): boolean =>
  /refused with 404|method not found|message text is empty/i.test(message)

// A server that was updated is used to the full soon. Until then each retry costs one refused call.
const rememberMs = 600_000
/** By the address of the server: until when it is believed to know no rich messages. */
const without = new Map<string, number>()

/** Returns whether the server said within the last ten minutes that it knows no rich messages. */
export const lacksRich = ({ options }: Telegram, now = Date.now()): boolean => now < (without.get(options.apiRoot) ?? 0)

/** Remembers that for ten minutes. */
export function noteLackOfRich({ options }: Telegram, now = Date.now()): void {
  without.set(options.apiRoot, now + rememberMs)
}
