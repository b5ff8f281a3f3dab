import type { Telegram } from '../api.ts'
import { TelegramRefused } from '../client.ts'
import { formatted, keyboard, type Screen } from '../screen.ts'

/** One person in a group. */
export type Receiver = { chatId: number; userId: number }
/** An ephemeral message: only its receiver and the bot see it. */
export type Ephemeral = Receiver & { ephemeralId: number }

const noPreview = { link_preview_options: { is_disabled: true } }
// After an update of the Bot API server.
const askAgainMs = 3_600_000

/**
 * Sends messages that one person of a group sees (Bot API 10.2). A server without them ignores the parameter and would show
 * the message to all. So such a server is recognised first, by a method that changes nothing.
 */
export function createEphemerals(now: () => number = Date.now) {
  let known: { isThere: boolean; until: number } | undefined

  async function isThere(telegram: Telegram, { chatId, userId }: Receiver): Promise<boolean> {
    if (known && now() < known.until) return known.isThere
    const nobodys = { chat_id: chatId, receiver_user_id: userId, ephemeral_message_id: 1 }
    const found = await telegram.call('deleteEphemeralMessage', nobodys).then(
      () => true,
      error => {
        if (!(error instanceof TelegramRefused)) throw error
        return error.code !== 'no_method'
      },
    )
    known = { isThere: found, until: now() + askAgainMs }
    return found
  }

  return {
    /** Returns the message; undefined: it cannot be sent here. `queryId`: the press that it answers. */
    async send(
      telegram: Telegram,
      to: Receiver & { queryId?: string },
      screen: Screen,
    ): Promise<Ephemeral | undefined> {
      const { chatId, userId, queryId } = to
      if (!(await isThere(telegram, to))) return undefined
      const only = { receiver_user_id: userId, ...(queryId !== undefined && { callback_query_id: queryId }) }
      const about = { chat_id: chatId, ephemeral_message_parameters: only, ...noPreview, ...keyboard(screen) }
      try {
        const message: object = await formatted(screen.text, ({ text, ...mode }) =>
          telegram.call('sendMessage', { ...about, text, ...mode }),
        )
        const { ephemeral_message_id: ephemeralId, message_id: id } = message as Sent
        if (ephemeralId !== undefined) return { chatId, userId, ephemeralId }
        // Shown to all: it must not stay.
        known = { isThere: false, until: now() + askAgainMs }
        if (id) await telegram.call('deleteMessage', { chat_id: chatId, message_id: id }).catch(() => {})
      } catch (error) {
        if (!(error instanceof TelegramRefused) || error.code === 'rate_limited') throw error
      }
      return undefined
    },
  }
}
export type Ephemerals = ReturnType<typeof createEphemerals>

type Sent = { ephemeral_message_id?: number; message_id?: number }

/** Replaces an ephemeral message. Returns false where it is gone. */
export async function editEphemeral(telegram: Telegram, at: Ephemeral, screen: Screen): Promise<boolean> {
  try {
    await formatted(screen.text, ({ text, ...mode }) =>
      telegram.call('editEphemeralMessageText', { ...idOf(at), text, ...mode, ...noPreview, ...keyboard(screen) }),
    )
    return true
  } catch (error) {
    if (!(error instanceof TelegramRefused) || error.code === 'rate_limited') throw error
    return error.code === 'not_modified'
  }
}

/** Deletes an ephemeral message if it is still there. */
export async function removeEphemeral(telegram: Telegram, at: Ephemeral): Promise<void> {
  try {
    await telegram.call('deleteEphemeralMessage', idOf(at))
  } catch (error) {
    if (!(error instanceof TelegramRefused)) throw error
  }
}

const idOf = ({ chatId, userId, ephemeralId }: Ephemeral) => ({
  chat_id: chatId,
  receiver_user_id: userId,
  ephemeral_message_id: ephemeralId,
})
