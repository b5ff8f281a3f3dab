import type { Kept } from '../chats/message.ts'
import { buttonsIn } from '../rich/buttons-in.ts'
import type { Player, Press } from '../stand-in.ts'
import type { Hand } from './hand.ts'

type Target = { data: string } | { text: string }

/** Presses a button and waits for the bot's answerCallbackQuery. */
export const pressMove =
  ({ world, changed, active }: Hand): Player['press'] =>
  async (userId, messageId, button, force = false): Promise<Press> => {
    const { chats, delivery, presses } = world
    active(userId)
    const kept = chats.find(userId, messageId)
    const data = dataOf(kept, button, force)
    const { id, answered } = presses.open()
    // Of a deleted message Telegram sends the chat and the id only.
    const message = kept?.message ?? { chat: chats.chat(userId), message_id: messageId, date: 0 }
    delivery.push({
      callback_query: { id, from: chats.user(userId), message, chat_instance: String(userId * 7919), data },
    })
    changed()
    return answered
  }

/** The callback data of a button that is on the message now. Throws otherwise, unless forced. */
function dataOf(kept: Kept | undefined, button: Target, force: boolean): string {
  const { reply_markup: markup, rich_message: rich } = kept?.message ?? {}
  const buttons = [...(markup?.inline_keyboard.flat() ?? []), ...buttonsIn(rich)]
  const found = buttons.find(b => ('data' in button ? b.callback_data === button.data : b.text === button.text))
  if (found?.callback_data !== undefined) return found.callback_data
  if (force && 'data' in button) return button.data
  const wanted = 'data' in button ? `the data "${button.data}"` : `the text "${button.text}"`
  if (found) throw new Error(`the button with ${wanted} is not one that calls back`)
  const there = buttons.map(b => `"${b.text}"`).join(', ') || 'none'
  throw new Error(`no button with ${wanted} on this message now; there are: ${there}`)
}
