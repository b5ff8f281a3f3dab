import type { Kind } from '../files/media.ts'
import type { WireEntity } from '../messages/entity.ts'
import type { InlineKeyboard } from '../messages/keyboard.ts'
import type { RichMessage } from '../rich/wire.ts'

export type User = { id: number; is_bot: boolean; first_name: string; username?: string; language_code?: string }
export type Chat = {
  id: number
  type: 'private' | 'group' | 'supergroup'
  first_name?: string
  username?: string
  title?: string
  is_forum?: true
}
export type WireFile = {
  file_id: string
  file_unique_id: string
  file_size?: number
  width?: number
  height?: number
  duration?: number
  file_name?: string
  mime_type?: string
  performer?: string
  title?: string
}
/** What a message says: everything but who, where and when. Dates in unix seconds. */
export type Content = {
  text?: string
  entities?: WireEntity[]
  rich_message?: RichMessage
  caption?: string
  caption_entities?: WireEntity[]
  show_caption_above_media?: true
  has_media_spoiler?: true
  photo?: WireFile[]
  video?: WireFile
  audio?: WireFile
  voice?: WireFile
  document?: WireFile
  animation?: WireFile
  media_group_id?: string
  message_thread_id?: number
  is_topic_message?: true
  forum_topic_created?: { name: string; icon_color: number; icon_custom_emoji_id?: string }
  forum_topic_edited?: { name?: string; icon_custom_emoji_id?: string }
  effect_id?: string
  link_preview_options?: { is_disabled?: boolean; url?: string; [other: string]: unknown }
  reply_markup?: InlineKeyboard
  invoice?: object
  successful_payment?: { is_recurring?: true; is_first_recurring?: true; [other: string]: unknown }
  refunded_payment?: object
  forward_origin?: object
  reply_to_message?: { message_id: number }
  external_reply?: object
  has_protected_content?: true
  group_chat_created?: true
  new_chat_members?: User[]
  left_chat_member?: User
  migrate_to_chat_id?: number
  migrate_from_chat_id?: number
  via_bot?: User
  guest_bot_caller_user?: User
  /** Of an ephemeral message, whose `message_id` is 0. */
  receiver_user?: User
  ephemeral_message_id?: number
}
export type Message = Content & { message_id: number; from: User; chat: Chat; date: number; edit_date?: number }

/** What an invoice asks for; amount in the currency's smallest unit, Stars whole. */
export type Terms = {
  title: string
  description: string
  payload: string
  currency: string
  amount: number
  startParameter?: string
  /** Seconds of a subscription's period: the link begins one. */
  period?: number
}
export type Kept = {
  message: Message
  media?: { kind: Kind; fileId: string }
  terms?: Terms
  paid?: boolean
  /** A message of another topic that it answers. */
  answers?: number
  /** The id by which the bot edits a message of inline or guest mode. */
  inlineId?: string
  /** By the id of who put them. */
  reactions?: Record<string, string[]>
  /** Sent by opening a link. */
  byLink?: true
  /** Its words or its file were changed: an edit of the buttons alone leaves no mark. */
  edited?: true
}

/**
 * What a message in this topic carries of the message that it answers: the whole of it without what that one answers
 * itself, or its origin when it is in another topic (https://core.telegram.org/bots/api#message, reply_to_message).
 */
export function asReplied(answered: Message, threadId: number | undefined): Content {
  if (topicOf(answered) !== threadId) {
    const { language_code: _, ...sender_user } = answered.from
    const isPrivate = answered.chat.type === 'private'
    const origin = { type: 'user', date: answered.date, sender_user }
    const where = isPrivate ? {} : { chat: answered.chat, message_id: answered.message_id }
    return { external_reply: { origin, ...where } }
  }
  const { reply_to_message: _, external_reply: _2, ...message } = answered
  return { reply_to_message: message }
}

/** The topic of a message; threads of replies in groups without topics are none. */
export const topicOf = ({ is_topic_message, message_thread_id }: Content): number | undefined =>
  is_topic_message ? message_thread_id : undefined

/** Unix seconds. */
export const now = () => Math.floor(Date.now() / 1000)
