import { type Call, flag, int, isObject, list, object, text } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import { asReplied, type Chat, type Content, type Kept, type Message, type Terms, topicOf } from '../chats/message.ts'
import type { Kind } from '../files/media.ts'
import type { StoredFile } from '../files/register.ts'
import type { World } from '../world.ts'
import { inputMedia, mediaContent, readCaption, readText, spoiler } from './content.ts'
import { readEffect } from './effects.ts'
import { type InlineKeyboard, readKeyboard, replyTarget } from './keyboard.ts'
import { readPreview } from './previews.ts'
import { readThread } from './topics.ts'

export function sendMessage(world: World, call: Call): Message {
  const to = world.chats.target(call.fields.chat_id)
  const content = { ...readText(call, world), ...readPreview(call) }
  return publish(world, call, to, content)
}

/** sendPhoto and its relatives: the parameter has the name of the kind. */
export async function sendMedia(world: World, call: Call, kind: Kind): Promise<Message> {
  const to = world.chats.target(call.fields.chat_id)
  const caption = readCaption(call.fields, world)
  const keyboard = readKeyboard(object(call, 'reply_markup'), { use: 'message', world })
  const file = await world.files.resolve(kind, text(call, kind)!, call.uploads)
  const content = { ...mediaContent(file, call.fields), ...caption, ...spoiler(call.fields, world) }
  return publish(world, call, to, content, { keyboard, file })
}

const ALBUM_KINDS = ['photo', 'video', 'audio', 'document'] as const

export async function sendMediaGroup(world: World, call: Call): Promise<Message[]> {
  const to = world.chats.target(call.fields.chat_id)
  const media = list(call, 'media')!
  if (media.length < 2) throw bad('there must be at least 2 media in an album')
  if (media.length > 10) throw bad('too many messages to send as an album')
  if (object(call, 'reply_markup')) throw bad('a media group has no reply_markup')
  const items: { caption: Content; file: StoredFile; item: Record<string, unknown> }[] = []
  for (const item of media) {
    if (!isObject(item)) throw bad("can't parse InputMedia: expected an Object")
    items.push({ item, caption: readCaption(item, world), file: await inputMedia(world, call, item, ALBUM_KINDS) })
  }
  const kinds = new Set(items.map(({ file }) => file.kind))
  if (kinds.size > 1 && (kinds.has('audio') || kinds.has('document'))) {
    throw bad("audio and document media can't be mixed with other media types in an album")
  }
  const media_group_id = world.random.digits(17)
  const content = ({ item, caption, file }: (typeof items)[number]): Content => ({
    ...mediaContent(file, item),
    ...caption,
    ...spoiler(item, world),
    media_group_id,
  })
  // The effect of an album is played once.
  const { message_effect_id: _, ...fields } = call.fields
  return items.map((item, nth) =>
    publish(world, nth === 0 ? call : { ...call, fields }, to, content(item), { file: item.file }),
  )
}

/** Puts the bot's message into the chat, with what every send method understands. */
export function publish(
  world: World,
  call: Call,
  to: Chat,
  content: Content,
  extra: { keyboard?: InlineKeyboard | undefined; file?: StoredFile; terms?: Terms } = {},
): Message {
  const { file, terms } = extra
  const keyboard =
    extra.keyboard ??
    (file || terms ? undefined : readKeyboard(object(call, 'reply_markup'), { use: 'message', world }))
  const place = readPlace(world, call, to)
  const { message } = world.chats.post(
    to,
    world.chats.bot,
    {
      ...place.content,
      ...content,
      ...(flag(call, 'protect_content') ? { has_protected_content: true } : {}),
      ...(keyboard === undefined ? {} : { reply_markup: keyboard }),
    },
    {
      ...(file === undefined ? {} : { media: { kind: file.kind, fileId: file.fileId } }),
      ...(terms === undefined ? {} : { terms }),
      ...place.extra,
    },
  )
  return message
}

/** The topic, the effect and what is answered: what every message of the bot may have. Throws 400. */
export function readPlace(world: World, call: Call, to: Chat): { content: Content; extra: Pick<Kept, 'answers'> } {
  const answered = repliedTo(world, call, to)
  const thread = readThread(world, call, to, answered)
  const effect = readEffect(world, call, to)
  if (!answered) return { content: { ...thread, ...effect }, extra: {} }
  const reply = asReplied(answered, topicOf(thread))
  return {
    content: { ...thread, ...effect, ...reply },
    extra: reply.external_reply ? { answers: answered.message_id } : {},
  }
}

function repliedTo(world: World, call: Call, to: Chat): Message | undefined {
  const target = replyTarget(object(call, 'reply_parameters'), int(call, 'reply_to_message_id'))
  if (!target) return
  const found = world.chats.find(to.id, target.messageId)
  if (found) return found.message
  if (target.optional || flag(call, 'allow_sending_without_reply')) return
  throw bad('message to be replied not found')
}

const ACTIONS = new Set([
  'typing',
  'upload_photo',
  'record_video',
  'upload_video',
  'record_voice',
  'upload_voice',
  'upload_document',
  'choose_sticker',
  'find_location',
  'record_video_note',
  'upload_video_note',
])

export function sendChatAction(world: World, call: Call): true {
  const to = world.chats.target(call.fields.chat_id)
  const action = text(call, 'action')!.toLowerCase()
  if (!ACTIONS.has(action)) throw bad('wrong parameter action in request')
  const { message_thread_id: threadId } = readThread(world, call, to)
  world.chats.act({ userId: to.id, action, ...(threadId === undefined ? {} : { threadId }) })
  return true
}
