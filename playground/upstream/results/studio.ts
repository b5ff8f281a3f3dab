import { Worker } from 'node:worker_threads'
import type { Recipe } from './recipe.ts'
import type { Made } from './studio-worker.ts'

export type Studio = {
  /** The bytes of a result. Throws when the recipe cannot be made or the studio is closed. */
  make(recipe: Recipe, source: () => Promise<Uint8Array | undefined>): Promise<Uint8Array>
  close(): Promise<void>
}

/** Results kept in memory; an older one is made again on request, with the same bytes. */
const KEPT = 200

/** Makes results in a thread of its own, started with the first order: an encoder would hold up the server for 0.3 s. */
export function openStudio(): Studio {
  const kept = new Map<string, Promise<Uint8Array>>()
  const waiting = new Map<number, { resolve(bytes: Uint8Array): void; reject(error: Error): void }>()
  let worker: Worker | undefined
  let orders = 0
  let closed = false

  function start(): Worker {
    const thread = new Worker(new URL('./studio-worker.ts', import.meta.url), { execArgv: [] })
    thread.on('message', ({ number, bytes, error }: Made) => {
      const order = waiting.get(number)
      waiting.delete(number)
      if (bytes) order?.resolve(bytes)
      else order?.reject(new Error(`the studio could not make a result: ${error}`))
    })
    thread.on('error', error => stop(error instanceof Error ? error : new Error(String(error))))
    thread.on('exit', () => stop(new Error('the studio is closed')))
    thread.unref()
    return thread
  }

  function stop(error: Error) {
    worker = undefined
    for (const order of waiting.values()) order.reject(error)
    waiting.clear()
  }

  async function order(recipe: Recipe, source: () => Promise<Uint8Array | undefined>) {
    const picture = recipe.source?.ours ? await source() : undefined
    if (closed) throw new Error('the studio is closed')
    worker ??= start()
    const thread = worker
    return new Promise<Uint8Array>((resolve, reject) => {
      const number = ++orders
      waiting.set(number, { resolve, reject })
      thread.postMessage({ number, recipe, ...(picture && { source: picture }) })
    })
  }

  return {
    make(recipe, source) {
      const key = JSON.stringify(recipe)
      const known = kept.get(key)
      if (known !== undefined) return known
      const made = order(recipe, source)
      kept.set(key, made)
      made.catch(() => kept.delete(key))
      for (const oldest of kept.keys()) {
        if (kept.size <= KEPT) break
        kept.delete(oldest)
      }
      return made
    },
    async close() {
      closed = true
      await worker?.terminate()
    },
  }
}
