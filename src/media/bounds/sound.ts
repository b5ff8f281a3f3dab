import { counter, most, tooMuch } from '../limits.ts'
import type { Source } from '../source.ts'

/** Returns the position after the leading ID3v2 and APEv2 tags. Our code does not read them. */
export function afterTags(source: Source): number {
  const tag = counter(most.tags, 'tags')
  for (let at = 0; ; tag()) {
    const head = source.at(at, 16)
    const text = head.toString('latin1', 0, 8)
    if (head.length === 16 && text === 'APETAGEX') {
      at += 32 + head.readUInt32LE(12)
      continue
    }
    if (head.length < 10 || !text.startsWith('ID3')) return at
    // The length has 7 bits a byte. A footer repeats the header.
    const bytes = [6, 7, 8, 9].reduce((sum, n) => sum * 128 + (head[n]! & 127), 0)
    at += 10 + bytes + (head[5]! & 0x10 ? 10 : 0)
  }
}

/** Checks FLAC: blocks of notes, pictures and tables before the audio. */
export function checkFlac(source: Source, from: number): void {
  const block = counter(most.blocks, 'blocks')
  const bytes = counter(most.blockBytes, 'bytes of blocks')
  const comment = counter(most.comments, 'comments')
  for (let at = from + 4, isLast = false; !isLast; ) {
    const head = source.at(at, 4)
    if (head.length < 4) return
    block()
    isLast = (head[0]! & 0x80) !== 0
    const type = head[0]! & 0x7f
    const length = head.readUIntBE(1, 3)
    at += 4
    bytes(Math.min(length, source.size - at))
    if (type === 4) comment(commentsOf(source, at, at + length))
    at += length
  }
}

// Reads the count that the file states. A parser trusts it and allocates that much memory.
function commentsOf(source: Source, from: number, end: number): number {
  const vendor = source.at(from, 4)
  if (vendor.length < 4) return 0
  const at = from + 4 + vendor.readUInt32LE(0)
  const count = source.at(at, 4)
  if (at + 4 > end || count.length < 4) throw tooMuch('a comment longer than its block')
  if (end - from > most.commentBytes) throw tooMuch('bytes of comments')
  const stated = count.readUInt32LE(0)
  if (stated * 4 > end - at) throw tooMuch('comments that are not there')
  return stated
}
