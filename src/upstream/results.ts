import type { Downloaded, Downloader } from './download.ts'

export type ResultStore = {
  /**
   * The n-th output of a generation, fetched once for all who ask while it is kept: from its link, or from where else
   * we have its bytes. Its file is there for sure only within `use`; what was found out about it is good anywhere.
   * Throws as the downloader.
   */
  fetch(generationId: string, n: number, from: string | (() => AsyncIterable<Uint8Array>)): Promise<Downloaded>
  /** Lets the files of a generation stay while `work` runs, and deletes them after the last who uses them. */
  use<T>(generationId: string, work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** The files of one generation. */
type Kept = { files: Map<number, Promise<Downloaded>>; bytes: number; users: number; timer?: NodeJS.Timeout }

// Room for the largest result and some small ones: the folder may be memory.
const roomy = 150 * 1_048_576
// Between the settle and the delivery lie milliseconds; what stays longer is fetched again when it is wanted.
const patient = 120_000

/**
 * Keeps what was just fetched and verified until it is delivered, so that a result crosses the wire once. Only a cache:
 * another machine, or this one after a restart, fetches it again. What is in use is never deleted, whatever its size.
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
      await downloader.close() // takes all files with it
    },
  }
}

/** The generations whose files are kept, oldest first. */
function createShelf(maxBytes: number, maxAgeMs: number) {
  const kept = new Map<string, Kept>()

  /** Nobody finds the files from now on; one that is still on its way goes when it arrives. */
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
    /** Makes room for what has arrived, and has it dropped after its time. */
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
