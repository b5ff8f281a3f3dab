import type { createDownloader, Downloaded } from './download.ts'

export type ResultStore = {
  /** The n-th output of a generation as a local file: fetched once, then from here while it is kept. Throws as `fetch` of the downloader. */
  fetch(generationId: string, n: number, url: string): Promise<Downloaded>
  /** Lets go of a generation's files. */
  drop(generationId: string): Promise<void>
  close(): Promise<void>
}

// Between the settle and the delivery lie milliseconds; what stays longer is fetched again when it is wanted.
const mostKept = 64

/**
 * Keeps what was just fetched and verified until it is delivered, so that a result crosses the wire once. Only a cache:
 * another machine, or this one after a restart, fetches it again.
 */
export function createResultStore(downloader: ReturnType<typeof createDownloader>): ResultStore {
  const kept = new Map<string, Promise<Downloaded>>()

  const forget = async (key: string) => {
    const file = kept.get(key)
    kept.delete(key)
    await file?.then(
      file => file.remove(),
      () => {},
    )
  }

  return {
    async fetch(generationId, n, url) {
      const key = `${generationId}:${n}`
      if (kept.has(key)) return kept.get(key)!
      const [oldest] = kept.keys()
      if (kept.size >= mostKept && oldest !== undefined) await forget(oldest)
      const file = downloader.fetch(url)
      kept.set(key, file)
      file.catch(() => kept.delete(key))
      return file
    },
    async drop(generationId) {
      await Promise.all([...kept.keys()].filter(key => key.startsWith(`${generationId}:`)).map(forget))
    },
    async close() {
      await Promise.all([...kept.keys()].map(forget))
      await downloader.close()
    },
  }
}
