import { openSource } from '../source.ts'
import { type Boxes, readBoxes, type Track } from './box-tracks.ts'
import { dearer } from './dearer.ts'

/**
 * Returns the seconds of the longest track of an MP4 or QuickTime file: by the times of its samples (`stts`, ISO
 * 14496-12 §8.6.1.2) and fragments, or by the parts that are shown (`elst`). The lengths in headers are for display and
 * easy to forge, so they are not read. Undefined if no track has samples. Call it only after `checkBoxes`.
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
  // If there are more samples than times, players repeat the last time.
  const ticks = track.ticks + Math.max(0, track.sized - track.timed) * track.lastTicks
  // A recording that starts in the middle begins at its own clock, and players play gaps as pauses.
  const clock = fragments.from === undefined ? 0 : fragments.to - fragments.from
  const samples = (ticks + Math.max(fragments.ticks, clock)) / scale
  // The edit list may leave out what the encoder added at the start. If it leaves out more, it hides audio that can be
  // restored.
  const shown = track.shown / filmScale
  return samples === 0 || shown === 0 ? samples : dearer(shown, samples)
}
