import type { Kind } from '../files/media.ts'
import type { WireEntity } from '../messages/entity.ts'
import type { InlineKeyboard } from '../messages/keyboard.ts'
import type { RichMessage } from '../rich/wire.ts'

export type User = { id: number; is_bot: boolean; first_name: string; username?: string; language_code?: string }
export type Chat = {
  id: number
  type: 'private' | 'supergroup'
  first_name?: string
  username?: string
  title?: string
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
  reply_markup?: InlineKeyboard
  invoice?: object
  successful_payment?: object
  refunded_payment?: object
  forward_origin?: object
  reply_to_message?: { message_id: number }
  has_protected_content?: true
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
}
export type Kept = {
  message: Message
  media?: { kind: Kind; fileId: string }
  terms?: Terms
  paid?: boolean
  /** Sent by opening a link. */
  byLink?: true
  /** Its words or its file were changed: an edit of the buttons alone leaves no mark. */
  edited?: true
}

/**
 * A message as another one that answers it carries it: whole, but without what it answers itself
 * (https://core.telegram.org/bots/api#message, reply_to_message).
 */
export function asReplied({ reply_to_message: _, ...message }: Message): Content {
  return { reply_to_message: message }
}

/** Unix seconds. */
export const now = () => Math.floor(Date.now() / 1000)
