import { openSource } from '../source.ts'
import { framedSeconds } from './audio-length.ts'
import { boxedSoundSeconds } from './box-sound.ts'
import { readBoxes } from './box-tracks.ts'
import { flacSeconds } from './flac.ts'
import { matroskaLength } from './matroska.ts'
import { oggSeconds } from './ogg.ts'
import { tableSeconds } from './table.ts'
import { waveSeconds } from './wave.ts'

/** A file after the bounds checks: our name for its kind and extension, and where its content begins after tags. */
export type Measured = { path: string; kind: 'audio' | 'video'; extension: string; from: number }

/**
 * Returns the seconds of audio or video, measured from the content and never from a header, because the price depends
 * on it. If two measurements differ, the longer one counts. Undefined for audio without a measurable length, which must
 * be refused, and for videos that do not state one. Throws Refused if there are more parts than in any real file, and
 * as `open` does.
 */
export async function secondsOf(file: Measured): Promise<number | undefined> {
  const seconds = await measured(file)
  // Each started second is charged: rounding errors must not start another.
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

/** Reads which tracks a container holds. */
export function tracksOf(path: string, extension: string): { hasPictures: boolean; hasSound: boolean } {
  if (extension === 'webm' || extension === 'mkv') return matroskaLength(path)
  using source = openSource(path)
  const handlers = new Set(readBoxes(source).tracks.map(({ handler }) => handler))
  return { hasPictures: handlers.has('vide'), hasSound: handlers.has('soun') }
}
