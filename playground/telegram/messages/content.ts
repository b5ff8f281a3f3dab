import { type Call, intOf, list, text, textOf } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import type { Content, WireFile } from '../chats/message.ts'
import type { Kind } from '../files/media.ts'
import type { StoredFile } from '../files/register.ts'
import type { Rules } from '../rules.ts'
import type { World } from '../world.ts'
import { format, toWire } from './entities.ts'

/** Whose rules hold: those of the world's version, or today's. */
type Version = Partial<Pick<Rules, 'apiVersion'>>

const MOST_TEXT = 4096
const MOST_CAPTION = 1024

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

export function readText(call: Call, { apiVersion = '10.3' }: Version = {}): Pick<Content, 'text' | 'entities'> {
  const parseMode = text(call, 'parse_mode')
  const entities = list(call, 'entities')
  const formatted = format({
    text: text(call, 'text') ?? '',
    apiVersion,
    ...(parseMode === undefined ? {} : { parseMode }),
    ...(entities === undefined ? {} : { entities }),
  })
  if (formatted.text === '') throw bad('message text is empty')
  if (formatted.text.length > MOST_TEXT) throw bad('message is too long')
  return { text: formatted.text, ...(formatted.entities.length > 0 ? { entities: toWire(formatted.entities) } : {}) }
}

export function readCaption(
  from: Record<string, unknown>,
  { apiVersion = '10.3' }: Version = {},
): Pick<Content, 'caption' | 'caption_entities'> {
  const parseMode = textOf(from, 'parse_mode')
  const entities = from.caption_entities
  if (entities !== undefined && !Array.isArray(entities)) throw bad("can't parse caption_entities JSON array")
  const formatted = format({
    text: textOf(from, 'caption') ?? '',
    apiVersion,
    ...(parseMode === undefined ? {} : { parseMode }),
    ...(entities === undefined ? {} : { entities }),
  })
  if (formatted.text.length > MOST_CAPTION) throw bad('message caption is too long')
  if (formatted.text === '') return {}
  const wire = toWire(formatted.entities)
  return { caption: formatted.text, ...(wire.length > 0 ? { caption_entities: wire } : {}) }
}

/** The part of a Message that shows a file; `claimed` is what the bot says about it. */
export function mediaContent(file: StoredFile, claimed: Record<string, unknown> = {}): Content {
  if (file.kind === 'photo') return { photo: photoSizes(file) }
  const duration = intOf(claimed, 'duration') ?? file.duration
  const width = intOf(claimed, 'width') ?? file.width
  const height = intOf(claimed, 'height') ?? file.height
  const performer = textOf(claimed, 'performer')
  const title = textOf(claimed, 'title')
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

/** Smallest first. Only the largest has its size in bytes: file_size may be missing on the real server too. */
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

/** How a photo or video is shown. */
export const spoiler = (from: Record<string, unknown>, rules: Version = {}): Content => ({
  ...(from.has_spoiler === true ? { has_media_spoiler: true } : {}),
  ...captionPlace(from, rules),
})

/** The caption is above a photo or video only while each call says so; Bot API 7.1 has it below. */
export const captionPlace = (from: Record<string, unknown>, { apiVersion = '10.3' }: Version = {}): Content =>
  from.show_caption_above_media === true && apiVersion !== '7.1' ? { show_caption_above_media: true } : {}
