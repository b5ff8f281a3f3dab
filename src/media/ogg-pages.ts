import { counter, most } from './limits.ts'
import type { Source } from './source.ts'

export type Page = {
  serial: number
  isFirst: boolean
  isContinued: boolean
  /** The stream's position at the end of this page. Undefined if the page does not say. */
  granule: number | undefined
  /** Lengths of the segments. A packet ends with the first one below 255. */
  pieces: Buffer
  body: number
  bytes: number
}

const headBytes = 27
const longest = headBytes + 255 + 255 * 255

/**
 * Yields the pages of an Ogg file (RFC 3533 §6). After invalid bytes it searches for the next page, as players do. A
 * page with a wrong checksum counts, and so do pages inside it, since some players play it and others skip it. Throws
 * Refused if there are too many.
 */
export function* pagesOf(source: Source): Generator<Page> {
  const count = counter(most.pages, 'pages')
  const summed = counter(2 * source.size + longest, 'bytes of pages')
  for (let at = nextPage(source, 0); at !== undefined; ) {
    count()
    const page = pageAt(source, at)
    if (!page) {
      at = nextPage(source, at + 4)
      continue
    }
    const end = page.body + page.bytes
    summed(end - at)
    const isWhole = isSound(source, at, end)
    yield page
    at = nextPage(source, isWhole ? end : at + 4)
  }
}

function pageAt(source: Source, at: number): Page | undefined {
  const head = source.at(at, headBytes + 255)
  if (head.length < headBytes || head[4] !== 0) return undefined
  const pieces = Buffer.from(head.subarray(headBytes, headBytes + head[26]!))
  const granule = head.readBigInt64LE(6)
  return {
    serial: head.readUInt32LE(14),
    isContinued: (head[5]! & 1) !== 0,
    isFirst: (head[5]! & 2) !== 0,
    // −1: no packet ends here. Some encoders always write it.
    granule: granule < 0n ? undefined : Number(granule),
    pieces,
    body: at + headBytes + pieces.length,
    bytes: pieces.reduce((sum, piece) => sum + piece, 0),
  }
}

// The next page is usually close.
const searchBytes = 4_096

function nextPage(source: Source, from: number): number | undefined {
  if (source.at(from, 4).toString('latin1') === 'OggS') return from
  for (let at = from; at < source.size; at += searchBytes - 3) {
    const found = source.at(at, searchBytes).indexOf('OggS', 0, 'latin1')
    if (found >= 0) return at + found
  }
  return undefined
}

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let sum = n << 24
  for (let bit = 0; bit < 8; bit++) sum = sum & 0x80000000 ? (sum << 1) ^ 0x04c11db7 : sum << 1
  return sum >>> 0
})

/** Returns the checksum of the page, with zeros in the checksum's own place. */
export function pageSum(page: Buffer): number {
  let sum = 0
  for (let n = 0; n < page.length; n++) {
    const byte = n >= 22 && n < 26 ? 0 : page[n]!
    sum = (sum << 8) ^ table[(sum >>> 24) ^ byte]!
  }
  return sum >>> 0
}

function isSound(source: Source, at: number, end: number): boolean {
  const page = source.at(at, end - at)
  return page.length === end - at && page.readUInt32LE(22) === pageSum(page)
}
