import { type AnyCall, callAny, type Telegram, telegramOver } from '../api.ts'
import { TelegramRefused } from '../client.ts'

/**
 * Returns a client for which a group that became a supergroup is where it is now: `moved` hears the new id, and the call is
 * repeated there.
 */
export function followingMoves(telegram: Telegram, moved: (from: number, to: number) => Promise<unknown>): Telegram {
  const call: AnyCall = async (method, payload, options) => {
    try {
      return await callAny(telegram, method, payload, options)
    } catch (error) {
      const from = 'chat_id' in payload ? payload.chat_id : undefined
      const to = error instanceof TelegramRefused ? error.migrateTo : undefined
      if (to === undefined || typeof from !== 'number' || from === to) throw error
      await moved(from, to)
      return callAny(telegram, method, { ...payload, chat_id: to }, options)
    }
  }
  return telegramOver(telegram, call)
}

const sends = /^send(?!ChatAction)/

/** Returns a client whose messages to the chat answer this message, as long as it is there. */
export function inReplyTo(telegram: Telegram, chatId: number, messageId: number | null): Telegram {
  if (messageId === null) return telegram
  const reply_parameters = { message_id: messageId, allow_sending_without_reply: true }
  const call: AnyCall = (method, payload, options) => {
    const isOurs = sends.test(method) && 'chat_id' in payload && payload.chat_id === chatId
    return callAny(telegram, method, isOurs ? { ...payload, reply_parameters } : payload, options)
  }
  return telegramOver(telegram, call)
}
