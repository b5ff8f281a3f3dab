import { type Call, int, object, text } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import type { Content, Kept, Message } from '../chats/message.ts'
import type { World } from '../world.ts'
import { captionPlace, readCaption } from './content.ts'
import { readKeyboard } from './keyboard.ts'
import { publish, readPlace } from './sending.ts'

/** copyMessage and forwardMessage: the copy has no link to the original, a forward names it. */
export function repeat(world: World, call: Call, how: 'copy' | 'forward'): Message {
  const to = world.chats.target(call.fields.chat_id)
  const from = world.chats.target(call.fields.from_chat_id)
  const kept = world.chats.find(from.id, int(call, 'message_id')!)
  if (!kept) throw bad(`message to ${how} not found`)
  if (how === 'copy' && (kept.terms || kept.message.successful_payment)) throw bad("message can't be copied")
  const content = repeated(kept)
  if (how === 'forward') {
    const { from: author, date } = kept.message
    const { language_code: _, ...sender_user } = author
    const place = readPlace(world, call, to)
    const { media, terms } = kept
    const forwarded: Content = { ...content, ...place.content, forward_origin: { type: 'user', sender_user, date } }
    const extra = { ...(media ? { media } : {}), ...(terms ? { terms } : {}) }
    return world.chats.post(to, world.chats.bot, forwarded, extra).message
  }
  const isNew = text(call, 'caption') !== undefined
  const { show_caption_above_media: _, ...rest } = content
  const shown = isNew ? { ...rest, ...readCaption(call.fields, world), ...captionPlace(call.fields, world) } : content
  const keyboard = readKeyboard(object(call, 'reply_markup'), { use: 'message', world })
  const file = kept.media && world.files.find(kept.media.fileId)
  return publish(world, call, to, shown, { ...(file ? { file } : {}), keyboard })
}

function repeated({ message }: Kept): Content {
  const {
    message_id: _1,
    from: _2,
    chat: _3,
    date: _4,
    edit_date: _5,
    reply_markup: _6,
    reply_to_message: _7,
    external_reply: _9,
    message_thread_id: _10,
    is_topic_message: _11,
    effect_id: _12,
    ...content
  } = message
  const { media_group_id: _8, ...single } = content
  return single
}
