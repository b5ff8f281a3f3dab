import type { Downloaded, Downloader } from './download.ts'

export type ResultStore = {
  /**
   * Returns the n-th output of a generation. It is fetched once, from its link or from another source of its bytes, and
   * shared while it is kept. Its file is certain to exist only within `use`; the facts about it stay valid. Throws as
   * the downloader does.
   */
  fetch(generationId: string, n: number, from: string | (() => AsyncIterable<Uint8Array>)): Promise<Downloaded>
  /** Keeps the files of a generation while `work` runs. Deletes them after their last user. */
  use<T>(generationId: string, work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** The files of one generation. */
type Kept = { files: Map<number, Promise<Downloaded>>; bytes: number; users: number; timer?: NodeJS.Timeout }

// Room for the largest result and some small ones. The folder may be in memory.
const roomy = 150 * 1_048_576
// Delivery normally follows the settle within milliseconds. Later it fetches again.
const patient = 120_000

/**
 * Keeps verified files until they are delivered, so that a result is downloaded once. It is only a cache: another
 * machine, or this one after a restart, downloads the result again. Files in use are never deleted, whatever their
 * size.
 */
export function createResultStore(
  downloader: Pick<Downloader, 'fetch' | 'place' | 'close'>,
  { maxBytes = roomy, maxAgeMs = patient } = {},
): ResultStore {
  const kept = createShelf(maxBytes, maxAgeMs)
  return {
    fetch(generationId, n, from) {
      const one = kept.of(generationId)
      const known = one.files.get(n)
      if (known !== undefined) return known
      const file = typeof from === 'string' ? downloader.fetch(from) : downloader.place(from())
      one.files.set(n, file)
      file.then(
        ({ bytes }) => kept.arrived(generationId, one, bytes),
        () => {
          one.files.delete(n)
          if (one.files.size === 0) kept.dropUnused(generationId, one)
        },
      )
      return file
    },
    async use(generationId, work) {
      const one = kept.of(generationId)
      one.users += 1
      try {
        return await work()
      } finally {
        one.users -= 1
        kept.dropUnused(generationId, one)
      }
    },
    async close() {
      kept.forget()
      await downloader.close() // deletes all files
    },
  }
}

/** The generations whose files are kept, oldest first. */
function createShelf(maxBytes: number, maxAgeMs: number) {
  const kept = new Map<string, Kept>()

  /** Removes a generation. A file that is still being fetched is deleted when it arrives. */
  function drop(id: string, one: Kept) {
    if (kept.get(id) === one) kept.delete(id)
    clearTimeout(one.timer)
    for (const file of one.files.values()) void file.then(file => file.remove()).catch(() => {})
  }
  const dropUnused = (id: string, one: Kept) => one.users === 0 && drop(id, one)

  return {
    dropUnused,
    of(id: string): Kept {
      const one = kept.get(id) ?? { files: new Map(), bytes: 0, users: 0 }
      kept.set(id, one)
      return one
    },
    /** Makes room for a file that has arrived, and schedules its removal. */
    arrived(id: string, one: Kept, bytes: number) {
      if (kept.get(id) !== one) return
      one.bytes += bytes
      clearTimeout(one.timer)
      one.timer = setTimeout(() => dropUnused(id, one), maxAgeMs).unref()
      let total = [...kept.values()].reduce((sum, { bytes }) => sum + bytes, 0)
      for (const [id, one] of kept) {
        if (total <= maxBytes) return
        if (dropUnused(id, one) !== false) total -= one.bytes
      }
    },
    forget() {
      for (const one of kept.values()) clearTimeout(one.timer)
      kept.clear()
    },
  }
}
