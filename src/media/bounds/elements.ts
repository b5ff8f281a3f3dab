import { elementAt } from '../elements.ts'
import { counter, most, tooMuch } from '../limits.ts'
import type { Source } from '../source.ts'

// Elements that contain elements, except clusters and cues, which our libraries do not enter.
const containers = new Set([
  ...[0x1a45dfa3, 0x18538067, 0x114d9b74, 0x4dbb, 0x1549a966], // head, segment, seek head, information
  ...[0x1654ae6b, 0xae, 0xe0, 0xe1, 0x6d80, 0x6240, 0x5034, 0x5035], // tracks and their codings
  ...[0x1941a469, 0x61a7, 0x1043a770, 0x45b9, 0xb6, 0x8f, 0x80, 0x1254c367, 0x7373, 0x63c0, 0x67c8], // attachments, chapters and tags
])
const [cluster, cues, voidElement] = [0x1f43b675, 0x1c53bb6b, 0xec]

/** Checks Matroska and WebM (RFC 9559): nested elements, each with an id and a size of 1 to 8 bytes. */
export function checkElements(source: Source): void {
  const part = counter(most.clusters, 'clusters')
  const element = counter(most.elements, 'elements')
  const kept = counter(most.attachedBytes, 'bytes beside the film')

  function walk(from: number, to: number, depth: number) {
    if (depth > most.elementDepth) throw tooMuch('elements in elements')
    for (let at = from; at < to; ) {
      const found = elementAt(source, at)
      // A truncated or invalid element: parsers stop here too.
      if (!found) return
      const { id, body } = found
      const end = Math.min(body + found.bytes, to)
      const isPassed = id === cluster || id === cues || id === voidElement
      if (isPassed) part()
      else element()
      if (containers.has(id)) walk(body, end, depth + 1)
      else if (!isPassed) kept(end - body)
      at = end
    }
  }
  walk(0, source.size, 0)
}
