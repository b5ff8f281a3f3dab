import { boxAt } from '../bounds/boxes.ts'
import { openSource, type Source } from '../source.ts'
import { framedSeconds } from './audio-length.ts'
import { type Boxes, number, readBoxes, type Track } from './box-tracks.ts'
import { dearer } from './dearer.ts'
import { aacChannels, aacRates, maxAacBytes } from './frames.ts'
import { longestOf } from './table.ts'

/**
 * Returns the seconds of audio in an MP4 or QuickTime file: by its time tables, or by the frames in its samples if that
 * is longer, since only the tables define the unit of their times. Undefined without samples, and for a coding whose
 * frames cannot be counted. Call it only after `checkBoxes`.
 */
export async function boxedSoundSeconds(path: string): Promise<number | undefined> {
  const { byTables, byFrames, isMpeg } = measures(path)
  // Frames of MPEG audio describe themselves.
  const framed = isMpeg ? await framedSeconds(path) : 0
  const frames = Math.max(byFrames, framed ?? Number.NaN)
  if (byTables === undefined || !Number.isFinite(frames)) return undefined
  return dearer(byTables, frames)
}

function measures(path: string): { byTables: number | undefined; byFrames: number; isMpeg: boolean } {
  using source = openSource(path)
  const file = readBoxes(source)
  const sounds = file.tracks.filter(({ handler, codings }) => handler === 'soun' && codings.length > 0)
  const codings = sounds.flatMap(track => track.codings.map(coding => frameSeconds(source, coding, track, file)))
  // Without a coding it cannot be played.
  const known = codings.map(coding => (coding === 'mpeg' ? 0 : (coding ?? Number.NaN)))
  return {
    byTables: longestOf(file),
    byFrames: codings.length > 0 ? Math.max(...known) : Number.NaN,
    isMpeg: codings.includes('mpeg'),
  }
}

type Coding = Track['codings'][number]

/** Returns the seconds of all frames of a track if it has this coding. */
function frameSeconds(source: Source, coding: Coding, track: Track, file: Boxes): number | 'mpeg' | undefined {
  const samples = Math.max(track.timed, track.sized) + track.fragments.samples
  if (coding.name === 'mp4a') {
    const { objectType, config } = elementary(source, inside(source, coding, 'esds')) ?? {}
    if (objectType === 0x69 || objectType === 0x6b) return 'mpeg'
    const aac = config && aacFrame(config)
    return aac && Math.max(samples, fullFrames(track, aac.channels)) * aac.seconds
  }
  if (coding.name === '.mp3' || coding.name === 'ms\0\x55') return 'mpeg'
  if (coding.name === 'alac') {
    const box = inside(source, coding, 'alac')
    const [frame, rate] = box ? [number(source, box.body + 4), number(source, box.body + 24)] : [0, 0]
    return rate > 0 ? (samples * frame) / rate : undefined
  }
  if (coding.name === 'samr' || coding.name === 'sawb') {
    const box = inside(source, coding, 'damr')
    const each = box ? Math.max(1, source.at(box.body + 8, 1)[0] ?? 1) : 1
    return Math.max(samples * each, amrFrames(source, file, coding.name)) * amrFrameSeconds
  }
  return undefined
}

// A sample longer than the longest frame holds several frames.
const fullFrames = ({ bytes, fragments }: Track, channels: number) =>
  Math.floor((bytes + fragments.bytes) / (maxAacBytes * channels))

// The audio description has 28 bytes before its own boxes, more in two later versions of QuickTime, which also adds a
// box around them.
const soundHeads = [28, 44, 64]

function inside(source: Source, { body, end }: Coding, name: string): Coding | undefined {
  for (const head of soundHeads) {
    for (let at = body + head; ; ) {
      const box = boxAt(source, at, end)
      if (!box) break
      if (box.name === name) return box
      const inner = box.name === 'wave' ? insideWave(source, box, name) : undefined
      if (inner) return inner
      at = box.end
    }
  }
  return undefined
}

function insideWave(source: Source, { body, end }: Coding, name: string): Coding | undefined {
  for (let at = body; ; ) {
    const box = boxAt(source, at, end)
    if (!box || box.name === name) return box
    at = box.end
  }
}

/** Reads the coding from an `esds` box (ISO 14496-1 §7.2.6): nested descriptors. */
function elementary(source: Source, box: Coding | undefined): { objectType: number; config?: Buffer } | undefined {
  if (!box) return undefined
  const bytes = Buffer.from(source.at(box.body + 4, Math.min(512, box.end - box.body - 4)))
  let at = 0
  let objectType: number | undefined
  for (let parts = 0; parts < 8 && at < bytes.length; parts++) {
    const tag = bytes[at++]
    let length = 0
    for (let more = true; more && at < bytes.length; at++) {
      length = length * 128 + (bytes[at]! & 127)
      more = bytes[at]! > 127
    }
    if (tag === 3) {
      const flags = bytes[at + 2] ?? 0
      at += 3
      if (flags & 0x80) at += 2
      if (flags & 0x40) at += 1 + (bytes[at] ?? 0)
      if (flags & 0x20) at += 2
    } else if (tag === 4) {
      objectType = bytes[at]
      at += 13
    } else if (tag === 5 && objectType !== undefined) {
      return { objectType, config: bytes.subarray(at, at + length) }
    } else at += length
  }
  return objectType === undefined ? undefined : { objectType }
}

/**
 * Returns the length of a frame by AudioSpecificConfig (ISO 14496-3 §1.6.2.1). Doubled rates (SBR) do not change it.
 */
function aacFrame(config: Buffer): { seconds: number; channels: number } | undefined {
  let at = 0
  const bits = (count: number) => {
    let value = 0
    for (let n = 0; n < count; n++, at++) value = value * 2 + (((config[at >> 3] ?? 0) >> (7 - (at & 7))) & 1)
    return value
  }
  const kind = () => {
    const short = bits(5)
    return short === 31 ? 32 + bits(6) : short
  }
  const hertz = () => {
    const index = bits(4)
    return index === 15 ? bits(24) : aacRates[index]
  }
  let type = kind()
  const rate = hertz()
  const channels = bits(4)
  if (type === 5 || type === 29) {
    hertz()
    type = kind()
  }
  const isShort = bits(1) === 1
  const samples = frameSamples(type, isShort)
  if (!samples || !rate || at > config.length * 8) return undefined
  return { seconds: samples / rate, channels: aacChannels(channels) }
}

function frameSamples(type: number, isShort: boolean): number | undefined {
  if ([1, 2, 3, 4, 6, 17, 19, 20].includes(type)) return isShort ? 960 : 1_024
  if (type === 23 || type === 39) return isShort ? 480 : 512 // low delay
  return undefined
}

const amrFrameSeconds = 0.02
// Bytes of a frame by its kind, including the first byte (RFC 4867 §5.3).
const amrBytes = {
  samr: [13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1],
  sawb: [18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1],
}

/** Counts AMR frames. They follow each other in the data, and each states its size. */
function amrFrames(source: Source, { data }: Boxes, name: 'samr' | 'sawb'): number {
  let frames = 0
  for (const { from, to } of data) {
    for (let at = from; at < to; frames++) {
      const first = source.at(at, 1)[0]
      if (first === undefined) break
      at += amrBytes[name][(first >> 3) & 15]!
    }
  }
  return frames
}
