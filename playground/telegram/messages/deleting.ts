import { type Call, int, list } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import { type Kept, now } from '../chats/message.ts'
import { isAdmin, statusIn } from '../groups/group.ts'
import type { World } from '../world.ts'

/**
 * A bot may delete for 48 hours: its own messages, those of others in private chats and in groups that it
 * administers. https://core.telegram.org/bots/api#deletemessage
 */
export function deleteMessage(world: World, call: Call): true {
  const chat = world.chats.target(call.fields.chat_id)
  const messageId = int(call, 'message_id')!
  if (messageId <= 0) throw bad('message identifier is not specified')
  const kept = world.chats.find(chat.id, messageId)
  if (!kept) throw bad('message to delete not found')
  if (!mayDelete(world, kept)) throw bad("message can't be deleted for everyone")
  world.chats.remove(kept)
  return true
}

function mayDelete({ chats }: World, { message: { chat, from, date } }: Kept) {
  if (now() - date > 48 * 3600) return false
  const group = chats.group(chat.id)
  return from.is_bot || !group || isAdmin(statusIn(group, chats.bot.id))
}

export function deleteMessages(world: World, call: Call): true {
  const ids = list(call, 'message_ids')!
  if (ids.length < 1 || ids.length > 100) throw bad('MESSAGE_IDS_INVALID')
  const chat = world.chats.target(call.fields.chat_id)
  for (const id of ids) {
    const kept = typeof id === 'number' ? world.chats.find(chat.id, id) : undefined
    if (kept && mayDelete(world, kept)) world.chats.remove(kept)
  }
  return true
}
