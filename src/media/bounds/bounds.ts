import { Refused } from '../../errors.ts'
import { type Convertible, type Family, familyBytes, familyOf } from '../family.ts'
import { firstChain } from '../length/frames.ts'
import type { Source } from '../source.ts'
import { checkBoxes } from './boxes.ts'
import { checkElements } from './elements.ts'
import { checkOgg } from './ogg.ts'
import { checkGif, checkJpeg, checkPng, checkRiff } from './pictures.ts'
import { afterTags, checkFlac } from './sound.ts'

/**
 * Counts the parts of a file before any library reads it: a parser spends time on every part, and a file of 19 MB can
 * hold two million. Reads only headers, synchronously, and stops at the first part above a limit. Returns the position
 * of the content after the tags before it, and the content's family. Throws Refused `not_media`.
 */
export function checkBounds(source: Source, family: Plain): { family: Plain; from: number } {
  if (family === 'tagged') {
    const from = afterTags(source)
    const behind = familyOf(source.at(from, familyBytes))
    if (behind === 'flac') checkFlac(source, from)
    if (behind === 'flac' || behind === 'frames') return { family: behind, from }
    // A tag's stated length may be wrong or exceed the file. The audio starts where its frames start.
    if (!hasFrames(source)) throw new Refused('not_media', 'a tag without sound behind it')
    return { family: 'frames', from: 0 }
  }
  checks[family](source)
  return { family, from: 0 }
}

/** Families of which only parts are counted. For the others pixels are counted as well (convertible.ts). */
export type Plain = Exclude<Family, Convertible>

const checks: Record<Exclude<Family, 'tagged' | Convertible>, (source: Source) => void> = {
  png: checkPng,
  jpeg: checkJpeg,
  gif: checkGif,
  webp: checkRiff,
  wave: checkRiff,
  ogg: checkOgg,
  flac: source => checkFlac(source, 0),
  matroska: checkElements,
  boxes: checkBoxes,
  rough: source => {
    if (!hasFrames(source)) throw new Refused('not_media', 'the content is of no known type')
  },
  frames: () => {}, // audio frames: our own counter reads each once, in linear time
}

const pieceBytes = 262_144
// Three times the longest frame.
const aheadBytes = 24_576

const hasFrames = (source: Source) => chainKind(source) !== undefined

/** Returns the kind of the first consecutive frames of MP3 or AAC, anywhere in the file. */
export function chainKind(source: Source): 'mp3' | 'aac' | undefined {
  for (let at = 0; at < source.size; at += pieceBytes - aheadBytes) {
    const kind = firstChain(source.at(at, pieceBytes))
    if (kind) return kind
  }
  return undefined
}
