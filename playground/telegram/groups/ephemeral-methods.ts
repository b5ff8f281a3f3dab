import { type Call, int } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import type { Kept, Message } from '../chats/message.ts'
import { editMessageCaption, editMessageMedia, editMessageReplyMarkup, editMessageText } from '../messages/editing.ts'
import type { World } from '../world.ts'
import type { Ephemeral } from './ephemerals.ts'

type Edit = (world: World, call: Call, kept: Kept) => Message | Promise<Message>

/** The methods that edit an ephemeral message of the bot; they answer True. */
const editing = (edit: Edit) => async (world: World, call: Call) => {
  const { kept } = find(world, call, 'edit')
  if (!kept.message.from.is_bot) throw bad("message can't be edited")
  await edit(world, call, kept)
  return true
}

export const editEphemeralMessageText = editing(editMessageText)
export const editEphemeralMessageCaption = editing(editMessageCaption)
export const editEphemeralMessageMedia = editing(editMessageMedia)
export const editEphemeralMessageReplyMarkup = editing(editMessageReplyMarkup)

export function deleteEphemeralMessage(world: World, call: Call): true {
  world.ephemerals.remove(find(world, call, 'delete'))
  return true
}

function find(world: World, call: Call, what: string): Ephemeral {
  const chat = world.chats.target(call.fields.chat_id)
  if (chat.type === 'private') throw bad('ephemeral messages exist only in groups and supergroups')
  const found = world.ephemerals.find(chat.id, int(call, 'receiver_user_id')!, int(call, 'ephemeral_message_id')!)
  if (!found) throw bad(`message to ${what} not found`)
  return found
}
