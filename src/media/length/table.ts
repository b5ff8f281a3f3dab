import { openSource } from '../source.ts'
import { type Boxes, readBoxes, type Track } from './box-tracks.ts'
import { dearer } from './dearer.ts'

/**
 * Seconds of the longest track of an MP4 or QuickTime file by its tables: the times of its samples (`stts`, ISO 14496-12
 * §8.6.1.2) and of its fragments, or the pieces that are shown of it (`elst`). What the headers call its length is for display, and anybody can write it. Undefined if no track has samples. For files within the bounds of
 * `checkBoxes`.
 */
export function tableSeconds(path: string): number | undefined {
  using source = openSource(path)
  return longestOf(readBoxes(source))
}

export function longestOf(file: Boxes): number | undefined {
  const longest = Math.max(0, ...file.tracks.map(track => trackSeconds(track, file.scale)))
  return longest > 0 ? longest : undefined
}

function trackSeconds(track: Track, filmScale: number): number {
  const { scale, fragments } = track
  // Players go on with the last time where there are more samples than times.
  const ticks = track.ticks + Math.max(0, track.sized - track.timed) * track.lastTicks
  // A recording that was joined in the middle begins at its clock, and gaps in it are played as pauses.
  const clock = fragments.from === undefined ? 0 : fragments.to - fragments.from
  const samples = (ticks + Math.max(fragments.ticks, clock)) / scale
  // What is shown leaves out what the encoder put in front; what leaves out more hides sound, and may be put back.
  const shown = track.shown / filmScale
  return samples === 0 || shown === 0 ? samples : dearer(shown, samples)
}
