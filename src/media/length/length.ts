import { openSource } from '../source.ts'
import { framedSeconds } from './audio-length.ts'
import { boxedSoundSeconds } from './box-sound.ts'
import { readBoxes } from './box-tracks.ts'
import { flacSeconds } from './flac.ts'
import { matroskaLength } from './matroska.ts'
import { oggSeconds } from './ogg.ts'
import { tableSeconds } from './table.ts'
import { waveSeconds } from './wave.ts'

/** A file whose bounds were checked: its kind and extension as we call them, and where it begins behind tags. */
export type Measured = { path: string; kind: 'audio' | 'video'; extension: string; from: number }

/**
 * Seconds of sound or film, from the content and never from a header: what is billed by length is measured here. Where two
 * ways of measuring contradict each other it is the longer one. Undefined for sound without a measurable length, which has to be
 * refused, and for films that do not say. Throws Refused for more parts than any real file has, and as `open`.
 */
export async function secondsOf(file: Measured): Promise<number | undefined> {
  const seconds = await measured(file)
  // A started second is paid: the dust of thousands of sums must not begin one.
  return seconds === undefined ? undefined : Math.round(seconds * 1e6) / 1e6
}

async function measured({ path, kind, extension, from }: Measured): Promise<number | undefined> {
  switch (extension) {
    case 'mp3':
    case 'aac':
      return framedSeconds(path)
    case 'wav':
      return waveSeconds(path)
    case 'ogg':
      return oggSeconds(path)
    case 'flac':
      return flacSeconds(path, from)
    case 'webm':
    case 'mkv':
      return matroskaSeconds(path, kind)
    default:
      return kind === 'audio' ? boxedSoundSeconds(path) : tableSeconds(path)
  }
}

function matroskaSeconds(path: string, kind: 'audio' | 'video'): number | undefined {
  const { seconds, soundSeconds } = matroskaLength(path)
  if (kind === 'video') return seconds
  return soundSeconds === undefined ? undefined : Math.max(seconds ?? 0, soundSeconds)
}

/** What a container holds, by its own tracks. */
export function tracksOf(path: string, extension: string): { hasPictures: boolean; hasSound: boolean } {
  if (extension === 'webm' || extension === 'mkv') return matroskaLength(path)
  using source = openSource(path)
  const handlers = new Set(readBoxes(source).tracks.map(({ handler }) => handler))
  return { hasPictures: handlers.has('vide'), hasSound: handlers.has('soun') }
}
