// The length of audio in a packet, by its first bytes.

/** Returns the samples of an Opus packet at 48,000 a second (RFC 6716 §3.1). */
export function opusSamples(packet: Buffer): number {
  if (packet.length === 0) return 0
  const config = packet[0]! >> 3
  const size = config < 12 ? silk[config & 3]! : config < 16 ? hybrid[config & 1]! : celt[config & 3]!
  const code = packet[0]! & 3
  const frames = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 63
  return Math.min(frames * size, maxOpusSamples)
}

const silk = [480, 960, 1_920, 2_880]
const hybrid = [480, 960]
const celt = [120, 240, 480, 960]
const maxOpusSamples = 5_760 // decoders accept at most 120 ms

/** The block sizes of a Vorbis stream by mode, and the mask for the mode in a packet's first byte. */
export type VorbisModes = { mask: number; sizes: number[] }

/**
 * Reads the modes from the end of the third header. You cannot skip what precedes them without reading all of it, so
 * this reads backwards from the last bit (Vorbis I §4.2.4): one end bit, then 41 bits for each mode, whose type is 0.
 * The number before the first mode is their count. Undefined if there is no such place.
 */
export function vorbisModes(tail: Buffer, sizes: readonly [number, number]): VorbisModes | undefined {
  let at = tail.length * 8 - 1
  const bit = (position: number) => (tail[position >> 3]! >> (position & 7)) & 1
  const bits = (from: number, count: number) => {
    let value = 0
    for (let n = count - 1; n >= 0; n--) value = value * 2 + bit(from + n)
    return value
  }
  while (at > 97 && !bit(at)) at--
  let found = 0
  for (let count = 1; count <= 64; count++) {
    const from = at - 41 * count
    if (from < 6 || bits(from + 33, 8) > 63 || bits(from + 1, 16) > 0 || bits(from + 17, 16) > 0) break
    if (bits(from - 6, 6) + 1 === count) found = count
  }
  if (found === 0) return undefined
  const first = at - 41 * found
  const order = Array.from({ length: found }, (_, n) => sizes[bit(first + 41 * n) as 0 | 1])
  return { mask: 2 ** Math.ceil(Math.log2(found)) - 1, sizes: order }
}

/**
 * Returns the samples of a block. A packet plays half of this block and half of the one before. Undefined for a header.
 */
export function vorbisBlock({ mask, sizes }: VorbisModes, packet: Buffer): number | undefined {
  if (packet.length === 0 || packet[0]! & 1) return undefined
  return sizes[(packet[0]! >> 1) & mask]
}

/**
 * A FLAC frame: samples, their rate in hertz (0: the rate of the file's header), and what it shares with its
 * neighbours.
 */
export type FlacFrame = { samples: number; rate: number; number: number; kind: number }

/** Returns the frame whose header is at this position (RFC 9639 §9.1), if its checksum is right. */
export function flacFrame(bytes: Buffer, at: number): FlacFrame | undefined {
  if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xfe) !== 0xf8) return undefined
  const [third, fourth] = [bytes[at + 2]!, bytes[at + 3]!]
  const [size, rate] = [third >> 4, third & 15]
  if (size === 0 || rate === 15 || fourth >> 4 > 10 || fourth & 1) return undefined
  const numbered = flacNumber(bytes, at + 4)
  if (!numbered) return undefined
  let end = numbered.end
  const more = (count: number) => {
    end += count
    return end <= bytes.length ? bytes.readUIntBE(end - count, count) : 0
  }
  const samples = size === 6 ? more(1) + 1 : size === 7 ? more(2) + 1 : flacSizes(size)
  const hertz = rate === 12 ? more(1) * 1_000 : rate === 13 ? more(2) : rate === 14 ? more(2) * 10 : flacRates[rate]!
  if (end >= bytes.length || bytes[end] !== flacSum(bytes, at, end)) return undefined
  const isVariable = bytes[at + 1]! & 1
  return { samples, rate: hertz, number: numbered.value, kind: isVariable * 65_536 + rate * 256 + fourth }
}

/** Bytes of the longest frame header. */
export const flacHeadBytes = 16

const flacRates = [0, 88_200, 176_400, 192_000, 8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 0, 0, 0]
const flacSizes = (code: number) => (code === 1 ? 192 : code < 6 ? 576 * 2 ** (code - 2) : 256 * 2 ** (code - 8))

// Encoded as in UTF-8, in up to seven bytes.
function flacNumber(bytes: Buffer, at: number): { value: number; end: number } | undefined {
  const first = bytes[at] ?? 0x80
  const length = Math.clz32(~(first << 24))
  if (length === 0) return { value: first, end: at + 1 }
  if (length === 1 || length > 7) return undefined
  let value = first & (0x7f >> length)
  for (let n = 1; n < length; n++) {
    const byte = bytes[at + n] ?? 0
    if ((byte & 0xc0) !== 0x80) return undefined
    value = value * 64 + (byte & 63)
  }
  return { value, end: at + length }
}

const sums = Uint8Array.from({ length: 256 }, (_, n) => {
  let sum = n
  for (let bit = 0; bit < 8; bit++) sum = sum & 0x80 ? (sum << 1) ^ 7 : sum << 1
  return sum
})

export function flacSum(bytes: Buffer, from: number, end: number): number {
  let sum = 0
  for (let at = from; at < end; at++) sum = sums[sum ^ bytes[at]!]!
  return sum
}
