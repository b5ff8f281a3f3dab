import { most } from '../limits.ts'
import { openSource } from '../source.ts'
import { framedSeconds } from './audio-length.ts'

/**
 * Returns the seconds of a WAV file, by the bytes in all its data chunks: players play them in sequence. Undefined
 * without data, or if the coding does not relate bytes to time.
 */
export async function waveSeconds(path: string): Promise<number | undefined> {
  const { data, formats } = chunks(path)
  if (data === 0 || formats.length === 0) return undefined
  const lengths: (number | undefined)[] = []
  for (const head of formats) {
    if (codingOf(head) === codings.mp3) lengths.push(await framedSeconds(path))
    else lengths.push(data / bytesPerSecond(head))
  }
  // If two formats contradict each other, the one with the higher price counts.
  const seconds = Math.max(...lengths.map(length => length ?? Number.NaN))
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined
}

function chunks(path: string): { data: number; formats: Buffer[] } {
  using source = openSource(path)
  const formats: Buffer[] = []
  let data = 0
  for (let [at, count] = [12, 0]; at + 8 <= source.size && count <= most.riffChunks; count++) {
    const head = source.at(at, 48)
    const id = head.toString('latin1', 0, 4)
    const bytes = head.readUInt32LE(4)
    if (id === 'fmt ' && head.length >= 24 && formats.length < maxFormats) formats.push(Buffer.from(head))
    const there = source.size - at - 8
    // The encoder of a stream did not know the length and left all ones, or zero.
    const isOpen = id === 'data' && (bytes === 0 || bytes > there)
    if (id === 'data') data += isOpen ? there : bytes
    if (isOpen) break
    at += 8 + bytes + (bytes % 2)
  }
  return { data, formats }
}

const maxFormats = 10

// RFC 2361: in PCM, floats, A-law and µ-law each sample has fixed bytes. An extended header holds the coding further
// on.
const codings = { whole: [1, 3, 6, 7], msAdpcm: 2, imaAdpcm: 0x11, gsm: 0x31, mp3: 0x55, further: 0xfffe }

function codingOf(head: Buffer): number {
  const coding = head.readUInt16LE(8)
  return coding === codings.further && head.length >= 34 ? head.readUInt16LE(32) : coding
}

/** Reads the format chunk. If numbers contradict each other, the ones with the higher price count. */
function bytesPerSecond(head: Buffer): number {
  const coding = codingOf(head)
  const [channels, rate] = [head.readUInt16LE(10), head.readUInt32LE(12)]
  const [block, bits] = [head.readUInt16LE(20), head.readUInt16LE(22)]
  // Samples per block and channel: the block's header holds the first ones, the rest is packed.
  if (coding === codings.imaAdpcm) {
    const each = bits >= 2 && bits <= 5 ? bits : 4
    return (rate * block) / (((block - 4 * channels) * 8) / (each * channels) + 1)
  }
  if (coding === codings.msAdpcm) return (rate * block) / (((block - 7 * channels) * 2) / channels + 2)
  if (coding === codings.gsm) return (rate * 65) / 320
  if (!codings.whole.includes(coding)) return Number.NaN
  return rate * Math.min(block, channels * Math.ceil(bits / 8) || block)
}
