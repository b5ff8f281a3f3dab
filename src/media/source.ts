import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** A file that is read by position. */
export type Source = {
  size: number
  /** The bytes from `position` on; fewer than `length` only at the end of the file. Good until the next call. */
  at(position: number, length: number): Buffer
  [Symbol.dispose](): void
}

// Headers stand close together or far apart: one read covers many of the first kind and costs little for the second.
const windowBytes = 16_384

/**
 * Opens a file for the readers of structure. They read in step, without promises: millions of headers would be as many
 * turns of the event loop. So this is for a process that has nothing else to do. Throws as `openSync`.
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
