import { type Call, intOf, object, textOf } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import type { Chat, Content, Kept, Message, User } from '../chats/message.ts'
import type { World } from '../world.ts'
import type { Ephemeral } from './ephemerals.ts'
import { isInside, statusIn } from './group.ts'
import { lastIdOf } from './whispers.ts'

// "within 15 seconds of being sent": https://core.telegram.org/bots/api#replyparameters
const FRESH_MS = 15_000

export type Receiving = { receiver: User; replacesId?: number; answers?: number }

/**
 * `ephemeral_message_parameters`: who alone is to see the message. In groups only, for a member; a callback query must
 * be one of the receiver in this chat, and fresh; an answer to an ephemeral message must be ephemeral itself.
 * https://core.telegram.org/bots/api#ephemeralmessageparameters. An old server passes all of it over.
 */
export function readReceiving(world: World, call: Call, to: Chat): Receiving | undefined {
  if (world.apiVersion === '7.1') return
  const parameters = object(call, 'ephemeral_message_parameters')
  const reply = object(call, 'reply_parameters')
  const answeredId = reply ? intOf(reply, 'ephemeral_message_id') : undefined
  if (!parameters) {
    if (answeredId !== undefined) throw bad('a reply to an ephemeral message must be an ephemeral message')
    return
  }
  const group = world.chats.group(to.id)
  if (!group) throw bad('ephemeral messages can be sent only to groups and supergroups')
  const receiverId = intOf(parameters, 'receiver_user_id')
  if (receiverId === undefined) throw bad('receiver_user_id is empty')
  if (receiverId === world.chats.bot.id || !isInside(statusIn(group, receiverId))) {
    throw bad('the receiver of the ephemeral message is not a member of the chat')
  }
  return {
    receiver: world.chats.user(receiverId),
    ...readPress(world, parameters, { chatId: to.id, receiverId }),
    ...(answeredId === undefined ? {} : readAnswered(world, to.id, receiverId, answeredId)),
  }
}

/** The bot's message for one member. */
export function postEphemeral(
  world: World,
  to: Chat,
  { receiver, replacesId, answers }: Receiving,
  { content, extra }: { content: Content; extra: Omit<Kept, 'message'> },
): Message {
  const kept = answers === undefined ? extra : { ...extra, answers }
  return world.ephemerals.post(
    { to, from: world.chats.bot, receiver, content, extra: kept },
    {
      viewerId: receiver.id,
      afterId: lastIdOf(world, to.id),
      ...(replacesId === undefined ? {} : { replacesId }),
    },
  ).message
}

function readPress(
  { presses }: World,
  parameters: Record<string, unknown>,
  { chatId, receiverId }: { chatId: number; receiverId: number },
): { replacesId?: number } {
  const isReplacing = parameters.replace_callback_query_message === true
  const queryId = textOf(parameters, 'callback_query_id')
  if (queryId === undefined || queryId === '') {
    if (isReplacing) throw bad('there is no callback query whose message can be replaced')
    return {}
  }
  const press = presses.fresh(queryId)
  if (press.userId !== receiverId || press.chatId !== chatId) {
    throw bad('the callback query was not sent by the receiver of the ephemeral message')
  }
  if (!isReplacing) return {}
  // https://core.telegram.org/bots/api#ephemeralmessageparameters: such a message is edited instead.
  if (press.messageId <= 0) throw bad("an ephemeral message can't be replaced, it must be edited")
  return { replacesId: press.messageId }
}

function readAnswered(world: World, chatId: number, receiverId: number, id: number): { answers: number } {
  const answered = world.ephemerals.find(chatId, receiverId, id)
  if (!answered || isOld(answered, world.scale)) throw bad('message to be replied not found')
  return { answers: -id }
}

const isOld = ({ sentAt }: Ephemeral, scale: number) => Date.now() - sentAt > FRESH_MS * scale
