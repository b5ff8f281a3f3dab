import { Refused } from '../errors.ts'
import { counter, most, tooMuch } from './limits.ts'
import type { Source } from './source.ts'

// How a stream's first page begins, and the page with its notes; a description of the other streams has none.
const codecs = [
  { first: 'OpusHead', notes: ['OpusTags'] },
  { first: '\x01vorbis', notes: ['\x03vorbis'] },
  // FLAC's own head of a block with its length, of the last block and of any other.
  { first: '\x7fFLAC', notes: ['\x84...', '\x04...'] },
  { first: 'fishead\0', notes: [] },
]

type Stream = { notes: string[]; runPages: number; runBytes: number }
type Page = {
  serial: number
  isFirst: boolean
  isContinued: boolean
  isWithoutEnd: boolean
  body: number
  bytes: number
}

/** Ogg (RFC 3533): pages of up to 255 pieces, of several streams side by side. */
export function checkOgg(source: Source): void {
  const count = counter(most.pages, 'pages')
  const empty = counter(most.emptyPages, 'empty pages')
  const comment = counter(most.comments, 'comments')
  const streams = new Map<number, Stream>()
  // A parser stops with the first page that is none.
  for (let at = 0, page = pageAt(source, at); page; at = page.body + page.bytes, page = pageAt(source, at)) {
    count()
    if (page.bytes === 0) empty()
    const known = page.isFirst ? undefined : streams.get(page.serial)
    const stream = known ?? { notes: notesOf(source, page), runPages: 0, runBytes: 0 }
    streams.set(page.serial, stream)
    if (streams.size > most.streams) throw tooMuch(`more than ${most.streams} streams`)
    if (!page.isContinued) comment(commentsOf(source, page, stream.notes))
    stream.runPages = page.isContinued ? stream.runPages + 1 : 1
    // Of one packet: sound has an end on almost every page, long notes have not.
    stream.runBytes = page.isWithoutEnd ? stream.runBytes + page.bytes : 0
    if (stream.runPages > most.runPages) throw tooMuch('pages that go on')
    if (stream.runBytes > most.commentBytes) throw tooMuch('bytes of comments')
  }
}

function pageAt(source: Source, at: number): Page | undefined {
  const head = source.at(at, 27 + 255)
  if (head.length < 27 || head.toString('latin1', 0, 4) !== 'OggS') return undefined
  const pieces = head.subarray(27, 27 + head[26]!)
  return {
    serial: head.readUInt32LE(14),
    isContinued: (head[5]! & 1) !== 0,
    isFirst: (head[5]! & 2) !== 0,
    isWithoutEnd: pieces.every(piece => piece === 255),
    body: at + 27 + head[26]!,
    bytes: pieces.reduce((sum, piece) => sum + piece, 0),
  }
}

function notesOf(source: Source, { body, bytes }: Page): string[] {
  const start = source.at(body, Math.min(bytes, 8)).toString('latin1')
  const codec = codecs.find(({ first }) => start.startsWith(first))
  if (!codec) throw new Refused('not_media', 'an Ogg stream of another kind')
  return codec.notes
}

// The notes begin a page of their own: after a word, who wrote them and how many there are.
function commentsOf(source: Source, { body, bytes }: Page, notes: string[]): number {
  const start = source.at(body, Math.min(bytes, 8)).toString('latin1')
  const word = notes.find(word => start.startsWith(word.replace('...', '')))
  const vendor = source.at(body + (word?.length ?? 0), 4)
  if (word === undefined || vendor.length < 4) return 0
  const at = body + word.length + 4 + vendor.readUInt32LE(0)
  const count = source.at(at, 4)
  // Who wrote them is some words long, so the count stands on the first page.
  if (at + 4 > body + bytes || count.length < 4) throw tooMuch('a comment longer than its page')
  return count.readUInt32LE(0)
}
