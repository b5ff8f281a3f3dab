import { type Element, elementAt } from '../elements.ts'
import { counter, most } from '../limits.ts'
import { openSource, type Source } from '../source.ts'
import { frameAt } from './frames.ts'
import { flacFrame, opusSamples, type VorbisModes, vorbisBlock, vorbisModes } from './packets.ts'

/** The length of a Matroska or WebM file by its clock, and of its audio by the packets. */
export type MatroskaLength = {
  /** From the first block to the last, or the header's value if that is more. Undefined without either. */
  seconds: number | undefined
  /** Undefined without audio, or if its packets do not state their length. */
  soundSeconds: number | undefined
  hasPictures: boolean
  hasSound: boolean
}

const id = {
  head: 0x1a45dfa3,
  segment: 0x18538067,
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
// Segment, information, tracks, a track, its audio, a cluster, a group. Their children are read in sequence, without
// regard to the parent's size, which a live recording does not know.
const opened = new Set([id.segment, 0x1549a966, 0x1654ae6b, id.track, 0xe1, id.cluster, 0xa0])

type Track = { type: number; codec: string; hertz: number; settings: Buffer; packets: number; seconds: number }
type File = {
  scale: number
  duration: number
  passed: number
  time: number
  from: number
  to: number
  last: number
  tracks: Track[]
}

/** Call it only after `checkElements`. Throws Refused if there are more blocks than in any real file. */
export function matroskaLength(path: string): MatroskaLength {
  const files = segmentsOf(path)
  // Joined files play after each other, each on its own clock.
  let [seconds, soundSeconds] = [0, 0]
  for (const { passed, from, to, duration, scale, tracks } of files) {
    seconds += (Math.max(passed + (to > from ? to - from : 0), duration) * scale) / 1e9
    soundSeconds += Math.max(0, ...tracks.filter(isSound).map(track => track.seconds))
  }
  const tracks = files.flatMap(file => file.tracks)
  return {
    seconds: seconds > 0 ? seconds : undefined,
    soundSeconds: soundSeconds > 0 ? soundSeconds : undefined,
    hasPictures: tracks.some(track => track.type === 1),
    hasSound: tracks.some(isSound),
  }
}

const isSound = (track: Track) => track.type === 2

function segmentsOf(path: string): File[] {
  using source = openSource(path)
  const files: File[] = []
  const byNumber = new Map<number, Meter>()
  const part = counter(most.samples * 2, 'blocks')
  let isInClusters = false
  for (let at = 0; at < source.size; ) {
    const found = placed(elementAt(source, at), isInClusters)
    part()
    // After damaged bytes, players search for the next cluster or the head of another file.
    if (!found) {
      const next = markAt(source, at + 1)
      if (next === undefined) break
      at = next
      continue
    }
    at = opened.has(found.id) ? found.body : found.body + found.bytes
    isInClusters = found.id === id.cluster || (isInClusters && found.id !== id.head && found.id !== id.segment)
    const isNew = found.id === id.segment || files.length === 0
    if (isNew)
      files.push({ scale: 1_000_000, duration: 0, passed: 0, time: 0, from: Infinity, to: 0, last: -1, tracks: [] })
    take(source, files.at(-1)!, byNumber, found)
  }
  return files
}

// After the first cluster only these elements follow. Others are leftovers of a cut.
const amongClusters = new Set([
  id.head,
  id.segment,
  id.cluster,
  id.clusterTime,
  id.simpleBlock,
  id.block,
  id.blockDuration,
])
for (const one of [0xa0, 0xa7, 0xab, 0x5854, 0x58d7, 0xfa, 0xfb, 0xfd, 0xa4, 0x75a1, 0x75a2, 0x8e, 0xaf])
  amongClusters.add(one)
for (const one of [0xec, 0xbf, 0x1c53bb6b, 0x114d9b74, 0x1254c367, 0x1941a469, 0x1043a770]) amongClusters.add(one)

const placed = (found: Element | undefined, isInClusters: boolean) =>
  found && isInClusters && !amongClusters.has(found.id) ? undefined : found

/** Seconds of a packet by its first bytes; NaN if they do not say. */
type Meter = { track: Track; measure(start: Buffer): number }

function take(source: Source, file: File, byNumber: Map<number, Meter>, { id: what, body, bytes }: Element): void {
  const track = file.tracks.at(-1)
  const whole = () => uint(source, body, bytes)
  if (what === id.scale) file.scale = whole() || file.scale
  else if (what === id.duration) file.duration = Math.max(file.duration, float(source, body, bytes))
  else if (what === id.clusterTime) startCluster(file, whole())
  else if (what === id.blockDuration && file.last >= 0) file.to = Math.max(file.to, file.last + whole())
  else if (what === id.track && file.tracks.length < most.tracks)
    file.tracks.push({ type: 0, codec: '', hertz: 8_000, settings: Buffer.alloc(0), packets: 0, seconds: 0 })
  else if (what === id.simpleBlock || what === id.block) takeBlock(source, file, byNumber, { body, bytes })
  else if (!track) return
  else if (what === id.trackNumber) byNumber.set(whole(), { track, measure: measureOf(track) })
  else if (what === id.trackType) track.type = whole()
  else if (what === id.codec) track.codec = source.at(body, Math.min(bytes, 32)).toString('latin1')
  else if (what === id.hertz) track.hertz = float(source, body, bytes) || track.hertz
  else if (what === id.settings) track.settings = Buffer.from(source.at(body, Math.min(bytes, maxSettings)))
}

const maxSettings = 65_536

// If the clock goes back, another recording has begun whose head was lost.
function startCluster(file: File, time: number): void {
  if (time < file.time && file.to > file.from) {
    file.passed += file.to - file.from
    file.from = Number.POSITIVE_INFINITY
    file.to = 0
  }
  file.time = time
}

// A track's number, its time relative to the cluster, and flags, then one packet, or several after their sizes.
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

/** Chooses by the coding, which may come after the track's number. */
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
    // Sizes of the headers, then the first header. Its 29th byte holds the block sizes.
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

// The next one is usually close.
const searchBytes = 4_096
const marks = ['1f43b675', '1a45dfa3'].map(mark => Buffer.from(mark, 'hex'))

function markAt(source: Source, from: number): number | undefined {
  for (let at = from; at < source.size; at += searchBytes - 3) {
    const piece = source.at(at, searchBytes)
    const found = marks.map(mark => piece.indexOf(mark)).filter(position => position >= 0)
    if (found.length > 0) return at + Math.min(...found)
  }
  return undefined
}
