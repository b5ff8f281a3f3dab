import { type Page, pagesOf } from '../ogg-pages.ts'
import { openSource, type Source } from '../source.ts'
import { dearer } from './dearer.ts'
import { flacFrame, opusSamples, type VorbisModes, vorbisBlock, vorbisModes } from './packets.ts'

/**
 * Returns the seconds of an Ogg file of Opus, Vorbis or FLAC. Streams that begin together play together, and the
 * longest counts. Later streams play afterwards and are added. Undefined if no stream has audio, or if one has audio
 * that cannot be measured. Call it only after `checkOgg`.
 */
export function oggSeconds(path: string): number | undefined {
  using source = openSource(path)
  const links: Stream[][] = []
  const streams = new Map<number, Stream>()
  let isHead = false
  for (const page of pagesOf(source)) {
    let stream = page.isFirst ? undefined : streams.get(page.serial)
    if (!stream) {
      stream = openStream(source, page)
      streams.set(page.serial, stream)
      if (isHead) links.at(-1)!.push(stream)
      else links.push([stream])
    }
    isHead = page.isFirst
    stream.take(source, page)
  }
  const lengths = links.map(link => link.map(stream => stream.seconds()))
  if (lengths.flat().some(length => Number.isNaN(length))) return undefined
  const seconds = lengths.reduce((sum, link) => sum + Math.max(...link), 0)
  return seconds > 0 ? seconds : undefined
}

/** Samples of a packet by its first bytes and its number in the stream. */
type Codec = {
  rate(): number
  samples(start: Buffer, n: number): number
  /** Samples that a player skips at the start. */
  skipped: number
  /** Receives the end of the packet with the settings. */
  settings?(tail: Buffer): void
}

type Stream = { take(source: Source, page: Page): void; seconds(): number }

const startBytes = 32
// 64 modes of Vorbis and their end.
const tailBytes = 512

function openStream(source: Source, first: Page): Stream {
  const codec = codecOf(Buffer.from(source.at(first.body, Math.min(first.bytes, 64))))
  let [packets, samples, isOpen] = [0, 0, false]
  let tail = Buffer.alloc(0)
  let from: number | undefined
  let to = 0

  function take(source: Source, page: Page) {
    let [at, ended] = [page.body, 0]
    // The continuation of a packet whose first page is missing is not playable.
    let isRest = page.isContinued
    if (!page.isContinued) isOpen = false
    let bytes = 0
    for (const [n, piece] of page.pieces.entries()) {
      bytes += piece
      const isEnd = piece < 255
      if (!isEnd && n < page.pieces.length - 1) continue
      const isKnown = !isRest || isOpen
      if (!isRest) samples += codec.samples(Buffer.from(source.at(at, Math.min(bytes, startBytes))), packets)
      if (codec.settings && packets === 2 && isKnown) {
        const last = Math.min(bytes, tailBytes)
        tail = Buffer.concat([tail, source.at(at + bytes - last, last)]).subarray(-tailBytes)
        if (isEnd) codec.settings(tail)
      }
      if (isEnd) ended += 1
      if (isEnd && isKnown) packets += 1
      at += bytes
      bytes = 0
      isOpen = !isEnd && isKnown
      isRest = false
    }
    if (page.granule === undefined || ended === 0 || samples === 0) return
    from ??= page.granule - samples
    to = page.granule
  }

  function seconds(): number {
    // Granules count silence without packets, and where the last packet is cut.
    const packets = samples - codec.skipped
    if (packets <= 0) return 0
    const rate = codec.rate()
    return from === undefined ? packets / rate : dearer((to - from - codec.skipped) / rate, packets / rate)
  }
  return { take, seconds }
}

const none: Codec = { rate: () => 1, samples: () => 0, skipped: 0 }

function codecOf(head: Buffer): Codec {
  const word = head.toString('latin1', 0, 8)
  if (word === 'OpusHead') {
    // Encoders need 80 ms (RFC 7845 §4.2). More would hide audio.
    const skipped = head.length < 12 ? 0 : Math.min(head.readUInt16LE(10), 3_840)
    return { rate: () => 48_000, samples: (start, n) => (n < 2 ? 0 : opusSamples(start)), skipped }
  }
  if (word.startsWith('\x01vorbis')) return vorbis(head)
  if (word.startsWith('\x7fFLAC')) return flac(head)
  return none
}

function vorbis(head: Buffer): Codec {
  const rate = head.length < 30 ? 0 : head.readUInt32LE(12)
  const sizes: [number, number] = [2 ** (head[28]! & 15), 2 ** (head[28]! >> 4)]
  let modes: VorbisModes | undefined
  let last: number | undefined
  return {
    skipped: 0,
    // Without its modes it cannot be played.
    rate: () => (modes && rate > 0 ? rate : Number.NaN),
    settings(tail) {
      modes = vorbisModes(tail, sizes)
    },
    samples(start, n) {
      if (n < 3) return 0
      const block = modes ? vorbisBlock(modes, start) : sizes[1]
      if (block === undefined) return 0
      const played = last === undefined ? 0 : (last + block) / 4
      last = block
      return played
    },
  }
}

// A FLAC file's header follows after five bytes and a count.
function flac(head: Buffer): Codec {
  const rate = head.length < 51 ? 0 : head.readUIntBE(27, 3) >> 4
  return {
    skipped: 0,
    rate: () => (rate > 0 ? rate : Number.NaN),
    samples(start, n) {
      const frame = n === 0 ? undefined : flacFrame(start, 0)
      if (!frame) return 0
      return frame.rate > 0 ? (frame.samples * rate) / frame.rate : frame.samples
    },
  }
}
