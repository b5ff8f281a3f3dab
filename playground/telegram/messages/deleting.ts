import { type Call, int, list } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import { now } from '../chats/message.ts'
import type { World } from '../world.ts'

/** A bot may delete messages for 48 hours: https://core.telegram.org/bots/api#deletemessage */
export function deleteMessage(world: World, call: Call): true {
  const chat = world.chats.target(call.fields.chat_id)
  const kept = world.chats.find(chat.id, int(call, 'message_id')!)
  if (!kept) throw bad('message to delete not found')
  if (now() - kept.message.date > 48 * 3600) throw bad("message can't be deleted for everyone")
  world.chats.remove(kept)
  return true
}

export function deleteMessages(world: World, call: Call): true {
  const ids = list(call, 'message_ids')!
  if (ids.length < 1 || ids.length > 100) throw bad('MESSAGE_IDS_INVALID')
  const chat = world.chats.target(call.fields.chat_id)
  for (const id of ids) {
    const kept = typeof id === 'number' ? world.chats.find(chat.id, id) : undefined
    if (kept) world.chats.remove(kept)
  }
  return true
}
