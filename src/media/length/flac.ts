import { openSource, type Source } from '../source.ts'
import { type FlacFrame, flacFrame, flacHeadBytes } from './packets.ts'

/**
 * Returns the seconds of a FLAC file that begins at `from`: the sum of its frames, or what the file's header says if
 * that is more. Undefined without a frame.
 */
export function flacSeconds(path: string, from: number): number | undefined {
  using source = openSource(path)
  const head = source.at(from, 42)
  if (head.length < 42) return undefined
  // The first block holds the rate (20 bits) and the samples (36 bits) after 10 bytes of sizes (RFC 9639 §8.2).
  const rate = head.readUIntBE(18, 3) >> 4
  const stated = (head[21]! & 15) * 2 ** 32 + head.readUInt32BE(22)
  const found = frames(source, behindBlocks(source, from), rate)
  return found > 0 && rate > 0 ? Math.max(found, stated / rate) : undefined
}

function behindBlocks(source: Source, from: number): number {
  for (let at = from + 4; ; ) {
    const head = source.at(at, 4)
    if (head.length < 4) return source.size
    at += 4 + head.readUIntBE(1, 3)
    if (head[0]! & 0x80) return at
  }
}

const windowBytes = 262_144

/**
 * Returns the seconds of all frames. Frames do not state their length in bytes, so the next one is searched byte by
 * byte.
 */
function frames(source: Source, from: number, rate: number): number {
  let seconds = 0
  let last: FlacFrame | undefined
  for (let [at, isLast] = [from, false]; !isLast && at < source.size; at += windowBytes - flacHeadBytes) {
    const window = source.at(at, windowBytes)
    isLast = at + window.length >= source.size
    const end = isLast ? window.length : window.length - flacHeadBytes
    for (let n = window.indexOf(0xff); n >= 0 && n < end; n = window.indexOf(0xff, n + 1)) {
      const frame = flacFrame(window, n)
      // One in a hundred million bytes of audio resembles a frame by chance. Such a frame differs from its neighbours.
      if (!frame || (last && frame.kind !== last.kind && !isNext(frame, last))) continue
      seconds += frame.samples / (frame.rate || rate || Number.NaN)
      last = frame
    }
  }
  return seconds
}

const isNext = (frame: FlacFrame, last: FlacFrame) =>
  frame.number === 0 || frame.number === last.number + 1 || frame.number === last.number + last.samples
