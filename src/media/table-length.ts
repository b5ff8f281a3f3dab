import { boxAt } from './bounds-boxes.ts'
import { openSource, type Source } from './source.ts'

const containers = new Set(['moov', 'mdia', 'minf', 'stbl'])
// Of a table at once; a reader's window is larger.
const pieceBytes = 8_192

/**
 * Seconds of the longest track of an MP4 or QuickTime file by its table of samples (`stts`, ISO 14496-12 §8.6.1.2): what
 * the headers call its length is for display, and anybody can write it. Undefined if no track has samples in such a table:
 * fragments have theirs elsewhere. For files within the bounds of `checkBoxes`.
 */
export function tableSeconds(path: string): number | undefined {
  using source = openSource(path)
  let longest = 0

  // The boxes of a track stand in any order, and of two that contradict each other the dear one counts.
  function walk(from: number, to: number, track?: { scale: number; ticks: number }): void {
    for (let at = from; ; ) {
      const found = boxAt(source, at, to)
      if (!found) return
      const { name, body, end } = found
      if (name === 'trak') {
        const own = { scale: Number.POSITIVE_INFINITY, ticks: 0 }
        walk(body, end, own)
        longest = Math.max(longest, own.ticks / own.scale)
      } else if (containers.has(name)) walk(body, end, track)
      if (track && name === 'mdhd') track.scale = Math.min(track.scale, timeScale(source, body, end))
      if (track && name === 'stts') track.ticks = Math.max(track.ticks, ticks(source, body, end))
      at = end
    }
  }
  walk(0, source.size)
  return longest > 0 ? longest : undefined
}

/** Parts of a second that a track counts in; infinite where it does not say. */
function timeScale(source: Source, body: number, end: number): number {
  const head = source.at(body, 24)
  if (head.length < 24 || body + 24 > end) return Number.POSITIVE_INFINITY
  return head.readUInt32BE(head[0] === 1 ? 20 : 12) || Number.POSITIVE_INFINITY // version 1 has times of 64 bits in front
}

function ticks(source: Source, body: number, end: number): number {
  const said = source.at(body, 8)
  if (said.length < 8) return 0
  const last = Math.min(end, source.size, body + 8 + 8 * said.readUInt32BE(4))
  let sum = 0
  for (let at = body + 8; at + 8 <= last; at += pieceBytes) {
    const piece = source.at(at, Math.min(pieceBytes, last - at))
    for (let n = 0; n + 8 <= piece.length; n += 8) sum += piece.readUInt32BE(n) * piece.readUInt32BE(n + 4)
  }
  return sum
}
