import { type AnyCall, callAny, type Method, type Payload, type Telegram, telegramOver } from './api.ts'
import { TelegramRefused } from './refused.ts'

/** A place in a chat. `threadId`: its topic; null outside of topics. */
export type Topic = { chatId: number; threadId: number | null }

/**
 * Returns the topic in which an update was written or pressed; null outside of topics. Replies in a group without topics have
 * a `message_thread_id` too, but are no topic messages.
 */
export function threadOf(update: object): number | null {
  const { message, edited_message: edited, callback_query: press } = update as Readable
  const { is_topic_message: isTopic, message_thread_id: id } = message ?? edited ?? press?.message ?? {}
  return isTopic === true && Number.isSafeInteger(id) && (id as number) > 0 ? (id as number) : null
}

type Sent = { is_topic_message?: unknown; message_thread_id?: unknown } | null
type Readable = { message?: Sent; edited_message?: Sent; callback_query?: { message?: Sent } | null }

type Threaded = { [M in Method]: 'message_thread_id' extends keyof Payload<M> ? M : never }[Method]
const sending = [
  'sendMessage',
  'sendPhoto',
  'sendVideo',
  'sendAudio',
  'sendDocument',
  'sendAnimation',
  'sendMediaGroup',
  'sendInvoice',
  'sendChatAction',
  'sendRichMessage',
] as const satisfies Threaded[]
const sends = new Set<string>(sending)

/**
 * Returns a client whose messages to the chat go to its topic. Without the topic, Telegram shows an answer outside of all
 * topics, even an answer to a message in one. Where the topic is gone, they go there.
 */
export function inTopic(telegram: Telegram, { chatId, threadId }: Topic): Telegram {
  if (threadId === null) return telegram
  const call: AnyCall = async (method, payload, options) => {
    const isOurs = sends.has(method) && 'chat_id' in payload && payload.chat_id === chatId
    if (!isOurs) return callAny(telegram, method, payload, options)
    try {
      return await callAny(telegram, method, { ...payload, message_thread_id: threadId }, options)
    } catch (error) {
      if (!(error instanceof TelegramRefused && error.code === 'topic_gone')) throw error
      return callAny(telegram, method, payload, options)
    }
  }
  return telegramOver(telegram, call)
}
