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
 * Counts what a file is built of, before any library sees it: a parser pays for every part, whatever is in it, and a
 * file of 19 MB has room for two million. Reads headers alone, in step, and stops with the first part over a limit.
 * Gives the position where the content begins, behind the tags in front of it, and the family of that content. Throws
 * Refused with `not_media`.
 */
export function checkBounds(source: Source, family: Plain): { family: Plain; from: number } {
  if (family === 'tagged') {
    const from = afterTags(source)
    const behind = familyOf(source.at(from, familyBytes))
    if (behind === 'flac') checkFlac(source, from)
    if (behind === 'flac' || behind === 'frames') return { family: behind, from }
    // A tag may be longer than it says, or say that it is longer than the file: sound is where its frames begin.
    if (!hasFrames(source)) throw new Refused('not_media', 'a tag without sound behind it')
    return { family: 'frames', from: 0 }
  }
  checks[family](source)
  return { family, from: 0 }
}

/** Those for which parts are all that is counted: of the others pixels are as well (convertible.ts). */
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
  frames: () => {}, // sound frame by frame: our own count reads them once, in time that grows with the size alone
}

const pieceBytes = 262_144
// Three of the longest frames.
const aheadBytes = 24_576

const hasFrames = (source: Source) => chainKind(source) !== undefined

/** The kind of the first frames of MP3 or AAC that stand one behind the other, anywhere in the file. */
export function chainKind(source: Source): 'mp3' | 'aac' | undefined {
  for (let at = 0; at < source.size; at += pieceBytes - aheadBytes) {
    const kind = firstChain(source.at(at, pieceBytes))
    if (kind) return kind
  }
  return undefined
}
