import { Refused } from '../../errors.ts'
import { counter, most, tooMuch } from '../limits.ts'
import { type Page, pagesOf } from '../ogg-pages.ts'
import type { Source } from '../source.ts'

// The beginnings of a stream's first page and of the page with its comments. Other streams have no comments.
const codecs = [
  { first: 'OpusHead', notes: ['OpusTags'] },
  { first: '\x01vorbis', notes: ['\x03vorbis'] },
  // FLAC's block header with a length, for the last block and for any other.
  { first: '\x7fFLAC', notes: ['\x84...', '\x04...'] },
  { first: 'fishead\0', notes: [] },
]

type Stream = { notes: string[]; runPages: number; runBytes: number }

/** Checks Ogg (RFC 3533): pages of up to 255 segments, several streams in parallel. */
export function checkOgg(source: Source): void {
  const empty = counter(most.emptyPages, 'empty pages')
  const comment = counter(most.comments, 'comments')
  const streams = new Map<number, Stream>()
  for (const page of pagesOf(source)) {
    if (page.bytes === 0) empty()
    const known = page.isFirst ? undefined : streams.get(page.serial)
    const stream = known ?? { notes: notesOf(source, page), runPages: 0, runBytes: 0 }
    streams.set(page.serial, stream)
    if (streams.size > most.streams) throw tooMuch(`more than ${most.streams} streams`)
    if (!page.isContinued) comment(commentsOf(source, page, stream.notes))
    stream.runPages = page.isContinued ? stream.runPages + 1 : 1
    // Counts the pages of one packet: in audio, packets end on almost every page, in long comments they do not.
    stream.runBytes = page.pieces.every(piece => piece === 255) ? stream.runBytes + page.bytes : 0
    if (stream.runPages > most.runPages) throw tooMuch('pages that go on')
    if (stream.runBytes > most.commentBytes) throw tooMuch('bytes of comments')
  }
}

function notesOf(source: Source, { body, bytes }: Page): string[] {
  const start = source.at(body, Math.min(bytes, 8)).toString('latin1')
  const codec = codecs.find(({ first }) => start.startsWith(first))
  if (!codec) throw new Refused('not_media', 'an Ogg stream of another kind')
  return codec.notes
}

// The comments start a page of their own: a marker, the encoder's name, and the count.
function commentsOf(source: Source, { body, bytes }: Page, notes: string[]): number {
  const start = source.at(body, Math.min(bytes, 8)).toString('latin1')
  const word = notes.find(word => start.startsWith(word.replace('...', '')))
  const vendor = source.at(body + (word?.length ?? 0), 4)
  if (word === undefined || vendor.length < 4) return 0
  const at = body + word.length + 4 + vendor.readUInt32LE(0)
  const count = source.at(at, 4)
  // The encoder's name is a few words long, so the count is on the first page.
  if (at + 4 > body + bytes || count.length < 4) throw tooMuch('a comment longer than its page')
  return count.readUInt32LE(0)
}
