import { type Element, elementAt } from './elements.ts'
import { frameAt } from './frames.ts'
import { counter, most } from './limits.ts'
import { flacFrame, opusSamples, type VorbisModes, vorbisBlock, vorbisModes } from './packets.ts'
import { openSource, type Source } from './source.ts'

/** Of a Matroska or WebM file: its length by its clock, and that of its sound by the packets. */
export type MatroskaLength = {
  /** From the first block to the last, or what the header says where that is more. Undefined without either. */
  seconds: number | undefined
  /** Undefined where there is no sound, or packets of it do not say how long they are. */
  soundSeconds: number | undefined
  hasPictures: boolean
  hasSound: boolean
}

const id = {
  scale: 0x2ad7b1,
  duration: 0x4489,
  cluster: 0x1f43b675,
  clusterTime: 0xe7,
  simpleBlock: 0xa3,
  block: 0xa1,
  blockDuration: 0x9b,
  track: 0xae,
  trackNumber: 0xd7,
  trackType: 0x83,
  codec: 0x86,
  settings: 0x63a2,
  hertz: 0xb5,
}
// Segment, information, tracks, a track, its sound, a cluster, a group: what is in them is looked at one after another,
// whatever they say of their own size, which a live recording does not know.
const opened = new Set([0x18538067, 0x1549a966, 0x1654ae6b, id.track, 0xe1, id.cluster, 0xa0])

type Track = { type: number; codec: string; hertz: number; settings: Buffer; packets: number; seconds: number }
type File = { scale: number; duration: number; time: number; from: number; to: number; last: number; tracks: Track[] }

/** For files within the bounds of `checkElements`. Throws Refused for more blocks than any film has. */
export function matroskaLength(path: string): MatroskaLength {
  using source = openSource(path)
  const file: File = { scale: 1_000_000, duration: 0, time: 0, from: Infinity, to: 0, last: -1, tracks: [] }
  const byNumber = new Map<number, Meter>()
  const part = counter(most.samples * 2, 'blocks')
  for (let at = 0; at < source.size; ) {
    const found = elementAt(source, at)
    part()
    // Behind what is damaged players look for the next cluster.
    if (!found) {
      const next = clusterAt(source, at + 1)
      if (next === undefined) break
      at = next
      continue
    }
    at = opened.has(found.id) ? found.body : found.body + found.bytes
    take(source, file, byNumber, found)
  }
  const clock = file.to > file.from ? file.to - file.from : 0
  const seconds = (Math.max(clock, file.duration) * file.scale) / 1e9
  const sounds = file.tracks.filter(track => track.type === 2)
  const longest = Math.max(0, ...sounds.map(track => track.seconds))
  return {
    seconds: seconds > 0 ? seconds : undefined,
    soundSeconds: longest > 0 ? longest : undefined,
    hasPictures: file.tracks.some(track => track.type === 1),
    hasSound: sounds.length > 0,
  }
}

/** Seconds of a packet by its first bytes; not a number where they do not say. */
type Meter = { track: Track; measure(start: Buffer): number }

function take(source: Source, file: File, byNumber: Map<number, Meter>, { id: what, body, bytes }: Element): void {
  const track = file.tracks.at(-1)
  const whole = () => uint(source, body, bytes)
  if (what === id.scale) file.scale = whole() || file.scale
  else if (what === id.duration) file.duration = Math.max(file.duration, float(source, body, bytes))
  else if (what === id.clusterTime) file.time = whole()
  else if (what === id.blockDuration && file.last >= 0) file.to = Math.max(file.to, file.last + whole())
  else if (what === id.track && file.tracks.length < most.tracks)
    file.tracks.push({ type: 0, codec: '', hertz: 8_000, settings: Buffer.alloc(0), packets: 0, seconds: 0 })
  else if (what === id.simpleBlock || what === id.block) takeBlock(source, file, byNumber, { body, bytes })
  else if (!track) return
  else if (what === id.trackNumber) byNumber.set(whole(), { track, measure: measureOf(track) })
  else if (what === id.trackType) track.type = whole()
  else if (what === id.codec) track.codec = source.at(body, Math.min(bytes, 32)).toString('latin1')
  else if (what === id.hertz) track.hertz = float(source, body, bytes) || track.hertz
  else if (what === id.settings) track.settings = Buffer.from(source.at(body, Math.min(bytes, mostSettings)))
}

const mostSettings = 65_536

// A track's number, its time after the cluster's, and flags; then one packet, or several with their sizes in front.
function takeBlock(source: Source, file: File, byNumber: Map<number, Meter>, block: { body: number; bytes: number }) {
  const head = Buffer.from(source.at(block.body, Math.min(block.bytes, 48)))
  const numberBytes = head[0] ? Math.clz32(head[0]) - 23 : 9
  if (head.length < numberBytes + 3) return
  const number = head.readUIntBE(0, Math.min(numberBytes, 6)) - 2 ** (7 * Math.min(numberBytes, 6))
  file.last = file.time + head.readInt16BE(numberBytes)
  file.from = Math.min(file.from, file.last)
  file.to = Math.max(file.to, file.last)
  const meter = byNumber.get(number)
  if (meter?.track.type !== 2) return
  const isLaced = (head[numberBytes + 2]! & 6) !== 0
  meter.track.packets += 1
  meter.track.seconds += isLaced ? Number.NaN : meter.measure(head.subarray(numberBytes + 3))
}

/** By the coding, which may stand behind the track's number. */
function measureOf(track: Track): (start: Buffer) => number {
  let modes: VorbisModes | undefined
  let last: number | undefined
  return start => {
    const { codec, hertz, settings } = track
    if (codec.startsWith('A_OPUS')) return opusSamples(start) / 48_000
    if (codec.startsWith('A_AAC')) return 1_024 / hertz
    if (codec.startsWith('A_MPEG')) {
      const frame = frameAt(start, 0)
      return frame ? frame.samples / frame.rate : Number.NaN
    }
    if (codec.startsWith('A_FLAC')) {
      const frame = flacFrame(start, 0)
      return frame ? frame.samples / (frame.rate || hertz) : 0
    }
    if (!codec.startsWith('A_VORBIS')) return Number.NaN
    // Sizes of the headers, then the first of them, in which the sizes of blocks are the 29th byte.
    const first = settings.indexOf('\x01vorbis', 0, 'latin1')
    const sizes = settings[first + 28] ?? 0
    modes ??= vorbisModes(settings.subarray(-512), [2 ** (sizes & 15), 2 ** (sizes >> 4)])
    if (!modes) return Number.NaN
    const block = vorbisBlock(modes, start)
    const played = block === undefined || last === undefined ? 0 : (last + block) / 4
    last = block ?? last
    return played / hertz
  }
}

function uint(source: Source, at: number, bytes: number): number {
  const value = source.at(at, Math.min(bytes, 8))
  let sum = 0
  for (const byte of value) sum = sum * 256 + byte
  return sum
}

function float(source: Source, at: number, bytes: number): number {
  const value = source.at(at, Math.min(bytes, 8))
  const number = value.length === 8 ? value.readDoubleBE(0) : value.length === 4 ? value.readFloatBE(0) : 0
  return Number.isFinite(number) && number > 0 ? number : 0
}

const searchBytes = 65_536
const clusterMark = Buffer.from('1f43b675', 'hex')

function clusterAt(source: Source, from: number): number | undefined {
  for (let at = from; at < source.size; at += searchBytes - 3) {
    const found = source.at(at, searchBytes).indexOf(clusterMark)
    if (found >= 0) return at + found
  }
  return undefined
}
