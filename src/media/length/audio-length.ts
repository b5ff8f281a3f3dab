import { type FileHandle, open } from 'node:fs/promises'
import { type Frame, firstChain, frameAt, frameHeadBytes, isAlike } from './frames.ts'

/**
 * Returns the seconds of audio in an MP3 or AAC file, counted frame by frame: prices per second must not rely on a
 * header that anyone can edit. Undefined if there is no frame. A frame counts if others follow it. Isolated frames
 * count too if they add up to more than half a second, since players play them.
 */
export async function framedSeconds(path: string): Promise<number | undefined> {
  await using file = await open(path)
  const { size } = await file.stat()
  const { chained, lone } = await streams(file, { size, tags: await tagBytes(file) })
  const [main] = [...chained].sort(([, one], [, other]) => seconds(other) - seconds(one))
  if (!main) return undefined
  let total = 0
  for (const sum of chained.values()) total += seconds(sum)
  for (const [stream, sum] of lone) {
    // Random bytes resemble frames of all kinds, but only a few of each.
    const isMany = stream === main[0] || (sum.frames >= 20 && sum.bytes > size / 100)
    if (isMany && seconds(sum) > 0.5) total += seconds(sum)
  }
  return total
}

/** The total of a stream's frames, which all have one rate in hertz. Isolated frames must not overlap. */
type Sum = { samples: number; rate: number; frames: number; bytes: number; end: number }
const seconds = ({ samples, rate }: Sum) => samples / rate

/** What frames of one stream have in common: version, layer, rate and channels. */
function streamOf(window: Buffer, at: number, { kind }: Frame): number {
  const rate = (window[at + 2]! >> 2) & (kind === 'aac' ? 15 : 3)
  return window[at + 1]! * 1_024 + rate * 4 + (window[at + 3]! >> 6)
}

function add(sums: Map<number, Sum>, stream: number, { samples, rate, bytes }: Frame, at: number): void {
  const sum = sums.get(stream) ?? { samples: 0, rate, frames: 0, bytes: 0, end: 0 }
  if (at < sum.end) return
  sum.samples += samples
  sum.frames += 1
  sum.bytes += bytes
  sum.end = at + bytes
  sums.set(stream, sum)
}

// Tags are searched too: a cover holds no chain of frames, and a tag could claim to cover the audio. Isolated frames
// within tags do not count.
async function streams(file: FileHandle, { size, tags }: { size: number; tags: number }) {
  const [chained, lone] = [new Map<number, Sum>(), new Map<number, Sum>()]
  let isChained = false
  let isFirst = true
  await eachWindow(file, size, (window, end, position) => {
    let at = 0
    while (at <= end) {
      const frame = frameAt(window, at)
      const isFrame = frame && frame.bytes >= frameHeadBytes
      const isWhole = isFrame && at + frame.bytes <= window.length
      // Between them are covers and tags. Bytes that resemble a frame there are not followed by one.
      if (!isFrame || !isFollowed(window, at, frame, isChained ? 1 : 2) || hidesFrames(window, at, frame)) {
        if (isWhole && position + at >= tags) add(lone, streamOf(window, at, frame), frame, position + at)
        isChained = false
        at = nextSync(window, at, end)
        continue
      }
      // The first frame may be a table of the others. Players play a later one that claims to be a table.
      const isTable = isFirst && /Xing|Info|VBRI/.test(window.toString('latin1', at, at + 64))
      isFirst = false
      isChained = true
      if (!isTable && isWhole) add(chained, streamOf(window, at, frame), frame, position + at)
      at += frame.bytes
    }
    return at
  })
  return { chained, lone }
}

/** Returns where the next frame may begin. */
function nextSync(window: Buffer, at: number, end: number): number {
  const next = window.indexOf(0xff, at + 1)
  return next < 0 ? end + 1 : Math.min(next, end + 1)
}

/** The rest of a cut header plus the bytes after it can resemble one long frame that spans all the real frames. */
const hidesFrames = (window: Buffer, at: number, { bytes }: Frame): boolean =>
  firstChain(window.subarray(at + 1, at + bytes)) !== undefined

/**
 * Returns whether this many frames of its kind follow a frame, each at the stated position, or the file or a tag ends
 * the chain.
 */
function isFollowed(window: Buffer, at: number, frame: Frame, following: number): boolean {
  let [last, end] = [frame, at + frame.bytes]
  for (let n = 0; n < following; n++) {
    // A frame longer than the file would hide the rest of the file.
    if (end + frameHeadBytes > window.length) return end <= window.length
    const next = frameAt(window, end)
    if (!next) return /^(?:TAG|ID3|APETAGEX|LYRICSBEGIN)/.test(window.toString('latin1', end, end + 11))
    if (!isAlike(next, last) || next.bytes < frameHeadBytes) return false
    last = next
    end += next.bytes
  }
  return true
}

const windowBytes = 262_144
// Three times the longest frame.
const aheadBytes = 24_576

/**
 * Reads a file in windows that overlap by the length of a chain. `advance` returns the position in the window that it
 * reached, which is after `end`. The next window begins there.
 */
async function eachWindow(file: FileHandle, size: number, advance: ReadWindow) {
  const room = Buffer.alloc(windowBytes)
  for (let [position, isLast] = [0, false]; !isLast && position < size; ) {
    const window = await read(file, position, room)
    isLast = window.length < windowBytes || position + window.length >= size
    position += advance(window, window.length - (isLast ? frameHeadBytes : aheadBytes), position)
  }
}

type ReadWindow = (window: Buffer, end: number, position: number) => number

// Tags come first. Files edited by several programs have several, possibly with pictures. ID3v2 writes its length in 7
// bits a byte (id3.org, ID3v2.4 §3.1), APEv2 in 32 bits without its header.
async function tagBytes(file: FileHandle): Promise<number> {
  let from = 0
  const room = Buffer.alloc(32)
  for (let tags = 0; tags < maxTags; tags++) {
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

const maxTags = 16

async function read(file: FileHandle, position: number, room: Buffer): Promise<Buffer> {
  const { bytesRead } = await file.read(room, 0, room.length, position)
  return room.subarray(0, bytesRead)
}
