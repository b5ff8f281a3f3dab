import { counter, most } from '../limits.ts'
import type { Source } from '../source.ts'

/** Checks PNG: chunks with a length, a name and a checksum. */
export function checkPng(source: Source): void {
  const chunk = counter(most.chunks, 'chunks')
  for (let at = 8; at + 12 <= source.size; ) {
    chunk()
    const head = source.at(at, 8)
    if (head.toString('latin1', 4, 8) === 'IEND') return
    at += 12 + head.readUInt32BE(0)
  }
}

/** Checks JPEG: the segments before the picture. */
export function checkJpeg(source: Source): void {
  const segment = counter(most.segments, 'segments')
  const fill = counter(most.fillBytes, 'bytes of fill')
  for (let at = 2; at + 4 <= source.size; ) {
    const head = source.at(at, 4)
    // Not a marker. There is no size to find, and the search is cheap.
    if (head[0] !== 0xff) return
    const marker = head[1]!
    if (marker === 0xff) {
      fill()
      at += 1
      continue
    }
    segment()
    if (marker === 0xda || marker === 0xd9) return // the picture, or the end
    // Restart markers and a second start have no length.
    at += marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8) ? 2 : 2 + head.readUInt16BE(2)
  }
}

/** Checks GIF: pictures and notes, in blocks of at most 255 bytes. */
export function checkGif(source: Source): void {
  const block = counter(most.gifBlocks, 'blocks')
  const piece = counter(most.gifPieces, 'pieces')
  const byte = (at: number) => source.at(at, 1)[0] ?? 0
  const colours = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)
  let at = 13 + colours(byte(10))
  // Stops at the end marker and at unknown bytes, as readers do.
  while (byte(at) === 0x21 || byte(at) === 0x2c) {
    block()
    at += byte(at) === 0x21 ? 2 : 11 + colours(byte(at + 9))
    for (let length = byte(at); length > 0; length = byte(at)) {
      piece()
      at += 1 + length
    }
    at += 1
  }
}

/** Checks WAV and WebP: chunks with a name and a length. */
export function checkRiff(source: Source): void {
  const chunk = counter(most.riffChunks, 'chunks')
  for (let at = 12; at + 8 <= source.size; ) {
    chunk()
    const head = source.at(at, 8)
    // The audio. An encoder may have left its length at zero.
    if (head.toString('latin1', 0, 4) === 'data') return
    const bytes = head.readUInt32LE(4)
    at += 8 + bytes + (bytes % 2)
  }
}
