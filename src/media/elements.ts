import type { Source } from './source.ts'

/** An EBML element (RFC 8794): its id, the position of its content, and the content's length; infinite if unknown. */
export type Element = { id: number; body: number; bytes: number }

/** Returns the element at this position, or undefined. */
export function elementAt(source: Source, at: number): Element | undefined {
  const head = source.at(at, 12)
  const idBytes = lengthOf(head[0], 4)
  const sizeBytes = idBytes && lengthOf(head[idBytes], 8)
  if (!idBytes || !sizeBytes || head.length < idBytes + sizeBytes) return undefined
  const id = head.readUIntBE(0, idBytes)
  return { id, body: at + idBytes + sizeBytes, bytes: sizeOf(head.subarray(idBytes, idBytes + sizeBytes)) }
}

// The leading zeros of the first byte say how many bytes follow.
function lengthOf(first: number | undefined, most: number): number | undefined {
  const bytes = first ? Math.clz32(first) - 23 : 9
  return bytes <= most ? bytes : undefined
}

// All ones mean an unknown size, as in a live recording. The element then ends with its parent.
function sizeOf(bytes: Buffer): number {
  let size = bytes[0]! & (0xff >> bytes.length)
  let isUnknown = size === 0xff >> bytes.length
  for (const byte of bytes.subarray(1)) {
    size = size * 256 + byte
    isUnknown &&= byte === 0xff
  }
  return isUnknown ? Number.POSITIVE_INFINITY : size
}
