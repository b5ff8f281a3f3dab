import { type FileHandle, open } from 'node:fs/promises'
import { type Frame, frameAt, frameHeadBytes, isAlike } from './frames.ts'

/**
 * Seconds of sound in an MP3 or AAC file, counted frame by frame: what is paid by the second is not taken from a header
 * that anybody can write. Undefined if there is no frame. Reads the file twice: a frame counts that others follow, and
 * where lone frames are more than half a second longer, those count too, since players play them.
 */
export async function framedSeconds(path: string): Promise<number | undefined> {
  await using file = await open(path)
  const { size } = await file.stat()
  // Tags are not passed over here: no cover holds a chain, and a tag may say that it covers the sound.
  const chains = await chained(file, size)
  const [main] = [...chains].sort(([, one], [, other]) => seconds(other) - seconds(one))
  if (!main) return undefined
  const from = await tagBytes(file)
  const loose = await lone(file, from, size)
  let total = 0
  for (const [stream, sum] of loose) {
    const inChains = seconds(chains.get(stream))
    // By chance some of anything looks like frames, of all kinds, and they are few of each.
    const isMany = stream === main[0] || (sum.frames >= 20 && sum.bytes > (size - from) / 100)
    total += isMany && seconds(sum) > inChains + 0.5 ? seconds(sum) : inChains
  }
  for (const [stream, sum] of chains) if (!loose.has(stream)) total += seconds(sum)
  return total
}

/** Samples of a stream's frames, which all have one rate in hertz. */
type Sum = { samples: number; rate: number }
const seconds = (sum: Sum | undefined) => (sum ? sum.samples / sum.rate : 0)

/** What frames of one stream have in common: version, layer, rate and channels. */
const streamOf = (window: Buffer, at: number, { rate }: Frame) => `${window[at + 1]} ${rate} ${window[at + 3]! >> 6}`

/** Samples of the frames that others follow, by their stream. */
async function chained(file: FileHandle, size: number): Promise<Map<string, Sum>> {
  const found = new Map<string, Sum>()
  let isChained = false
  let isFirst = true
  await eachWindow(file, 0, size, (window, end) => {
    let at = 0
    while (at <= end) {
      const frame = frameAt(window, at)
      // In between lie covers and tags, and what looks like a frame in them is followed by none.
      if (!frame || frame.bytes < frameHeadBytes || !isFollowed(window, at, frame, isChained ? 1 : 2)) {
        isChained = false
        at = nextSync(window, at, end)
        continue
      }
      // The first frame may be a table of the others. A later one that says so is sound for players.
      const isTable = isFirst && /Xing|Info|VBRI/.test(window.toString('latin1', at, at + 64))
      isFirst = false
      isChained = true
      const stream = streamOf(window, at, frame)
      const sum = found.get(stream) ?? { samples: 0, rate: frame.rate }
      if (!isTable && at + frame.bytes <= window.length) sum.samples += frame.samples
      found.set(stream, sum)
      at += frame.bytes
    }
    return at
  })
  return found
}

/** Samples, bytes and number of whatever looks like a frame, by its stream; those of one stream do not overlap. */
async function lone(file: FileHandle, from: number, size: number) {
  const found = new Map<string, Sum & { frames: number; bytes: number; end: number }>()
  let passed = from
  await eachWindow(file, from, size, (window, end) => {
    let at = 0
    for (; at <= end; at = nextSync(window, at, end)) {
      const frame = frameAt(window, at)
      if (!frame || frame.bytes < frameHeadBytes || at + frame.bytes > window.length) continue
      const stream = streamOf(window, at, frame)
      const sum = found.get(stream) ?? { samples: 0, rate: frame.rate, frames: 0, bytes: 0, end: 0 }
      if (passed + at < sum.end) continue
      found.set(stream, sum)
      sum.samples += frame.samples
      sum.frames += 1
      sum.bytes += frame.bytes
      sum.end = passed + at + frame.bytes
    }
    passed += at
    return at
  })
  return found
}

/** Where the next frame may begin. */
function nextSync(window: Buffer, at: number, end: number): number {
  const next = window.indexOf(0xff, at + 1)
  return next < 0 ? end + 1 : Math.min(next, end + 1)
}

/** Whether so many frames of its kind stand behind a frame, each where the one before says, or the file or a tag ends them. */
function isFollowed(window: Buffer, at: number, frame: Frame, following: number): boolean {
  let [last, end] = [frame, at + frame.bytes]
  for (let n = 0; n < following; n++) {
    if (end + frameHeadBytes > window.length) return end <= window.length || following === 1
    const next = frameAt(window, end)
    if (!next) return /^(?:TAG|ID3|APETAGEX|LYRICSBEGIN)/.test(window.toString('latin1', end, end + 11))
    if (!isAlike(next, last) || next.bytes < frameHeadBytes) return false
    last = next
    end += next.bytes
  }
  return true
}

const windowBytes = 262_144
// Three of the longest frames.
const aheadBytes = 24_576

/**
 * Goes through a file in windows that overlap by as much as a chain needs. `look` gives the position in the window that it
 * came to, which is behind `end`; the next window begins there.
 */
async function eachWindow(file: FileHandle, from: number, size: number, look: (window: Buffer, end: number) => number) {
  const room = Buffer.alloc(windowBytes)
  for (let [position, isLast] = [from, false]; !isLast && position < size; ) {
    const window = await read(file, position, room)
    isLast = window.length < windowBytes || position + window.length >= size
    position += look(window, window.length - (isLast ? frameHeadBytes : aheadBytes))
  }
}

// Tags stand in front, several of them in files that programs took turns with, and may hold pictures. ID3v2 writes its
// length in 7 bits a byte (id3.org, ID3v2.4 §3.1), APEv2 in 32 bits without its header.
async function tagBytes(file: FileHandle): Promise<number> {
  let from = 0
  const room = Buffer.alloc(32)
  for (let tags = 0; tags < mostTags; tags++) {
    const head = await read(file, from, room)
    if (head.length < 32) break
    if (head.toString('latin1', 0, 3) === 'ID3') {
      const bytes = [6, 7, 8, 9].reduce((sum, at) => sum * 128 + (head[at]! & 127), 0)
      from += 10 + bytes + (head[5]! & 0x10 ? 10 : 0)
    } else if (head.toString('latin1', 0, 8) === 'APETAGEX') from += 32 + head.readUInt32LE(12)
    else break
  }
  return from
}

const mostTags = 16

async function read(file: FileHandle, position: number, room: Buffer): Promise<Buffer> {
  const { bytesRead } = await file.read(room, 0, room.length, position)
  return room.subarray(0, bytesRead)
}
