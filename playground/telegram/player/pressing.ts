import type { Kept } from '../chats/message.ts'
import { enter } from '../groups/hearing.ts'
import { buttonsIn } from '../rich/buttons-in.ts'
import type { Player, Press } from '../stand-in.ts'
import type { Hand } from './hand.ts'

type Target = { data: string } | { text: string }

/** Presses a button and waits for the bot's answerCallbackQuery. */
export function pressMoves({ world, changed, active }: Hand): Pick<Player, 'press' | 'pressIn'> {
  const { chats, ephemerals, delivery, presses } = world

  async function press(chatId: number, userId: number, messageId: number, button: Target, force: boolean) {
    const kept = messageId < 0 ? ephemerals.find(chatId, userId, -messageId)?.kept : chats.find(chatId, messageId)
    const data = dataOf(kept, button, force)
    const { id, answered } = presses.open({ userId, chatId, messageId })
    // Of a deleted message Telegram sends the chat and the id only.
    const message = kept?.message ?? { chat: chats.chat(chatId), message_id: messageId, date: 0 }
    const where = kept?.inlineId ? { inline_message_id: kept.inlineId } : { message }
    delivery.push({
      callback_query: { id, from: chats.user(userId), ...where, chat_instance: String(chatId * 7919), data },
    })
    changed()
    return answered
  }

  return {
    async press(userId, messageId, button, force = false): Promise<Press> {
      active(userId)
      return press(userId, userId, messageId, button, force)
    },
    async pressIn(groupId, userId, messageId, button, force = false): Promise<Press> {
      const group = chats.group(groupId)
      if (!group) throw new Error(`there is no group ${groupId}`)
      enter(group, userId)
      return press(groupId, userId, messageId, button, force)
    },
  }
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
