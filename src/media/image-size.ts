import type { Family } from './family.ts'
import type { Source } from './source.ts'

/** A picture's size in pixels as people see it, with a photo's orientation applied. */
export type Size = { widthPx: number; heightPx: number }
export type PlainPicture = Extract<Family, 'png' | 'jpeg' | 'gif' | 'webp'>

/**
 * Returns the size that a picture states, wherever it is: phones write megabytes of depth data and notes before it.
 * Reads only headers, by position. Undefined if there is no size. Call it only after `checkBounds`.
 */
export const sizeIn = (source: Source, family: PlainPicture): Size | undefined => readers[family](source)

const readers: Record<PlainPicture, (source: Source) => Size | undefined> = {
  png: sizeOfPng,
  jpeg: sizeOfJpeg,
  gif: sizeOfGif,
  webp: sizeOfWebp,
}

// By the standard, the chunk with the size comes first. One maker's phones put another before it.
function sizeOfPng(source: Source): Size | undefined {
  for (let at = 8; at + 24 <= source.size; ) {
    const head = source.at(at, 16)
    if (head.toString('latin1', 4, 8) === 'IHDR') return sized(head.readUInt32BE(8), head.readUInt32BE(12))
    at += 12 + head.readUInt32BE(0)
  }
  return undefined
}

// Frame markers of all codings (ITU T.81 table B.1), without the three other markers in that range.
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)

function sizeOfJpeg(source: Source): Size | undefined {
  let orientation: number | undefined
  for (let at = 2; at + 4 <= source.size; ) {
    const head = source.at(at, 9)
    if (head[0] !== 0xff) return undefined
    const marker = head[1]!
    if (marker === 0xff) {
      at += 1
      continue
    }
    if (isFrame(marker)) {
      return head.length < 9 ? undefined : turned(head.readUInt16BE(7), head.readUInt16BE(5), orientation)
    }
    if (marker === 0xda || marker === 0xd9) return undefined
    const bytes = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8) ? 0 : head.readUInt16BE(2)
    if (marker === 0xe1) orientation ??= orientationIn(source, at + 4, at + 2 + bytes)
    at += 2 + bytes
  }
  return undefined
}

/** Returns the Exif tag 0x0112 (orientation). Undefined if this is not Exif or the tag is missing. */
function orientationIn(source: Source, from: number, to: number): number | undefined {
  if (source.at(from, 6).toString('latin1') !== 'Exif\0\0') return undefined
  const order = source.at(from + 6, 8)
  if (order.length < 8) return undefined
  const isLittle = order.toString('latin1', 0, 2) === 'II'
  const u16 = (bytes: Buffer, at: number) => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))
  const first = from + 6 + (isLittle ? order.readUInt32LE(4) : order.readUInt32BE(4))
  const count = source.at(first, 2)
  if (first + 2 > to || count.length < 2) return undefined
  const entries = u16(count, 0)
  for (let n = 0, at = first + 2; n < entries && at + 12 <= to; n += 1, at += 12) {
    const entry = source.at(at, 12)
    if (entry.length < 12) return undefined
    if (u16(entry, 0) === 0x0112) return u16(entry, 8)
  }
  return undefined
}

function sizeOfGif(source: Source): Size | undefined {
  const head = source.at(6, 4)
  return head.length < 4 ? undefined : sized(head.readUInt16LE(0), head.readUInt16LE(2))
}

// RFC 9649: a canvas, or a single picture of either coding. Unknown chunks may come first.
function sizeOfWebp(source: Source): Size | undefined {
  for (let at = 12; at + 8 <= source.size; ) {
    const head = source.at(at, 18)
    const name = head.toString('latin1', 0, 4)
    if (head.length === 18) {
      if (name === 'VP8X') return sized(head.readUIntLE(12, 3) + 1, head.readUIntLE(15, 3) + 1)
      if (name === 'VP8 ') return sized(head.readUInt16LE(14) & 0x3fff, head.readUInt16LE(16) & 0x3fff)
    }
    if (name === 'VP8L' && head.length >= 13) {
      const bits = head.readUInt32LE(9)
      return sized((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1)
    }
    const bytes = head.readUInt32LE(4)
    at += 8 + bytes + (bytes % 2)
  }
  return undefined
}

const sized = (widthPx: number, heightPx: number): Size => ({ widthPx, heightPx })

// From 5 on, an orientation swaps width and height.
const turned = (widthPx: number, heightPx: number, orientation = 1): Size =>
  orientation >= 5 && orientation <= 8 ? sized(heightPx, widthPx) : sized(widthPx, heightPx)
