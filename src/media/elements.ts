import type { Source } from './source.ts'

/** An element of EBML (RFC 8794): what it is, where its content begins, and how long that is; infinite if it does not say. */
export type Element = { id: number; body: number; bytes: number }

/** The element that begins there; undefined where none does. */
export function elementAt(source: Source, at: number): Element | undefined {
  const head = source.at(at, 12)
  const idBytes = lengthOf(head[0], 4)
  const sizeBytes = idBytes && lengthOf(head[idBytes], 8)
  if (!idBytes || !sizeBytes || head.length < idBytes + sizeBytes) return undefined
  const id = head.readUIntBE(0, idBytes)
  return { id, body: at + idBytes + sizeBytes, bytes: sizeOf(head.subarray(idBytes, idBytes + sizeBytes)) }
}

// The first byte's leading zeros say how many bytes follow.
function lengthOf(first: number | undefined, most: number): number | undefined {
  const bytes = first ? Math.clz32(first) - 23 : 9
  return bytes <= most ? bytes : undefined
}

// All ones is an unknown size, of a film that was sent as it was made: it goes on to the end of what it is in.
function sizeOf(bytes: Buffer): number {
  let size = bytes[0]! & (0xff >> bytes.length)
  let isUnknown = size === 0xff >> bytes.length
  for (const byte of bytes.subarray(1)) {
    size = size * 256 + byte
    isUnknown &&= byte === 0xff
  }
  return isUnknown ? Number.POSITIVE_INFINITY : size
}
