import { boxAt } from '../bounds/boxes.ts'
import type { Source } from '../source.ts'

/** The totals of one track of an MP4 or QuickTime file. Times are in ticks. */
export type Track = {
  handler: string
  /** Ticks per second; infinite if unknown. */
  scale: number
  /** From the time table: the length of all samples, their number, and the length of the last one. */
  ticks: number
  timed: number
  lastTicks: number
  /** From the size table: the number of samples and their bytes. */
  sized: number
  bytes: number
  /** The length of the parts that are shown, in the film's ticks. */
  shown: number
  /** The description of each coding. */
  codings: { name: string; body: number; end: number }[]
  /** Samples in fragments, and where the first begins and the last ends on the track's clock. */
  fragments: { ticks: number; samples: number; bytes: number; from?: number; to: number }
}
export type Boxes = { scale: number; tracks: Track[]; data: { from: number; to: number }[] }

const containers = new Set(['moov', 'mdia', 'minf', 'stbl', 'edts', 'mvex', 'moof'])
// Bytes of a table per read. A source's window is larger.
const pieceBytes = 8_192
const maxCodings = 100

/** Reads the tables of all tracks (ISO 14496-12). Call it only after `checkBoxes`. */
export function readBoxes(source: Source): Boxes {
  const file: Boxes = { scale: Number.POSITIVE_INFINITY, tracks: [], data: [] }
  const byId = new Map<number, Track>()
  const usual = new Map<number, Usual>()

  // The boxes of a track come in any order. If two contradict each other, the one with the higher price counts.
  function walk(from: number, to: number, track?: Track): void {
    for (let at = from; ; ) {
      const found = boxAt(source, at, to)
      if (!found) return
      const { name, body, end } = found
      at = end
      if (name === 'mdat') file.data.push({ from: body, to: Math.min(end, source.size) })
      else if (name === 'mvhd') file.scale = Math.min(file.scale, timeScale(source, body, end))
      else if (name === 'trex') usual.set(number(source, body + 4), trex(source, body))
      else if (name === 'traf') readFragment(source, body, end, { byId, usual })
      else if (name === 'trak') {
        const own = emptyTrack()
        file.tracks.push(own)
        walk(body, end, own)
      } else if (containers.has(name)) walk(body, end, track)
      else if (track && name === 'tkhd') byId.set(number(source, body + (isLong(source, body) ? 20 : 12)), track)
      else if (track) readTable(source, track, found)
    }
  }
  walk(0, source.size)
  return file
}

function emptyTrack(): Track {
  return {
    handler: '',
    scale: Number.POSITIVE_INFINITY,
    ticks: 0,
    timed: 0,
    lastTicks: 0,
    sized: 0,
    bytes: 0,
    shown: 0,
    codings: [],
    fragments: { ticks: 0, samples: 0, bytes: 0, to: 0 },
  }
}

type Found = { name: string; body: number; end: number }

function readTable(source: Source, track: Track, { name, body, end }: Found): void {
  if (name === 'mdhd') track.scale = Math.min(track.scale, timeScale(source, body, end))
  // QuickTime has a second `hdlr` in the same track, for the location of the data.
  const isNew = name === 'hdlr' && track.handler !== 'soun' && track.handler !== 'vide'
  if (isNew) track.handler = source.at(body + 8, 4).toString('latin1')
  if (name === 'stts') {
    const { ticks, samples, last } = times(source, body, end)
    track.ticks = Math.max(track.ticks, ticks)
    track.timed = Math.max(track.timed, samples)
    track.lastTicks = Math.max(track.lastTicks, last)
  }
  if (name === 'stsz' || name === 'stz2') {
    const { samples, bytes } = sizes(source, body, end, name)
    track.sized = Math.max(track.sized, samples)
    track.bytes = Math.max(track.bytes, bytes)
  }
  if (name === 'elst') track.shown = Math.max(track.shown, shownTicks(source, body, end))
  if (name === 'stsd') {
    for (let at = body + 8; track.codings.length < maxCodings; ) {
      const coding = boxAt(source, at, end)
      if (!coding) break
      track.codings.push(coding)
      at = coding.end
    }
  }
}

/** Reads a 32-bit number; 0 after the end of the file. */
export function number(source: Source, at: number): number {
  const bytes = source.at(at, 4)
  return bytes.length < 4 ? 0 : bytes.readUInt32BE(0)
}

function long(source: Source, at: number): number {
  const bytes = source.at(at, 8)
  return bytes.length < 8 ? 0 : Number(bytes.readBigUInt64BE(0))
}

// Version 1 has 64-bit times.
const isLong = (source: Source, body: number) => source.at(body, 1)[0] === 1

function timeScale(source: Source, body: number, end: number): number {
  if (body + 24 > end) return Number.POSITIVE_INFINITY
  return number(source, body + (isLong(source, body) ? 20 : 12)) || Number.POSITIVE_INFINITY
}

/** Reads a table in pieces: a version, a count, then rows of this many bytes. */
function eachRow(source: Source, { body, end, head, row }: Rows, take: (piece: Buffer, at: number) => void): void {
  const count = number(source, body + head - 4)
  const last = Math.min(end, source.size, body + head + row * count)
  const step = Math.floor(pieceBytes / row) * row
  for (let at = body + head; at + row <= last; at += step) {
    const piece = source.at(at, Math.min(step, last - at))
    for (let n = 0; n + row <= piece.length; n += row) take(piece, n)
  }
}
type Rows = { body: number; end: number; head: number; row: number }

function times(source: Source, body: number, end: number): { ticks: number; samples: number; last: number } {
  let [ticks, samples, last] = [0, 0, 0]
  eachRow(source, { body, end, head: 8, row: 8 }, (piece, at) => {
    const count = piece.readUInt32BE(at)
    last = piece.readUInt32BE(at + 4)
    samples += count
    ticks += count * last
  })
  return { ticks, samples, last }
}

// One size for all samples, or one each. In `stz2` they have 4, 8 or 16 bits.
function sizes(source: Source, body: number, end: number, name: string): { samples: number; bytes: number } {
  const [same, count] = [number(source, body + 4), number(source, body + 8)]
  if (name === 'stz2') {
    const there = Math.floor(((Math.min(end, source.size) - body - 12) * 8) / (same & 255 || 8))
    return { samples: Math.min(count, there), bytes: 0 }
  }
  // The samples cannot hold more bytes than the file.
  if (same > 0) {
    const samples = Math.min(count, Math.floor(source.size / same))
    return { samples, bytes: samples * same }
  }
  let [samples, bytes] = [0, 0]
  eachRow(source, { body, end, head: 12, row: 4 }, (piece, at) => {
    samples += 1
    bytes += piece.readUInt32BE(at)
  })
  return { samples, bytes: Math.min(bytes, source.size) }
}

// Parts of the track, or pauses, each with a length; 0 means all of it.
function shownTicks(source: Source, body: number, end: number): number {
  let sum = 0
  const isOfLongs = isLong(source, body)
  eachRow(source, { body, end, head: 8, row: isOfLongs ? 20 : 12 }, (piece, at) => {
    sum += isOfLongs ? Number(piece.readBigUInt64BE(at)) : piece.readUInt32BE(at)
  })
  return sum
}

/** Defaults for a sample if its fragment says nothing else: its length and its bytes. */
type Usual = { ticks: number; bytes: number }

const trex = (source: Source, body: number): Usual => ({
  ticks: number(source, body + 12),
  bytes: number(source, body + 16),
})

type Known = { byId: Map<number, Track>; usual: Map<number, Usual> }

/** Reads a track's part of a fragment (`traf`): a header, which may hold defaults, then runs of samples. */
function readFragment(source: Source, from: number, to: number, { byId, usual }: Known): void {
  let track: Track | undefined
  let own: Usual = { ticks: 0, bytes: 0 }
  let clock: number | undefined
  for (let at = from; ; ) {
    const found = boxAt(source, at, to)
    if (!found) return
    const { name, body, end } = found
    at = end
    if (name === 'tfhd') {
      const id = number(source, body + 4)
      track = byId.get(id)
      own = headOf(source, body, usual.get(id) ?? { ticks: 0, bytes: 0 })
    }
    if (name === 'tfdt') clock = isLong(source, body) ? long(source, body + 4) : number(source, body + 4)
    if (name !== 'trun' || !track) continue
    const run = runOf(source, body, end, own)
    const { fragments } = track
    fragments.ticks += run.ticks
    fragments.samples += run.samples
    fragments.bytes += run.bytes
    if (clock === undefined) continue
    fragments.from ??= clock
    clock += run.ticks
    fragments.to = Math.max(fragments.to, clock)
  }
}

const flagsOf = (source: Source, body: number) => number(source, body) & 0xffffff

function headOf(source: Source, body: number, usual: Usual): Usual {
  const flags = flagsOf(source, body)
  const ticksAt = body + 8 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0)
  const bytesAt = ticksAt + (flags & 8 ? 4 : 0)
  return {
    ticks: flags & 8 ? number(source, ticksAt) : usual.ticks,
    bytes: flags & 0x10 ? number(source, bytesAt) : usual.bytes,
  }
}

function runOf(source: Source, body: number, end: number, usual: Usual) {
  const flags = flagsOf(source, body)
  const count = number(source, body + 4)
  const head = 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0)
  const fields = [0x100, 0x200, 0x400, 0x800].filter(flag => flags & flag)
  if (fields.length === 0) return { samples: count, ticks: count * usual.ticks, bytes: count * usual.bytes }
  let [samples, ticks, bytes] = [0, 0, 0]
  const row = 4 * fields.length
  const sizeAt = flags & 0x100 ? 4 : 0
  const last = Math.min(end, source.size, body + head + row * count)
  const step = Math.floor(pieceBytes / row) * row
  for (let at = body + head; at + row <= last; at += step) {
    const piece = source.at(at, Math.min(step, last - at))
    for (let n = 0; n + row <= piece.length; n += row) {
      samples += 1
      ticks += flags & 0x100 ? piece.readUInt32BE(n) : usual.ticks
      bytes += flags & 0x200 ? piece.readUInt32BE(n + sizeAt) : usual.bytes
    }
  }
  return { samples, ticks, bytes }
}
