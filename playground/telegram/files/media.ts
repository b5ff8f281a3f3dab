import { fileTypeFromBuffer } from 'file-type'
import { imageSize } from 'image-size'
import { parseBuffer } from 'music-metadata'
import { bad } from '../api/refusal.ts'

export type Kind = 'photo' | 'video' | 'audio' | 'voice' | 'document' | 'animation'
/** Pixels; duration in whole seconds. */
export type Seen = { mime: string; extension: string; width?: number; height?: number; duration?: number }

const MB = 1024 * 1024
/** What the bot may upload, and what it may download again with getFile. */
export const UPLOAD_BYTES = 50 * MB
export const DOWNLOAD_BYTES = 20 * MB
const PHOTO_BYTES = 10 * MB

/**
 * Looks into the bytes: a photo must be a picture, a video a video, whatever the name and the type say.
 * Throws 400 with the server's own words; a document may be anything but empty.
 */
export async function inspect(kind: Kind, bytes: Uint8Array, claimed: string): Promise<Seen> {
  if (bytes.length === 0) throw bad('file must be non-empty')
  const found = await fileTypeFromBuffer(bytes)
  const mime = found?.mime ?? 'application/octet-stream'
  const seen: Seen = { mime, extension: found ? `.${found.ext}` : '' }
  switch (kind) {
    case 'photo':
      return { ...seen, ...picture(bytes, mime) }
    case 'video':
      if (!mime.startsWith('video/')) throw bad('VIDEO_CONTENT_TYPE_INVALID')
      return { ...seen, ...(await movie(bytes, mime)) }
    case 'animation':
      if (mime === 'image/gif') return { ...seen, ...size(bytes), duration: 0 }
      if (!mime.startsWith('video/')) throw bad('VIDEO_CONTENT_TYPE_INVALID')
      return { ...seen, ...(await movie(bytes, mime)) }
    case 'audio':
    case 'voice':
      if (!isSound(mime) || (kind === 'voice' && !VOICES.has(mime.split(';')[0]!))) throw bad('MEDIA_INVALID')
      return { ...seen, ...(await duration(bytes, mime)) }
    case 'document':
      return found ? seen : { mime: claimed || mime, extension: '' }
  }
}

// OGG with OPUS, MP3 and M4A play as voice messages; other sounds are for sendAudio.
const VOICES = new Set(['audio/ogg', 'audio/opus', 'audio/mpeg', 'audio/mp4', 'audio/x-m4a', 'application/ogg'])
const isSound = (mime: string) => mime.startsWith('audio/') || mime === 'application/ogg'

function picture(bytes: Uint8Array, mime: string) {
  if (bytes.length > PHOTO_BYTES) throw bad('too big for a photo')
  const seen = mime.startsWith('image/') ? size(bytes) : undefined
  if (!seen || isCut(bytes, mime)) throw bad('IMAGE_PROCESS_FAILED')
  const { width, height } = seen
  if (width + height > 10_000 || Math.max(width, height) > 20 * Math.min(width, height)) {
    throw bad('PHOTO_INVALID_DIMENSIONS')
  }
  return seen
}

function size(bytes: Uint8Array): { width: number; height: number } | undefined {
  try {
    const { width, height } = imageSize(bytes)
    return width > 0 && height > 0 ? { width, height } : undefined
  } catch {
    return
  }
}

/** A download that broke off leaves a good header and no end. */
function isCut(bytes: Uint8Array, mime: string) {
  if (mime === 'image/png') return Buffer.from(bytes).lastIndexOf('IEND') < 0
  if (mime === 'image/jpeg') return Buffer.from(bytes).lastIndexOf(Buffer.from([0xff, 0xd9])) < 0
  return false
}

async function movie(bytes: Uint8Array, mime: string) {
  if (mime !== 'video/mp4' && mime !== 'video/quicktime') return { ...(await duration(bytes, mime)) }
  const frame = mp4(Buffer.from(bytes))
  if (!frame) throw bad('VIDEO_CONTENT_TYPE_INVALID')
  return frame
}

async function duration(bytes: Uint8Array, mime: string): Promise<{ duration: number }> {
  try {
    const { format } = await parseBuffer(bytes, { mimeType: mime }, { duration: true })
    return { duration: Math.round(format.duration ?? 0) }
  } catch {
    return { duration: 0 }
  }
}

/** Size and length from the boxes of an MP4; nothing if the index (`moov`) is missing or a box runs past the end. */
function mp4(bytes: Buffer): { width: number; height: number; duration: number } | undefined {
  const frame = { width: 0, height: 0, duration: 0 }
  let indexed = false
  let whole = true
  walk(0, bytes.length)
  return indexed && whole ? frame : undefined

  function walk(from: number, to: number) {
    for (let at = from; at + 8 <= to; ) {
      const short = bytes.readUInt32BE(at)
      const type = bytes.toString('latin1', at + 4, at + 8)
      const head = short === 1 ? 16 : 8
      const length =
        short === 0 ? to - at : short === 1 && at + 16 <= to ? Number(bytes.readBigUInt64BE(at + 8)) : short
      if (length < head || at + length > to) {
        whole = false
        return
      }
      const body = at + head
      if (type === 'moov') indexed = true
      if (type === 'moov' || type === 'trak') walk(body, at + length)
      if (type === 'mvhd') readLength(body, at + length)
      if (type === 'tkhd') readFrame(at + length)
      at += length
    }
  }

  function readLength(body: number, end: number) {
    const long = bytes[body] === 1
    if (body + (long ? 32 : 20) > end) return
    const unitsPerS = bytes.readUInt32BE(body + (long ? 20 : 12))
    const units = long ? Number(bytes.readBigUInt64BE(body + 24)) : bytes.readUInt32BE(body + 16)
    if (unitsPerS > 0) frame.duration = Math.round(units / unitsPerS)
  }

  // Width and height are the last two fields of a track header, as 16.16 numbers; a sound track has zeros.
  function readFrame(end: number) {
    const width = bytes.readUInt32BE(end - 8) >>> 16
    const height = bytes.readUInt32BE(end - 4) >>> 16
    if (width > 0 && height > 0) Object.assign(frame, { width, height })
  }
}
