import { imageSize } from 'image-size'

export type MediaFacts = { mime: string; width?: number; height?: number; seconds?: number }

/** What the bytes say about themselves; the declared type counts only for bytes that are not known here. */
export function mediaFacts(bytes: Buffer, declared: string): MediaFacts {
  const mime = sniffed(bytes) ?? declared
  if (mime.startsWith('image/')) {
    try {
      const { width, height } = imageSize(bytes)
      return { mime, width, height }
    } catch {
      return { mime } // a broken picture fails later, as it does upstream
    }
  }
  const seconds = mime === 'audio/wav' ? wavSeconds(bytes) : mime === 'audio/mpeg' ? mp3Seconds(bytes) : undefined
  return seconds === undefined ? { mime } : { mime, seconds }
}

function sniffed(bytes: Buffer): string | undefined {
  const text = (from: number, to: number) => bytes.toString('latin1', from, to)
  if (text(0, 4) === '\x89PNG') return 'image/png'
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'image/jpeg'
  if (text(0, 3) === 'GIF') return 'image/gif'
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'image/webp'
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WAVE') return 'audio/wav'
  if (text(0, 4) === 'OggS') return 'audio/ogg'
  if (text(4, 8) === 'ftyp')
    return text(8, 11) === 'M4A' ? 'audio/mp4' : text(8, 10) === 'qt' ? 'video/quicktime' : 'video/mp4'
  if (text(0, 3) === 'ID3' || (bytes[0] === 0xff && (bytes[1]! & 0xe6) === 0xe2)) return 'audio/mpeg'
  return undefined
}

function wavSeconds(bytes: Buffer): number | undefined {
  let bytesPerSecond = 0
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4)
    const size = bytes.readUInt32LE(at + 4)
    if (name === 'fmt ' && at + 20 <= bytes.length) bytesPerSecond = bytes.readUInt32LE(at + 16)
    // A recorder that was stopped hard leaves a size too large, hence the bound.
    if (name === 'data' && bytesPerSecond > 0) return Math.min(size, bytes.length - at - 8) / bytesPerSecond
    at += 8 + size + (size % 2)
  }
  return undefined
}

// Layer III: kbit/s by the index of a frame's header, for MPEG 1 and for MPEG 2 and 2.5 (ISO 11172-3, 13818-3).
const KBPS_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const KBPS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
const RATES = [44_100, 48_000, 32_000]

/** Adds up the frames one by one, so that a variable bit rate is measured rightly. */
function mp3Seconds(bytes: Buffer): number | undefined {
  let at = 0
  if (bytes.toString('latin1', 0, 3) === 'ID3') {
    const size = [6, 7, 8, 9].reduce((sum, place) => sum * 128 + (bytes[place]! & 127), 0)
    at = 10 + size
  }
  let seconds = 0
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xe6) !== 0xe2) {
      at++
      continue
    }
    const version = (bytes[at + 1]! >> 3) & 3 // 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
    const kbps = (version === 3 ? KBPS_1 : KBPS_2)[bytes[at + 2]! >> 4]
    const base = RATES[(bytes[at + 2]! >> 2) & 3]
    if (!kbps || !base || version === 1) {
      at++
      continue
    }
    const rate = base / (version === 3 ? 1 : version === 2 ? 2 : 4)
    const samples = version === 3 ? 1152 : 576
    seconds += samples / rate
    at += Math.floor((samples / 8) * ((kbps * 1000) / rate)) + ((bytes[at + 2]! >> 1) & 1)
  }
  return seconds > 0 ? seconds : undefined
}
