import { type Chat, type Content, type Kept, type Message, now, type Terms, type WireFile } from './chats.ts'
import { format, toWire } from './entities.ts'
import { type Call, flag, int, intOf, isObject, list, object, text, textOf } from './fields.ts'
import type { StoredFile } from './files.ts'
import { type InlineKeyboard, readKeyboard, replyTarget } from './keyboard.ts'
import type { Kind } from './media.ts'
import { bad } from './refusal.ts'
import type { World } from './world.ts'

const MOST_TEXT = 4096
const MOST_CAPTION = 1024

export function sendMessage(world: World, call: Call): Message {
  const to = world.chats.target(call.fields.chat_id)
  const content = readText(call)
  return publish(world, call, to, content)
}

/** sendPhoto and its relatives: the parameter has the name of the kind. */
export async function sendMedia(world: World, call: Call, kind: Kind): Promise<Message> {
  const to = world.chats.target(call.fields.chat_id)
  const caption = readCaption(call.fields)
  const keyboard = readKeyboard(object(call, 'reply_markup'), { use: 'message' })
  const file = await world.files.resolve(kind, text(call, kind)!, call.uploads)
  const content = { ...mediaContent(file, call.fields), ...caption, ...spoiler(call.fields) }
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
    items.push({ item, caption: readCaption(item), file: await inputMedia(world, call, item, ALBUM_KINDS) })
  }
  const kinds = new Set(items.map(({ file }) => file.kind))
  if (kinds.size > 1 && (kinds.has('audio') || kinds.has('document'))) {
    throw bad("audio and document media can't be mixed with other media types in an album")
  }
  const media_group_id = world.random.digits(17)
  return items.map(({ item, caption, file }) =>
    publish(world, call, to, { ...mediaContent(file, item), ...caption, ...spoiler(item), media_group_id }, { file }),
  )
}

/** The file of an InputMedia object, checked against the kinds this place takes. */
export async function inputMedia(
  world: World,
  call: Call,
  item: Record<string, unknown>,
  kinds: readonly Kind[],
): Promise<StoredFile> {
  const kind = kinds.find(k => k === item.type)
  if (!kind) throw bad(`can't parse InputMedia: type "${String(item.type)}" is not supported here`)
  const value = textOf(item, 'media')
  if (!value) throw bad("can't parse InputMedia: media not found")
  return world.files.resolve(kind, value, call.uploads)
}

export function readText(call: Call): Pick<Content, 'text' | 'entities'> {
  const parseMode = text(call, 'parse_mode')
  const entities = list(call, 'entities')
  const formatted = format({
    text: text(call, 'text') ?? '',
    ...(parseMode === undefined ? {} : { parseMode }),
    ...(entities === undefined ? {} : { entities }),
  })
  if (formatted.text === '') throw bad('message text is empty')
  if (formatted.text.length > MOST_TEXT) throw bad('message is too long')
  return { text: formatted.text, ...(formatted.entities.length > 0 ? { entities: toWire(formatted.entities) } : {}) }
}

export function readCaption(from: Record<string, unknown>): Pick<Content, 'caption' | 'caption_entities'> {
  const parseMode = textOf(from, 'parse_mode')
  const entities = from.caption_entities
  if (entities !== undefined && !Array.isArray(entities)) throw bad("can't parse caption_entities JSON array")
  const formatted = format({
    text: textOf(from, 'caption') ?? '',
    ...(parseMode === undefined ? {} : { parseMode }),
    ...(entities === undefined ? {} : { entities }),
  })
  if (formatted.text.length > MOST_CAPTION) throw bad('message caption is too long')
  if (formatted.text === '') return {}
  const wire = toWire(formatted.entities)
  return { caption: formatted.text, ...(wire.length > 0 ? { caption_entities: wire } : {}) }
}

/** The part of a Message that shows a file; `said` is what the bot claims about it. */
export function mediaContent(file: StoredFile, said: Record<string, unknown> = {}): Content {
  if (file.kind === 'photo') return { photo: photoSizes(file) }
  const duration = intOf(said, 'duration') ?? file.duration
  const width = intOf(said, 'width') ?? file.width
  const height = intOf(said, 'height') ?? file.height
  const performer = textOf(said, 'performer')
  const title = textOf(said, 'title')
  const isMoving = file.kind === 'video' || file.kind === 'animation'
  const wire: WireFile = {
    ...(isMoving ? { width: width ?? 0, height: height ?? 0 } : {}),
    ...(file.kind === 'document' ? {} : { duration: duration ?? 0 }),
    ...(file.kind === 'audio' && performer !== undefined ? { performer } : {}),
    ...(file.kind === 'audio' && title !== undefined ? { title } : {}),
    ...(file.kind === 'voice' ? {} : { file_name: file.fileName }),
    mime_type: file.mime,
    file_id: file.fileId,
    file_unique_id: file.uniqueId,
    file_size: file.bytes,
  }
  // An animation carries the same file as a document too, for older bots.
  return file.kind === 'animation' ? { animation: wire, document: wire } : { [file.kind]: wire }
}

/** Smallest first. Only the largest tells its size in bytes: file_size may be missing on the real server too. */
function photoSizes(file: StoredFile): WireFile[] {
  const { width = 0, height = 0 } = file
  const smaller = (file.sizes ?? []).map(size => ({
    file_id: size.fileId,
    file_unique_id: size.uniqueId,
    width: size.width,
    height: size.height,
  }))
  return [...smaller, { file_id: file.fileId, file_unique_id: file.uniqueId, file_size: file.bytes, width, height }]
}

const spoiler = (from: Record<string, unknown>): Content => ({
  ...(from.has_spoiler === true ? { has_media_spoiler: true } : {}),
  ...(from.show_caption_above_media === true ? { show_caption_above_media: true } : {}),
})

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
    extra.keyboard ?? (file || terms ? undefined : readKeyboard(object(call, 'reply_markup'), { use: 'message' }))
  const thread = int(call, 'message_thread_id')
  const { message } = world.chats.post(
    to,
    world.chats.bot,
    {
      ...(thread === undefined ? {} : { message_thread_id: thread }),
      ...repliedTo(world, call, to),
      ...content,
      ...(flag(call, 'protect_content') ? { has_protected_content: true } : {}),
      ...(keyboard === undefined ? {} : { reply_markup: keyboard }),
    },
    {
      ...(file === undefined ? {} : { media: { kind: file.kind, fileId: file.fileId } }),
      ...(terms === undefined ? {} : { terms }),
    },
  )
  return message
}

function repliedTo(world: World, call: Call, to: Chat): Content {
  const target = replyTarget(object(call, 'reply_parameters'), int(call, 'reply_to_message_id'))
  if (!target) return {}
  const found = world.chats.find(to.id, target.messageId)
  if (found) {
    const { reply_to_message: _, ...message } = found.message
    return { reply_to_message: message }
  }
  if (target.optional || flag(call, 'allow_sending_without_reply')) return {}
  throw bad('message to be replied not found')
}

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
    return forwarded(world, to, kept, { ...content, forward_origin: { type: 'user', sender_user, date } })
  }
  const caption = text(call, 'caption') === undefined ? {} : readCaption(call.fields)
  const keyboard = readKeyboard(object(call, 'reply_markup'), { use: 'message' })
  const file = kept.media && world.files.find(kept.media.fileId)
  return publish(world, call, to, { ...content, ...caption }, { ...(file ? { file } : {}), keyboard })
}

function forwarded(world: World, to: Chat, kept: Kept, content: Content): Message {
  const { media, terms } = kept
  return world.chats.post(to, world.chats.bot, content, { ...(media ? { media } : {}), ...(terms ? { terms } : {}) })
    .message
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
    ...content
  } = message
  const { media_group_id: _8, ...single } = content
  return single
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
  world.chats.target(call.fields.chat_id)
  if (!ACTIONS.has(text(call, 'action')!.toLowerCase())) throw bad('wrong parameter action in request')
  return true
}

/** Bots may take back messages for 48 hours. */
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
