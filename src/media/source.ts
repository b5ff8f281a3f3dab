import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** A file that is read by position. */
export type Source = {
  size: number
  /** Returns bytes from `position` on, fewer than `length` only at the end of the file. Valid until the next call. */
  at(position: number, length: number): Buffer
  [Symbol.dispose](): void
}

// Headers are close together or far apart. One read covers many of the first kind and costs little for the second.
const windowBytes = 16_384

/**
 * Opens a file for the structure readers. Reads are synchronous: millions of headers would otherwise be millions of
 * turns of the event loop. Use it only in a process that does nothing else. Throws as `openSync` does.
 */
export function openSource(path: string): Source {
  const file = openSync(path, 'r')
  const { size } = fstatSync(file)
  let window = Buffer.alloc(0)
  let from = 0

  return {
    size,
    at(position, length) {
      const wanted = Math.max(0, Math.min(length, size - position))
      if (position < from || position + wanted > from + window.length) {
        const room = Buffer.allocUnsafe(Math.max(wanted, windowBytes))
        window = room.subarray(0, readSync(file, room, 0, room.length, position))
        from = position
      }
      return window.subarray(position - from, position - from + wanted)
    },
    [Symbol.dispose]: () => closeSync(file),
  }
}
