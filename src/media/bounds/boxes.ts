import { counter, most, tooMuch } from '../limits.ts'
import type { Source } from '../source.ts'

// Boxes that contain boxes. To our libraries, all others are leaves too.
const containers = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'udta', 'meta', 'ilst', 'moof', 'traf', 'tref'])
for (const name of ['edts', 'dinf', 'mvex', 'gmhd', '<id>']) containers.add(name)
// Leaves that a parser reads even in the wrong place.
const readAnywhere = new Set(['ftyp', 'mvhd', 'mdhd', 'hdlr', 'stsd', 'stsz', 'stts', 'stsc', 'stco', 'date', 'chap'])

export type Box = { name: string; body: number; end: number }

/**
 * MP4 and QuickTime (ISO 14496-12): nested boxes, each with a size and a name. `mdat` holds the audio and video. It is
 * skipped, as are other large leaves.
 */
export function checkBoxes(source: Source): void {
  const box = counter(most.boxes, 'boxes')
  const track = counter(most.tracks, 'tracks')
  const tables = counter(most.tableBytes, 'bytes of tables')
  const samples = counter(most.samples, 'samples in fragments')

  function walk(from: number, to: number, depth: number, parent: string) {
    if (depth > most.boxDepth) throw tooMuch('boxes in boxes')
    for (let at = from; ; ) {
      const found = boxAt(source, at, to)
      if (!found) return
      box()
      const { name, body, end } = found
      const isContainer = containers.has(name) || parent === 'ilst'
      if (depth === 0 && (isContainer || readAnywhere.has(name))) tables(end - at)
      if (name === 'ftyp' && end - body > most.brandBytes) throw tooMuch('brands')
      if (name === 'trak') track()
      if (name === 'stsd' && countAt(source, body, end) > most.codings) throw tooMuch('codings')
      if (name === 'trun') samples(samplesOf(source, body, end))
      if (isContainer) walk(name === 'meta' ? behindVersion(source, body) : body, end, depth + 1, name)
      at = end
    }
  }
  walk(0, source.size, 0, '')
}

// A truncated or invalid box: some cameras write notes after the last one. Parsers stop there too.
export function boxAt(source: Source, at: number, to: number): Box | undefined {
  if (at + 8 > to) return undefined
  const head = source.at(at, 16)
  if (head.length < 8) return undefined
  const short = head.readUInt32BE(0)
  const name = head.toString('latin1', 4, 8)
  if (short === 0) return { name, body: at + 8, end: to } // to the end of the parent
  if (short !== 1) return short < 8 ? undefined : { name, body: at + 8, end: Math.min(at + short, to) }
  // A 64-bit size. Above 2^53 it loses bits, but it exceeds the file in any case.
  const long = head.length < 16 ? 0 : Number(head.readBigUInt64BE(8))
  return long < 16 ? undefined : { name, body: at + 16, end: Math.min(at + long, to) }
}

// QuickTime has no version before its notes.
const behindVersion = (source: Source, body: number) =>
  source.at(body, 8).toString('latin1', 4, 8) === 'hdlr' ? body : body + 4

function countAt(source: Source, body: number, end: number): number {
  const head = source.at(body, 8)
  return head.length < 8 || body + 8 > end ? 0 : head.readUInt32BE(4)
}

// Each sample has up to four optional numbers. Without them there is only a count, and a parser trusts it.
function samplesOf(source: Source, body: number, end: number): number {
  const count = countAt(source, body, end)
  const flags = count === 0 ? 0 : source.at(body, 4).readUInt32BE(0)
  const fields = [0x100, 0x200, 0x400, 0x800].filter(flag => flags & flag).length
  return fields === 0 ? count : Math.min(count, Math.ceil((end - body) / (4 * fields)))
}
