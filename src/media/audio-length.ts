import { type FileHandle, open } from 'node:fs/promises'

/**
 * Seconds of sound in an MP3 or AAC file, counted frame by frame: what is paid by the second is not taken from a header
 * that anybody can write. Undefined if there is no frame. Reads the file twice: a frame counts that others follow, and
 * where lone frames of the same rate are more than half a second longer, those count too, since players play them.
 */
export async function framedSeconds(path: string): Promise<number | undefined> {
  await using file = await open(path)
  const { size } = await file.stat()
  const from = await tagBytes(file)
  const chains = await samplesByRate(file, from, size, follows)
  const [main] = [...chains].sort(([rate, samples], [otherRate, others]) => others / otherRate - samples / rate)
  if (!main) return undefined
  const chained = [...chains].reduce((seconds, [rate, samples]) => seconds + samples / rate, 0)
  const all = await samplesByRate(file, from, size, (_, __, { rate }) => rate === main[0])
  const loose = (all.get(main[0]) ?? 0) / main[0]
  return loose > chained + 0.5 ? loose : chained
}

type IsSound = (window: Buffer, at: number, frame: Frame, following: number) => boolean

/** Samples of the frames that are sound, by their rate in hertz. */
async function samplesByRate(file: FileHandle, from: number, size: number, isSound: IsSound) {
  const found = new Map<number, number>()
  let position = from
  let isChained = false
  let isFirst = true
  for (let isLast = false; !isLast && position < size; ) {
    const window = await read(file, position, windowBytes)
    isLast = window.length < windowBytes || position + window.length >= size
    const end = window.length - (isLast ? headBytes : aheadBytes)
    let at = 0
    while (at <= end) {
      const frame = frameAt(window, at)
      // In between lie covers and tags, and what looks like a frame in them is followed by none.
      if (!frame || frame.bytes < headBytes || !isSound(window, at, frame, isChained ? 1 : 2)) {
        isChained = false
        at += 1
        continue
      }
      // The first frame may be a table of the others. A later one that says so is sound for players.
      const isTable = isFirst && /Xing|Info|VBRI/.test(window.toString('latin1', at, at + 64))
      isFirst = false
      isChained = true
      if (!isTable && at + frame.bytes <= window.length)
        found.set(frame.rate, (found.get(frame.rate) ?? 0) + frame.samples)
      at += frame.bytes
    }
    position += at
  }
  return found
}

/** Whether so many frames of its kind stand behind a frame, each where the one before says, or the file or a tag ends them. */
const follows: IsSound = (window, at, frame, following) => {
  let [last, end] = [frame, at + frame.bytes]
  for (let n = 0; n < following; n++) {
    if (end + headBytes > window.length) return end <= window.length || following === 1
    const next = frameAt(window, end)
    if (!next) return /^(?:TAG|ID3|APETAGEX|LYRICSBEGIN)/.test(window.toString('latin1', end, end + 11))
    if (next.rate !== last.rate || next.samples !== last.samples || next.bytes < headBytes) return false
    last = next
    end += next.bytes
  }
  return true
}

/** Seconds of a WAV file by the bytes that are there. Undefined if it has no format or no data. */
export async function waveSeconds(path: string): Promise<number | undefined> {
  await using file = await open(path)
  const { size } = await file.stat()
  let bytesPerSecond = 0
  let position = 12
  for (let chunks = 0; chunks < 1_000 && position + 8 <= size; chunks += 1) {
    const head = await read(file, position, 24)
    const id = head.toString('latin1', 0, 4)
    const bytes = head.readUInt32LE(4)
    if (id === 'fmt ' && head.length === 24) {
      bytesPerSecond = waveBytesPerSecond(head)
    }
    if (id === 'data') {
      // A stream's writer did not know the length and left all ones, or zero.
      const there = size - position - 8
      const data = bytes === 0 || bytes > there ? there : bytes
      return bytesPerSecond > 0 && data > 0 ? data / bytesPerSecond : undefined
    }
    position += 8 + bytes + (bytes % 2)
  }
  return undefined
}

/** Of the chunk that names the format. Numbers that contradict each other are read the dear way. */
function waveBytesPerSecond(head: Buffer): number {
  const [format, channels, rate] = [head.readUInt16LE(8), head.readUInt16LE(10), head.readUInt32LE(12)]
  const [block, bits] = [head.readUInt16LE(20), head.readUInt16LE(22)]
  // Samples of one block of each channel: its header holds the first ones, half a byte each of the others.
  if (format === waveFormats.imaAdpcm) return (rate * block) / (((block - 4 * channels) * 2) / channels + 1)
  if (format === waveFormats.msAdpcm) return (rate * block) / (((block - 7 * channels) * 2) / channels + 2)
  if (!waveFormats.whole.includes(format)) return head.readUInt32LE(16)
  return rate * Math.min(block, channels * Math.ceil(bits / 8) || block)
}

// RFC 2361: PCM, floats, A-law, µ-law and what says its coding further on have every sample by itself.
const waveFormats = { whole: [1, 3, 6, 7, 0xfffe], msAdpcm: 2, imaAdpcm: 0x11 }

const windowBytes = 262_144
// Three of the longest frames.
const aheadBytes = 24_576
// As much as either kind of frame header needs.
const headBytes = 6

type Frame = { bytes: number; samples: number; rate: number }

const bitrates = {
  // kbit/s by index: MPEG-1 layer III, and layer III of MPEG-2 and 2.5 (ISO 11172-3, 13818-3)
  one: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  two: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
}
const rates = [44_100, 48_000, 32_000]
const aacRates = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350]

function frameAt(bytes: Buffer, at: number): Frame | undefined {
  const second = bytes[at + 1]!
  if (bytes[at] !== 0xff || (second & 0xe0) !== 0xe0) return undefined
  const layer = (second >> 1) & 3
  if (layer === 1) return layerThree(bytes, at, (second >> 3) & 3)
  return layer === 0 && (second & 0xf0) === 0xf0 ? adts(bytes, at) : undefined
}

function layerThree(bytes: Buffer, at: number, version: number): Frame | undefined {
  const third = bytes[at + 2]!
  const isOne = version === 3
  const kbps = (isOne ? bitrates.one : bitrates.two)[third >> 4]
  const base = rates[(third >> 2) & 3]
  if (version === 1 || !kbps || !base) return undefined
  const rate = base / (isOne ? 1 : version === 2 ? 2 : 4)
  const samples = isOne ? 1_152 : 576
  return { samples, rate, bytes: Math.floor((samples * 125 * kbps) / rate) + ((third >> 1) & 1) }
}

function adts(bytes: Buffer, at: number): Frame | undefined {
  const rate = aacRates[(bytes[at + 2]! >> 2) & 15]
  const length = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5)
  return rate ? { samples: 1_024, rate, bytes: length } : undefined
}

// Tags stand in front, several of them in files that programs took turns with, and may hold pictures. ID3v2 writes its
// length in 7 bits a byte (id3.org, ID3v2.4 §3.1), APEv2 in 32 bits without its header.
async function tagBytes(file: FileHandle): Promise<number> {
  let from = 0
  for (let tags = 0; tags < mostTags; tags++) {
    const head = await read(file, from, 32)
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

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}
