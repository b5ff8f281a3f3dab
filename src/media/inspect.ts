import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { fileTypeFromBuffer } from 'file-type'
import { type IAudioMetadata, parseStream } from 'music-metadata'
import { Refused } from '../errors.ts'
import { chainKind, checkBounds, type Plain } from './bounds/bounds.ts'
import { convertibleIn } from './convert/convertible.ts'
import { acceptedFamily, type Family, familyBytes, isConvertible, type Kind, wrongKind } from './family.ts'
import { convertedFormats } from './formats.ts'
import { type PlainPicture, type Size, sizeIn } from './image-size.ts'
import { frameAt } from './length/frames.ts'
import { secondsOf, tracksOf } from './length/length.ts'
import { openSource, type Source } from './source.ts'

export type Inspected = {
  kind: Kind
  mime: string
  extension: string
  bytes: number
  /** As people see it, with a photo's orientation applied. */
  widthPx?: number
  heightPx?: number
  seconds?: number
}

/** Limits for the result of a conversion: pixels of the longer side, pixels in all, bytes. */
export type Fit = { sidePx?: number; pixels?: number; bytes?: number }

/**
 * Returns what a file is, by its content alone. Nothing is decoded. It checks in three steps, each more expensive than
 * the one before: the first bytes, the number of parts, the libraries. Throws Refused: `empty`, `wrong_kind` (not in
 * `accept`), `not_media` (also for formats not on our list, too many parts, or two formats at once) or `dimensions` (an
 * image above 100 megapixels). Run it in a process that may be ended: libraries may fail in any way on hostile content.
 * Pictures that need conversion are accepted only with `convertiblePx`, up to that many pixels.
 */
export async function inspect(path: string, accept?: readonly Kind[], convertiblePx?: number): Promise<Inspected> {
  const found = await judged(path, accept, convertiblePx)
  if (accept && !accept.includes(found.kind)) throw wrongKind([found.kind])
  return found
}

async function judged(path: string, accept?: readonly Kind[], convertiblePx?: number): Promise<Inspected> {
  const counted = bounded(path, accept, convertiblePx)
  if ('kind' in counted) return counted
  const { family, from, sound } = counted
  const { bytes, head, tail } = await ends(path, from)
  const type = sound ?? (await typeOf(head, family))
  if (family === 'rough') await refuseOthers(head)
  if (isPolyglot(head, tail)) throw new Refused('not_media', `the ${type.extension} is also a document or an archive`)
  if (type.kind === 'image') return { ...type, ...pixels(path, family), bytes }
  if (sound) return { ...sound, seconds: await soundSeconds(path, sound, from), bytes }
  return { ...(await timed(path, type, { from, size: bytes })), bytes }
}

/** Counts the parts. Returns what still has to be found out; nothing for a picture that needs conversion. */
function bounded(path: string, accept?: readonly Kind[], convertiblePx?: number) {
  using source = openSource(path)
  const family = acceptedFamily(source.at(0, familyBytes), accept)
  if (!isConvertible(family)) return plain(source, family)
  if (convertiblePx === undefined) throw new Refused('not_media', 'a picture that has to be converted')
  const { extension, widthPx, heightPx } = convertibleIn(source, family, convertiblePx)
  const { mime, kind } = convertedFormats.find(({ mime }) => mime.endsWith(`/${extension}`))!
  return { kind, mime, extension, bytes: source.size, widthPx, heightPx }
}

function plain(source: Source, found: Plain): { family: Plain; from: number; sound?: Type | undefined } {
  const { family, from } = checkBounds(source, found)
  if (family !== 'frames' && family !== 'rough') return { family, from, sound: sounds[family] }
  const kind = chainKind(source) ?? frameAt(source.at(from, familyBytes), 0)?.kind
  return { family, from, sound: kind === 'aac' ? aac : mp3 }
}

async function typeOf(head: Buffer, family: Plain): Promise<Type> {
  // The detector would search all chunks for an animation. For us the result is the same.
  if (family === 'png') return png
  // The library's message may quote bytes of the file, so it goes into the cause.
  const detected = await fileTypeFromBuffer(head).catch((cause: unknown) => {
    throw new Refused('not_media', 'the content has no readable type', { cause })
  })
  const type = known.get(detected?.ext ?? '')
  if (!type) throw new Refused('not_media', `the content is ${detected?.mime ?? 'of no known type'}`)
  return type
}

// A video of a kind that we do not accept may contain audio frames.
async function refuseOthers(head: Buffer): Promise<void> {
  const other = await fileTypeFromBuffer(head.subarray(0, roughBytes)).catch(() => undefined)
  const isSound = !other || /^(mp[123]|aac)$/.test(other.ext)
  if (!isSound) throw new Refused('not_media', `the content is ${other.mime}`)
}

const roughBytes = 4_100

type Type = { kind: Kind; mime: string; extension: string }

const png: Type = { kind: 'image', mime: 'image/png', extension: 'png' }
const mp4: Type = { kind: 'video', mime: 'video/mp4', extension: 'mp4' }
const m4a: Type = { kind: 'audio', mime: 'audio/mp4', extension: 'm4a' }
const mp3: Type = { kind: 'audio', mime: 'audio/mpeg', extension: 'mp3' }
const aac: Type = { kind: 'audio', mime: 'audio/aac', extension: 'aac' }
// For these families our own readers measure the audio. No library reads the file.
const sounds: Partial<Record<Family, Type>> = {
  wave: { kind: 'audio', mime: 'audio/wav', extension: 'wav' },
  ogg: { kind: 'audio', mime: 'audio/ogg', extension: 'ogg' },
  flac: { kind: 'audio', mime: 'audio/flac', extension: 'flac' },
}
// The detector's types and ours. SVG is left out on purpose: it can contain scripts.
const known = new Map<string, Type>([
  ['jpg', { kind: 'image', mime: 'image/jpeg', extension: 'jpg' }],
  ['webp', { kind: 'image', mime: 'image/webp', extension: 'webp' }],
  ['gif', { kind: 'image', mime: 'image/gif', extension: 'gif' }],
  ['mp4', mp4],
  ['m4v', mp4],
  ['3gp', { kind: 'video', mime: 'video/3gpp', extension: '3gp' }],
  ['3g2', { kind: 'video', mime: 'video/3gpp2', extension: '3g2' }],
  ['mov', { kind: 'video', mime: 'video/quicktime', extension: 'mov' }],
  ['webm', { kind: 'video', mime: 'video/webm', extension: 'webm' }],
  ['mkv', { kind: 'video', mime: 'video/x-matroska', extension: 'mkv' }],
  ['m4a', m4a],
  ['m4b', m4a],
])
/** Every type that `inspect` can return for an unconverted file. */
export const knownTypes: readonly Type[] = [png, mp3, aac, ...Object.values(sounds), ...known.values()]

// Notes and covers may precede the bytes that show the type.
const headBytes = 2_097_152
// A ZIP's end record with the longest possible comment.
const tailBytes = 65_557
// Four bytes a pixel when decoded: 400 MB is the limit for viewers.
const maxPixels = 100_000_000

async function ends(path: string, from: number) {
  await using file = await open(path)
  const { size: bytes } = await file.stat()
  const head = Buffer.alloc(Math.min(bytes - from, headBytes))
  const tail = Buffer.alloc(Math.min(bytes, tailBytes))
  await file.read(head, 0, head.length, from)
  await file.read(tail, 0, tail.length, bytes - tail.length)
  return { bytes, head, tail }
}

// Media at the start, and a web page, a document or an archive at the end.
function isPolyglot(head: Buffer, tail: Buffer): boolean {
  if (/<(!doctype|html|head|body|script|svg|iframe|\?php)\b|%pdf-/i.test(head.toString('latin1', 0, 1_024))) return true
  if (/<\/(html|body|script|svg)>[\s\0]*$/i.test(tail.toString('latin1', Math.max(0, tail.length - 256)))) return true
  const zipEnd = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  return zipEnd >= 0 && zipEnd + 22 <= tail.length && zipEnd + 22 + tail.readUInt16LE(zipEnd + 20) === tail.length
}

function pixels(path: string, family: Plain): Size {
  using source = openSource(path)
  const size = sizeIn(source, family as PlainPicture)
  if (!size) throw new Refused('not_media', 'an image without a readable size')
  const { widthPx, heightPx } = size
  if (!(widthPx > 0 && heightPx > 0) || widthPx * heightPx > maxPixels) {
    throw new Refused('dimensions', `an image of ${widthPx} × ${heightPx} pixels`)
  }
  return size
}

async function soundSeconds(path: string, { extension }: Type, from: number): Promise<number> {
  const seconds = await secondsOf({ path, kind: 'audio', extension, from })
  if (seconds === undefined) throw new Refused('not_media', `an ${extension} file without sound that can be measured`)
  return seconds
}

// Containers: the tracks inside decide between video and audio.
async function timed(path: string, type: Type, part: Part): Promise<Omit<Inspected, 'bytes'>> {
  const { format } = (await metadata(path, type, part)) ?? {}
  if (!format) return unread(path, type, part.from)
  const video = format.trackInfo.find(track => track.video?.pixelWidth && track.video.pixelHeight)?.video
  const hasVideo = format.hasVideo === true || video !== undefined
  const hasAudio = format.hasAudio === true || format.sampleRate !== undefined
  if (!hasVideo && !hasAudio) throw new Refused('not_media', `an ${type.extension} file without a track`)
  if (hasVideo && type.kind === 'audio') throw new Refused('not_media', `a film inside ${type.extension}`)
  if (!hasVideo) return { ...asAudio(type), seconds: await soundSeconds(path, type, part.from) }
  // No price depends on a video's length, so without a table the headers are good enough.
  const stated = Math.max(format.duration ?? 0, ...format.trackInfo.map(track => track.duration ?? 0))
  const { pixelWidth: widthPx, pixelHeight: heightPx } = video ?? {}
  const measures = widthPx && heightPx ? { widthPx, heightPx } : {}
  return { ...type, ...(await filmSeconds(path, type, stated)), ...measures }
}

// A video with an unreadable part is still accepted, without its measures. Audio is accepted if our own readers can
// measure it.
async function unread(path: string, type: Type, from: number): Promise<Omit<Inspected, 'bytes'>> {
  const { hasPictures, hasSound } = tracksOf(path, type.extension)
  if (hasSound && !hasPictures) return { ...asAudio(type), seconds: await soundSeconds(path, type, from) }
  if (type.kind === 'video') return { ...type, ...(await filmSeconds(path, type, 0)) }
  throw new Refused('not_media', `an ${type.extension} file that cannot be read`)
}

async function filmSeconds(path: string, { extension }: Type, stated: number): Promise<{ seconds?: number }> {
  const seconds = (await secondsOf({ path, kind: 'video', extension, from: 0 })) ?? stated
  return Number.isFinite(seconds) && seconds > 0 ? { seconds } : {}
}

function asAudio(type: Type): Type {
  if (type.kind === 'audio') return type
  return type.extension === 'webm' || type.extension === 'mkv'
    ? { kind: 'audio', mime: type.mime.replace('video/', 'audio/'), extension: type.extension }
    : m4a
}

/** The content of a file without the tags before it, in bytes. */
type Part = { from: number; size: number }

// As a stream, so that the parser cannot jump and reads every byte once.
async function metadata(path: string, { mime, extension }: Type, part: Part): Promise<IAudioMetadata | undefined> {
  // The parser knows MP4 boxes only under this type.
  const mimeType = extension.startsWith('3g') ? mp4.mime : mime
  const stream = createReadStream(path, { start: part.from, highWaterMark: 262_144 })
  try {
    return await parseStream(stream, { mimeType, size: part.size - part.from }, { duration: true, skipCovers: true })
  } catch {
    return undefined
  } finally {
    stream.destroy()
  }
}
