// Sound of a known length, written by hand in every container that is taken: silence or noise in it, true structure around
// it. What a file says of itself may be made false.
import { Mp3Encoder } from '@breezystack/lamejs'
import { flacSum } from '../../../src/media/length/packets.ts'
import { pageSum } from '../../../src/media/ogg-pages.ts'

export const join = (...parts: Uint8Array[]) => Buffer.concat(parts)
const latin = (text: string) => Buffer.from(text, 'latin1')
export const hex = (text: string) => Buffer.from(text, 'hex')
export const u16 = (n: number) => Buffer.from([n >> 8, n & 255])
export function u32(...list: number[]): Buffer {
  const bytes = Buffer.alloc(4 * list.length)
  for (const [n, number] of list.entries()) bytes.writeUInt32BE(number >>> 0, 4 * n)
  return bytes
}
const le16 = (n: number) => Buffer.from([n & 255, n >> 8])
export const le32 = (n: number) => u32(n).reverse()
const times = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n))

// ── Frames of MP3 and AAC, and the tags in front of them ──

export function mp3(seconds: number, rate = 44_100, kbps = 64): Buffer {
  const encoder = new Mp3Encoder(1, rate, kbps)
  const tone = Int16Array.from({ length: Math.round(rate * seconds) }, (_, n) => 8_000 * Math.sin(n / 7))
  return join(Buffer.from(encoder.encodeBuffer(tone)), Buffer.from(encoder.flush()))
}

/** A first frame with a table that counts one frame. */
export function xing(sound: Buffer): Buffer {
  const table = Buffer.from(sound.subarray(0, 208))
  table.fill(0, 4)
  join(latin('Xing'), u32(3, 1, 208)).copy(table, 4 + 17)
  return join(table, sound)
}

/** AAC in ADTS: empty frames in stereo, of 1,024 samples a block at 44,100 a second. */
export function adts(frames: number, blocks = 1, size = 32): Buffer {
  const frame = Buffer.alloc(size)
  const last = 0xfc | (blocks - 1)
  Buffer.from([0xff, 0xf1, 0x50, 0x80 | (size >> 11), (size >> 3) & 255, ((size & 7) << 5) | 0x1f, last]).copy(frame)
  return Buffer.alloc(size * frames, frame)
}

export const id3 = (body: Uint8Array, said = body.length) =>
  join(Buffer.from([73, 68, 51, 4, 0, 0, (said >> 21) & 127, (said >> 14) & 127, (said >> 7) & 127, said & 127]), body)

export const ape = (body: Uint8Array) => join(latin('APETAGEX'), le32(2_000), le32(body.length), Buffer.alloc(16), body)

/** A picture as tags have it: no sound, with now and then what begins as a frame does. */
export const cover = join(
  ...times(15, n => join(hex('ffd8'), Buffer.from([0xff, 0xe3, 0x10 + ((n % 14) << 4), 0]), Buffer.alloc(1_400, n))),
)

// ── WAV ──

type Wave = {
  coding?: number
  channels?: number
  rate: number
  block: number
  bits: number
  said?: number
  further?: number
}

export function waveHead({ coding = 1, channels = 1, rate, block, bits, further }: Wave): Buffer {
  const format = [
    le16(further === undefined ? coding : 0xfffe),
    le16(channels),
    le32(rate),
    le32(rate * block),
    le16(block),
    le16(bits),
  ]
  if (further !== undefined)
    format.push(le16(22), le16(bits), le32(4), le16(further), hex('000000001000800000aa00389b71'))
  const body = join(...format)
  return join(latin('RIFF'), le32(0x7fffffff), latin('WAVEfmt '), le32(body.length), body)
}
export const data = (bytes: number | Uint8Array, said?: number) => {
  const body = typeof bytes === 'number' ? Buffer.alloc(bytes, 3) : bytes
  return join(latin('data'), le32(said ?? body.length), body)
}

// ── Ogg ──

type Packets = { head: Buffer[]; packets: Buffer[]; samples: number }

/** Packets of frames of 20 ms: one of them, or as many as are asked for. */
export function opus(count: number, frames = 1): Packets {
  const start = frames === 1 ? [0xf8] : [0xfb, frames]
  const head = [join(latin('OpusHead\x01\x01'), le16(312), le32(48_000), Buffer.alloc(3))]
  head.push(join(latin('OpusTags'), le32(3), latin('abc'), le32(0)))
  return {
    head,
    packets: times(count, n => join(Buffer.from(start), Buffer.alloc(40 + (n % 9), 5))),
    samples: 960 * frames,
  }
}

/** Blocks of 2,048 samples, half of which are new, at 44,100 a second. */
export function vorbis(count: number): Packets {
  const first = join(latin('\x01vorbis'), le32(0), Buffer.from([1]), le32(44_100), Buffer.alloc(12), hex('b801'))
  const notes = join(latin('\x03vorbis'), le32(3), latin('abc'), le32(0), hex('01'))
  // Ends with two modes, of short blocks and of long ones, their count less one in front, and a bit.
  const bits = [...times(500, n => ((n * 7) % 3) & 1), ...[1, 0, 0, 0, 0, 0], ...mode(0, 0), ...mode(1, 1), 1]
  const packed = Buffer.alloc(Math.ceil(bits.length / 8))
  for (const [n, bit] of bits.entries()) packed[n >> 3]! |= bit << (n & 7)
  const head = [first, notes, join(latin('\x05vorbis'), packed)]
  // One packet more: the first one plays nothing.
  return { head, packets: times(count + 1, () => Buffer.alloc(90, 0b110)), samples: 1_024 }
}
const mode = (isLong: number, mapping: number) => [isLong, ...Array(32).fill(0), mapping, ...Array(7).fill(0)]

export function flacInOgg(count: number): Packets {
  const info = flac(0, 44_100).subarray(0, 42)
  const head = [join(hex('7f'), latin('FLAC'), hex('01000001'), info), join(hex('84000008'), le32(0), le32(0))]
  return { head, packets: times(count, n => flacFrame(n)), samples: 4_096 }
}

type Paged = { granule?: 'usual' | 'none' | 'late'; serial?: number; sum?: 'false'; each?: number }

/** A stream of its own, from its head to its end. */
export const ogg = (packets: Packets, options: Paged = {}) => join(...oggPages(packets, options))

/** The same page by page: two of the head, as a rule, and a page for every 50 packets. */
export function oggPages({ head, packets, samples }: Packets, options: Paged = {}): Buffer[] {
  const { granule = 'usual', serial = 7, each = 50 } = options
  const start = granule === 'late' ? 90_000_000 : 0
  const pages = head.map((packet, n) => page([packet], { flags: n === 0 ? 2 : 0, n, granule: 0n, ...options, serial }))
  for (let at = 0; at < packets.length; at += each) {
    const some = packets.slice(at, at + each)
    const end = granule === 'none' ? -1n : BigInt(start + (at + some.length) * samples)
    const flags = at + each >= packets.length ? 4 : 0
    pages.push(page(some, { flags, n: pages.length, granule: end, serial, ...(options.sum && { sum: options.sum }) }))
  }
  return pages
}

function page(
  packets: Buffer[],
  about: { flags: number; n: number; granule: bigint | string; serial: number; sum?: string },
) {
  const pieces = packets.flatMap(({ length }) => [...Array(Math.floor(length / 255)).fill(255), length % 255])
  const head = Buffer.alloc(27)
  head.write('OggS')
  head[5] = about.flags
  head.writeBigInt64LE(typeof about.granule === 'bigint' ? about.granule : 0n, 6)
  head.writeUInt32LE(about.serial, 14)
  head.writeUInt32LE(about.n, 18)
  head[26] = pieces.length
  const whole = join(head, Buffer.from(pieces), ...packets)
  if (!about.sum) whole.writeUInt32LE(pageSum(whole), 22)
  return whole
}

// ── FLAC ──

/** Frames of 4,096 samples, with no more than noise in them. */
export function flac(frames: number, rate: number, said = frames * 4_096): Buffer {
  const info = Buffer.alloc(34)
  info.writeUInt16BE(4_096, 0)
  info.writeUInt16BE(4_096, 2)
  info.writeBigUInt64BE((BigInt(rate) << 44n) | (15n << 36n) | BigInt(said), 10)
  return join(latin('fLaC'), hex('80000022'), info, ...times(frames, n => flacFrame(n)))
}

function flacFrame(n: number): Buffer {
  const number =
    n < 128
      ? [n]
      : n < 2_048
        ? [0xc0 | (n >> 6), 0x80 | (n & 63)]
        : [0xe0 | (n >> 12), 0x80 | ((n >> 6) & 63), 0x80 | (n & 63)]
  const head = Buffer.from([0xff, 0xf8, 0xc0, 0x08, ...number, 0])
  head[head.length - 1] = flacSum(head, 0, head.length - 1)
  return join(head, Buffer.alloc(60, n))
}

// ── MP4 ──

export const box = (name: string, ...parts: Uint8Array[]) => {
  const body = join(...parts)
  return join(u32(body.length + 8), latin(name), body)
}

type Sound = {
  samples: number
  /** Parts of a second, and how many of them a sample takes. */
  scale?: number
  delta?: number
  /** In the table of times; the table of sizes has all. */
  timed?: number
  coding?: Buffer
  size?: number
  /** Pieces that are shown, in thousandths of a second. */
  shown?: number[]
  fragments?: 'own' | 'head' | 'usual'
  brand?: string
  body?: Buffer
}

/** Descriptors in descriptors: a stream, how it is decoded, and the settings of AAC (1,024 samples, 44,100 hertz, mono). */
const esds = (objectType: number, settings = '') =>
  box(
    'esds',
    u32(0),
    hex('0319000100'),
    Buffer.from([4, 13 + settings.length / 2, objectType, 0x15]),
    Buffer.alloc(11),
    hex(settings),
  )
export const aacCoding = entry('mp4a', 44_100, esds(0x40, '05021208'))
export const mp3Coding = entry('mp4a', 44_100, esds(0x6b))
export const amrCoding = entry('samr', 8_000, box('damr', latin('abcd'), hex('00000001'), hex('01')))
export const alacCoding = entry('alac', 44_100, box('alac', u32(0, 4_096), Buffer.alloc(16), u32(44_100)))

function entry(name: string, rate: number, ...boxes: Buffer[]): Buffer {
  return box(name, Buffer.alloc(6), u16(1), Buffer.alloc(8), u16(1), u16(16), u32(0), u16(rate), u16(0), ...boxes)
}

/** A recording whose headers all say that it is one second. */
export function m4a(sound: Sound): Buffer {
  const { samples, scale = 44_100, delta = 1_024, timed = samples, coding = aacCoding, size = 20 } = sound
  const { shown, fragments, brand = 'M4A ', body = Buffer.alloc(samples * size, 0x3c) } = sound
  const [here, later] = fragments ? [0, samples] : [samples, 0]
  const stts = box('stts', u32(0, here ? 1 : 0), ...(here ? [u32(timed, delta)] : []))
  const stsz = box('stsz', u32(0, here ? size : 0, here))
  const stbl = box(
    'stbl',
    box('stsd', u32(0, 1), coding),
    stts,
    stsz,
    box('stsc', u32(0, 1, 1, here, 1)),
    box('stco', u32(0, 1, 40)),
  )
  const minf = box('minf', box('smhd', Buffer.alloc(8)), stbl)
  const mdia = box(
    'mdia',
    box('mdhd', u32(0, 0, 0, scale, scale, 0)),
    box('hdlr', u32(0, 0), latin('soun'), Buffer.alloc(13)),
    minf,
  )
  const edts = shown ? [box('edts', box('elst', u32(0, shown.length), ...shown.map(one => u32(one, 0, 65_536))))] : []
  const trak = box('trak', box('tkhd', u32(7, 0, 0, 1, 0, 1_000), Buffer.alloc(60)), ...edts, mdia)
  const trex = u32(0, 1, 1, fragments === 'usual' ? delta : 1, size, 0)
  const mvex = fragments ? [box('mvex', box('trex', trex))] : []
  const moov = box('moov', box('mvhd', u32(0, 0, 0, 1_000, 1_000), Buffer.alloc(80)), trak, ...mvex)
  const ftyp = box('ftyp', latin(brand), u32(512), latin(brand))
  if (!fragments) return join(ftyp, box('mdat', body), moov)
  return join(
    ftyp,
    moov,
    ...times(Math.ceil(later / 40), n => fragment(Math.min(40, later - 40 * n), { n, delta, size, fragments })),
  )
}

function fragment(
  count: number,
  { n, delta, size, fragments }: { n: number; delta: number; size: number; fragments: string },
) {
  const tfhd = fragments === 'head' ? box('tfhd', u32(0x20008, 1, delta)) : box('tfhd', u32(0x20000, 1))
  const run =
    fragments === 'own'
      ? box('trun', u32(0x301, count, 99), ...times(count, () => u32(delta, size)))
      : box('trun', u32(0x1, count, 99))
  const traf = box('traf', tfhd, box('tfdt', u32(0, 90_000_000 + n * 40 * delta)), run)
  return join(box('moof', box('mfhd', u32(0, n + 1)), traf), box('mdat', Buffer.alloc(count * size)))
}

// ── WebM ──

/** An element whose size is written in eight bytes, or is not known. */
export const element = (id: string, ...parts: Uint8Array[]) => {
  const body = join(...parts)
  return join(hex(id), hex('01000000'), u32(body.length), body)
}
const open = (id: string) => join(hex(id), hex('01ffffffffffffff'))

/** Packets of 20 ms, in clusters of a second. */
export function webm({
  packets,
  said = 1_000,
  scale = 1_000_000,
}: {
  packets: number
  said?: number
  scale?: number
}): Buffer {
  const duration = Buffer.alloc(8)
  duration.writeDoubleBE(said)
  const info = element('1549a966', element('2ad7b1', u32(scale)), element('4489', duration))
  const sound = element('e1', element('b5', hex('40e7700000000000')), element('9f', hex('01')))
  const track = element('ae', element('d7', hex('01')), element('83', hex('02')), element('86', latin('A_OPUS')), sound)
  const blocks = (from: number) =>
    times(Math.min(50, packets - from), n => element('a3', hex('81'), u16(n * 20), hex('80'), Buffer.alloc(40, 0xf8)))
  const clusters = times(Math.ceil(packets / 50), n =>
    join(open('1f43b675'), element('e7', u32(n * 1_000)), ...blocks(n * 50)),
  )
  const head = element('1a45dfa3', element('4282', latin('webm')))
  return join(head, open('18538067'), info, element('1654ae6b', track), ...clusters)
}
