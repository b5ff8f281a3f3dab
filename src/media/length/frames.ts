/** One frame of MPEG audio: its bytes in the file, its samples, and their rate (hertz). */
export type Frame = { kind: 'mp3' | 'mp2' | 'mp1' | 'aac'; bytes: number; samples: number; rate: number }

/** Bytes of the longest frame header. */
export const frameHeadBytes = 6

// kbit/s by index (ISO 11172-3 §2.4.2.3): MPEG-1 by layer, and MPEG-2 and 2.5 (ISO 13818-3), where II and III are
// alike.
const bitrates = {
  one: [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  ],
  two: [
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  ],
}
const rates = [44_100, 48_000, 32_000]
/** Rates in hertz by their index (ISO 14496-3 §1.6.3.4). */
export const aacRates = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
]

/**
 * Returns the frame at this position: MPEG audio of any layer, or AAC in ADTS. Frames with a free bit rate have no
 * length and are ignored.
 */
export function frameAt(bytes: Buffer, at: number): Frame | undefined {
  const second = bytes[at + 1]!
  if (bytes[at] !== 0xff || (second & 0xe0) !== 0xe0) return undefined
  const layer = (second >> 1) & 3
  if (layer > 0) return layered(bytes, at, (second >> 3) & 3, 4 - layer)
  return (second & 0xf0) === 0xf0 ? adts(bytes, at) : undefined
}

function layered(bytes: Buffer, at: number, version: number, layer: number): Frame | undefined {
  const third = bytes[at + 2]!
  const isOne = version === 3
  const kbps = (isOne ? bitrates.one : bitrates.two)[layer - 1]![third >> 4]
  const base = rates[(third >> 2) & 3]
  if (version === 1 || !kbps || !base) return undefined
  const rate = base / (isOne ? 1 : version === 2 ? 2 : 4)
  const padding = (third >> 1) & 1
  if (layer === 1) return { kind: 'mp1', samples: 384, rate, bytes: (Math.floor((12_000 * kbps) / rate) + padding) * 4 }
  const samples = layer === 3 && !isOne ? 576 : 1_152
  return {
    kind: layer === 3 ? 'mp3' : 'mp2',
    samples,
    rate,
    bytes: Math.floor((samples * 125 * kbps) / rate) + padding,
  }
}

// A frame holds one to four blocks, each of at most 6,144 bits a channel (ISO 14496-3 §4.5.3.2). A longer frame holds
// more blocks than it says.
function adts(bytes: Buffer, at: number): Frame | undefined {
  const [third, fourth] = [bytes[at + 2]!, bytes[at + 3]!]
  const rate = aacRates[(third >> 2) & 15]
  if (!rate) return undefined
  const length = ((fourth & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5)
  const channels = aacChannels(((third & 1) << 2) | (fourth >> 6))
  // The last byte of the header is after those that a chain needs. If it is cut off, assume one block.
  const stated = ((bytes[at + 6] ?? 0) & 3) + 1
  const blocks = Math.max(stated, Math.floor(length / (maxAacBytes * channels)))
  return { kind: 'aac', samples: 1_024 * blocks, rate, bytes: length }
}

/** The most bytes of one AAC block per channel. */
export const maxAacBytes = 768
/** Channels by their index. 0 is described elsewhere; 7 means eight. */
export const aacChannels = (number: number) => (number === 0 || number >= 7 ? 8 : number)

/** Returns whether these frames belong to one stream, which has one rate and one kind. */
export const isAlike = (a: Frame, b: Frame) =>
  a.rate === b.rate && a.kind === b.kind && (a.kind === 'aac' || a.samples === b.samples)

const chainFrames = 3

/** Returns the kind of the first three consecutive frames of MP3 or AAC. For parts of a file that may not be audio. */
export function firstChain(bytes: Buffer): 'mp3' | 'aac' | undefined {
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const frame = frameAt(bytes, at)
    if ((frame?.kind === 'mp3' || frame?.kind === 'aac') && isChain(bytes, at, frame)) return frame.kind
  }
  return undefined
}

function isChain(bytes: Buffer, at: number, first: Frame): boolean {
  let [last, end] = [first, at + first.bytes]
  for (let n = 1; n < chainFrames; n++) {
    const next = last.bytes < frameHeadBytes || end + frameHeadBytes > bytes.length ? undefined : frameAt(bytes, end)
    if (!next || !isAlike(next, last)) return false
    last = next
    end += next.bytes
  }
  return true
}
