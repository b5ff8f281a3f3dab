import { type Call, int, list } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import { type Kept, now } from '../chats/message.ts'
import type { World } from '../world.ts'

/**
 * A bot may delete for 48 hours: its own messages, and those of others in private chats. It is no administrator of the
 * groups here. https://core.telegram.org/bots/api#deletemessage
 */
export function deleteMessage(world: World, call: Call): true {
  const chat = world.chats.target(call.fields.chat_id)
  const messageId = int(call, 'message_id')!
  if (messageId <= 0) throw bad('message identifier is not specified')
  const kept = world.chats.find(chat.id, messageId)
  if (!kept) throw bad('message to delete not found')
  if (!mayDelete(kept)) throw bad("message can't be deleted for everyone")
  world.chats.remove(kept)
  return true
}

const mayDelete = ({ message }: Kept) =>
  now() - message.date <= 48 * 3600 && (message.from.is_bot || message.chat.type === 'private')

export function deleteMessages(world: World, call: Call): true {
  const ids = list(call, 'message_ids')!
  if (ids.length < 1 || ids.length > 100) throw bad('MESSAGE_IDS_INVALID')
  const chat = world.chats.target(call.fields.chat_id)
  for (const id of ids) {
    const kept = typeof id === 'number' ? world.chats.find(chat.id, id) : undefined
    if (kept && mayDelete(kept)) world.chats.remove(kept)
  }
  return true
}
