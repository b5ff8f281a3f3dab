import { type Call, int, isObject, object, text } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import type { Content, Kept, Message } from '../chats/message.ts'
import type { Kind } from '../files/media.ts'
import { readRich } from '../rich/message.ts'
import type { World } from '../world.ts'
import { captionPlace, inputMedia, mediaContent, readCaption, readText, spoiler } from './content.ts'
import { readKeyboard } from './keyboard.ts'
import { readPreview } from './previews.ts'

const SAME =
  'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message'

/** A text may become a rich message and a rich message a text; an old server passes over the field. */
export async function editMessageText(world: World, call: Call, kept = own(world, call)): Promise<Message> {
  const isRich = call.fields.rich_message !== undefined && world.apiVersion !== '7.1'
  if (isRich && call.fields.text !== undefined) throw bad('exactly one of text and rich_message must be used')
  const content = isRich
    ? { rich_message: await readRich(world, call) }
    : { ...readText(call, world), ...readPreview(call) }
  if (!isText(kept)) throw bad('there is no text in the message to edit')
  return apply(world, call, kept, content)
}

export function editMessageCaption(world: World, call: Call, kept = own(world, call)): Message {
  const caption = readCaption(call.fields, world)
  if (!kept.media) throw bad('there is no caption in the message to edit')
  const { caption: _1, caption_entities: _2, show_caption_above_media: _3, ...rest } = contentOf(kept)
  return apply(world, call, kept, { ...rest, ...caption, ...captionPlace(call.fields, world) })
}

const isText = ({ message }: Kept) => message.text !== undefined || message.rich_message !== undefined

const KINDS: readonly Kind[] = ['photo', 'video', 'animation', 'audio', 'document']

/** Also turns a text into a message with a file; inside an album photo and video may replace each other. */
export async function editMessageMedia(world: World, call: Call, kept = own(world, call)): Promise<Message> {
  const item = object(call, 'media')
  if (!isObject(item)) throw bad("can't parse InputMedia: expected an Object")
  if (!kept.media && !isText(kept)) throw bad("message can't be edited")
  if (kept.inlineId && /^attach:/.test(String(item.media))) throw bad('wrong file identifier/HTTP URL specified')
  const caption = readCaption(item, world)
  const file = await inputMedia(world, call, item, KINDS)
  const isPicture = (kind: string | undefined) => kind === 'photo' || kind === 'video'
  if (
    kept.message.media_group_id &&
    kept.media?.kind !== file.kind &&
    !(isPicture(kept.media?.kind) && isPicture(file.kind))
  ) {
    throw bad("can't change the kind of a file in an album")
  }
  const media = { kind: file.kind, fileId: file.fileId }
  const isSameFile = kept.media !== undefined && world.files.find(kept.media.fileId)?.uniqueId === file.uniqueId
  // The same bytes sent again get another file id but are the same content.
  const {
    caption: _1,
    caption_entities: _2,
    reply_markup: _3,
    show_caption_above_media: _4,
    has_media_spoiler: _5,
    ...shown
  } = contentOf(kept)
  const content = { ...(isSameFile ? shown : mediaContent(file, item)), ...caption, ...spoiler(item, world) }
  return apply(world, call, kept, content, media)
}

export function editMessageReplyMarkup(world: World, call: Call, kept = own(world, call)): Message {
  return apply(world, call, kept, contentOf(kept))
}

/** An edit without reply_markup takes the buttons away: that is Telegram's rule, not an accident. */
function apply(
  world: World,
  call: Call,
  kept: Kept,
  content: Content,
  media?: { kind: Kind; fileId: string },
): Message {
  const keyboard = readKeyboard(object(call, 'reply_markup'), { use: kept.terms ? 'invoice' : 'edit', world })
  const { reply_markup: _, ...rest } = content
  const changed: Content = { ...rest, ...(keyboard === undefined ? {} : { reply_markup: keyboard }) }
  const before = contentOf(kept)
  if (fingerprint(changed) === fingerprint(before)) throw bad(SAME)
  const isOnlyButtons = fingerprint(rest) === fingerprint(withoutButtons(before))
  world.chats.edit(kept, changed, { ...(media ? { media } : {}), ...(isOnlyButtons ? {} : { edited: true }) })
  return kept.message
}

/** The bot's own message that the call names. Throws 400. */
function own(world: World, call: Call): Kept {
  const inlineId = text(call, 'inline_message_id')
  if (inlineId !== undefined) {
    const sent = world.chats.all().find(kept => kept.inlineId === inlineId)
    if (!sent) throw bad('MESSAGE_ID_INVALID')
    return sent
  }
  if (call.fields.chat_id === undefined) throw bad('chat_id is empty')
  const messageId = int(call, 'message_id')
  if (messageId === undefined) throw bad('message identifier is not specified')
  const chat = world.chats.target(call.fields.chat_id)
  const kept = world.chats.find(chat.id, messageId)
  if (!kept) throw bad('message to edit not found')
  const { from, forward_origin, successful_payment, refunded_payment } = kept.message
  if (!from.is_bot || forward_origin || successful_payment || refunded_payment) throw bad("message can't be edited")
  return kept
}

const withoutButtons = ({ reply_markup: _, ...content }: Content): Content => content

/** What an edit may replace. */
export function contentOf({ message }: Kept): Content {
  const { message_id: _1, from: _2, chat: _3, date: _4, edit_date: _5, ...content } = message
  return content
}

function fingerprint({ text, entities = [], caption, caption_entities = [], reply_markup, ...rest }: Content) {
  const files = [rest.photo?.at(-1), rest.video, rest.audio, rest.voice, rest.document, rest.animation]
  return JSON.stringify([
    text,
    entities,
    caption,
    caption_entities,
    reply_markup,
    rest.show_caption_above_media,
    rest.link_preview_options,
    rest.rich_message,
    files.map(file => file?.file_unique_id),
  ])
}
