import { type FileHandle, open } from 'node:fs/promises'

/**
 * Seconds of sound in an MP3 or AAC file, counted frame by frame: what is paid by the second is not taken from a header
 * that anybody can write. Undefined if there is no frame. Reads the file once.
 */
export async function framedSeconds(path: string): Promise<number | undefined> {
  await using file = await open(path)
  const { size } = await file.stat()
  let position = await tagBytes(file)
  let rate: number | undefined
  let samples = 0
  while (position < size) {
    const window = await read(file, position, windowBytes)
    let at = 0
    while (at + headBytes <= window.length) {
      const frame = frameAt(window, at)
      // In between lie covers and tags; a frame of another rate is a chance find in one of them.
      if (!frame || frame.bytes < headBytes || (rate !== undefined && frame.rate !== rate)) {
        at += 1
        continue
      }
      const isTable = rate === undefined && /Xing|Info|VBRI/.test(window.toString('latin1', at, at + 64))
      rate = frame.rate
      if (!isTable && position + at + frame.bytes <= size) samples += frame.samples
      at += frame.bytes
    }
    position += Math.max(at, 1)
  }
  return rate === undefined || samples === 0 ? undefined : samples / rate
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
      const isPcm = [1, 3, 0xfffe].includes(head.readUInt16LE(8))
      bytesPerSecond = isPcm ? head.readUInt32LE(12) * head.readUInt16LE(20) : head.readUInt32LE(16)
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

const windowBytes = 262_144
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

// An ID3v2 tag stands in front and may hold pictures; its length is written in 7 bits a byte.
async function tagBytes(file: FileHandle): Promise<number> {
  const head = await read(file, 0, 10)
  if (head.length < 10 || head.toString('latin1', 0, 3) !== 'ID3') return 0
  const bytes = [6, 7, 8, 9].reduce((sum, at) => sum * 128 + (head[at]! & 127), 0)
  return 10 + bytes
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}
