import { counter, most } from './limits.ts'
import type { Source } from './source.ts'

export type Page = {
  serial: number
  isFirst: boolean
  isContinued: boolean
  /** Where the stream is at the end of this page; undefined where the page does not say. */
  granule: number | undefined
  /** Lengths of the pieces; a packet ends with the first one under 255. */
  pieces: Buffer
  body: number
  bytes: number
}

const headBytes = 27
const longest = headBytes + 255 + 255 * 255

/**
 * The pages of an Ogg file (RFC 3533 §6), wherever they stand: players look for the next one behind what is none. A page
 * with a wrong checksum is played by some and passed over by others, so it counts, and so do pages inside of it. Throws
 * Refused when there are too many.
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
    // −1: no packet ends here. Some writers leave it everywhere.
    granule: granule < 0n ? undefined : Number(granule),
    pieces,
    body: at + headBytes + pieces.length,
    bytes: pieces.reduce((sum, piece) => sum + piece, 0),
  }
}

// The next page is close by as a rule.
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

/** The sum over the page with zeros in place of the sum itself. */
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
