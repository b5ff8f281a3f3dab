import type { Message } from '../chats/message.ts'
import { isInside, statusIn } from '../groups/group.ts'
import { names } from '../groups/hearing.ts'
import type { World } from '../world.ts'

/**
 * A message that calls the bot into a chat where it is no member, by its name or as an answer to what it sent there:
 * the bot gets it as `guest_message` with a query that it may answer once.
 */
export function callGuest(world: World, message: Message) {
  const { chats, delivery, queries } = world
  const group = chats.group(message.chat.id)
  if (!world.guestMode || !group || isInside(statusIn(group, chats.bot.id))) return
  const answered = message.reply_to_message as Partial<Message> | undefined
  if (answered?.from?.id !== chats.bot.id && !names(message, chats.bot.username!)) return
  const { message_id, chat, from } = message
  const guest_query_id = queries.addGuest({ chatId: chat.id, userId: from.id, messageId: message_id })
  delivery.push({ guest_message: { ...message, guest_query_id } })
}
