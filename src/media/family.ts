import { open } from 'node:fs/promises'
import { Refused } from '../errors.ts'
import { foreignBytes, foreignOf } from './foreign.ts'
import { codeOf, type Kind } from './formats.ts'
import { firstChain } from './length/frames.ts'

export type { Kind } from './formats.ts'
/**
 * The structure of a file, which decides what is counted in it. `tagged`: a tag before audio. `rough`: audio frames
 * after zeros or other leftover bytes.
 */
export type Family =
  | 'png'
  | 'jpeg'
  | 'gif'
  | 'webp'
  | 'heif'
  | 'tiff'
  | 'bmp'
  | 'wave'
  | 'ogg'
  | 'flac'
  | 'matroska'
  | 'boxes'
  | 'frames'
  | 'tagged'
  | 'rough'

// Sizes of BMP's second header, which identify its version (OS/2, Windows 3, NT, 4 and 5).
const bmpHeaders = [12, 40, 52, 56, 64, 108, 124]

/** The number of first bytes that are enough to recognise any family. Most need only 32. */
export const familyBytes = 65_536

/**
 * Returns the family by a file's first bytes. Undefined for everything that is not on our list: no library ever sees
 * such a file.
 */
export function familyOf(head: Buffer): Family | undefined {
  const text = (from: number, to: number) => head.toString('latin1', from, to)
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'png'
  if (text(0, 3) === '\xff\xd8\xff') return 'jpeg'
  if (text(0, 6) === 'GIF87a' || text(0, 6) === 'GIF89a') return 'gif'
  if (text(0, 4) === 'RIFF') return text(8, 12) === 'WEBP' ? 'webp' : text(8, 12) === 'WAVE' ? 'wave' : undefined
  if (text(0, 4) === 'OggS') return 'ogg'
  if (text(0, 4) === 'fLaC') return 'flac'
  if (text(0, 4) === '\x1a\x45\xdf\xa3') return 'matroska'
  if (text(0, 3) === 'ID3' || text(0, 8) === 'APETAGEX') return 'tagged'
  // Pictures consist of boxes too.
  if (text(4, 8) === 'ftyp' && /^(hei|hev|mif1|msf1|avi[fs])/.test(text(8, 12))) return 'heif'
  if (text(4, 8) === 'ftyp') return text(8, 12) === 'crx ' ? undefined : 'boxes'
  if (['moov', 'mdat', 'free', 'wide'].includes(text(4, 8))) return 'boxes'
  // One maker's cameras put their own mark after the TIFF header.
  if (text(0, 4) === 'II*\0' || text(0, 4) === 'MM\0*') return text(8, 10) === 'CR' ? undefined : 'tiff'
  if (text(0, 2) === 'BM' && head.length >= 18 && bmpHeaders.includes(head.readUInt32LE(14))) return 'bmp'
  // 11 sync bits, then layer III (MP3) or no layer (AAC).
  const second = head[1] ?? 0
  const layer = (second >> 1) & 3
  if (head[0] === 0xff && (second & 0xe0) === 0xe0 && (layer === 1 || (second & 0xf6) === 0xf0)) return 'frames'
  return undefined
}

/** Pictures that are converted because no model accepts them. */
export type Convertible = Extract<Family, 'heif' | 'tiff' | 'bmp'>
export const isConvertible = (family: Family): family is Convertible => ['heif', 'tiff', 'bmp'].includes(family)

const films: readonly Kind[] = ['video', 'audio']
const pictures: readonly Kind[] = ['image']
const sounds: readonly Kind[] = ['audio']

function kindsOf(family: Family, head: Buffer): readonly Kind[] {
  if (isConvertible(family) || ['png', 'jpeg', 'gif', 'webp'].includes(family)) return pictures
  if (family === 'boxes') return /^M4[AB] /.test(head.toString('latin1', 8, 12)) ? sounds : films
  return family === 'matroska' ? films : sounds
}

/**
 * Returns the family of a file that may be of an accepted kind. Throws Refused: `empty`, `not_media` for a file that is
 * not on our list, `wrong_kind` for a family that never holds an accepted kind.
 */
export function acceptedFamily(head: Buffer, accept?: readonly Kind[]): Family {
  if (head.length === 0) throw new Refused('empty', 'the file is empty')
  const family = familyOf(head) ?? roughSound(head, accept)
  if (!family) throw new Refused('not_media', 'the content is of no known type')
  const kinds = kindsOf(family, head)
  if (accept && !kinds.some(kind => accept.includes(kind))) throw wrongKind(kinds)
  return family
}

/**
 * Audio that was cut, joined or padded. A file that starts with zeros may hold some. It is examined further only if
 * audio is accepted.
 */
function roughSound(head: Buffer, accept?: readonly Kind[]): Family | undefined {
  const mayGoOn = head.length >= familyBytes && (!accept || accept.includes('audio'))
  if (mayGoOn && head.equals(Buffer.alloc(head.length))) return 'rough'
  return firstChain(head) ? 'rough' : undefined
}

export const wrongKind = (kinds: readonly Kind[]) => new Refused('wrong_kind', `the content is ${kinds.join(' or ')}`)

/**
 * The same for a file on disk. Costs one small read and does not queue. If a known format is not accepted, the code
 * names it (formats.ts). Also throws as `open` does.
 */
export async function firstLook(path: string, accept?: readonly Kind[]): Promise<Family> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(familyBytes), 0, familyBytes, 0)
  const head = buffer.subarray(0, bytesRead)
  const foreign = foreignOf(head.subarray(0, foreignBytes))
  let refusal: unknown
  try {
    const family = acceptedFamily(head, accept)
    // A format that we know but do not accept may contain audio frames.
    if (family !== 'rough' || foreign === undefined) return family
  } catch (error) {
    if (foreign === undefined || !(error instanceof Refused) || error.code !== 'not_media') throw error
    refusal = error
  }
  throw new Refused(codeOf(foreign), `the content is ${foreign}`, { cause: refusal })
}
