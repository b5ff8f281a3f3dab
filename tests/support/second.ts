import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Test } from 'tap'
import type { Works } from './second-main.ts'

type Answer = { n: number; done?: unknown; error?: { name: string; message: string } }

/**
 * A second process on the same database, that does as the first would: `await other.start(order)`. An error comes back
 * with its name and message. `baseUrl` is that of its upstream, for what asks one.
 */
export async function second(t: Test, url: string, baseUrl = 'http://127.0.0.1:9'): Promise<Works> {
  const child = fork('tests/support/second-main.ts', [url, baseUrl], { serialization: 'advanced' })
  const waiting = new Map<number, { resolve(done: unknown): void; reject(error: Error): void }>()
  const ended = once(child, 'exit')
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('the second process has ended'))
  })
  t.teardown(async () => {
    child.disconnect()
    await ended
  })
  await once(child, 'message')
  child.on('message', ({ n, done, error }: Answer) => {
    const { resolve, reject } = waiting.get(n)!
    waiting.delete(n)
    if (error) reject(Object.assign(new Error(error.message), { name: error.name }))
    else resolve(done)
  })
  let asked = 0
  const tell = (what: string, args: unknown[]) =>
    new Promise((resolve, reject) => {
      waiting.set(++asked, { resolve, reject })
      child.send({ n: asked, what, args })
    })
  return new Proxy({} as Works, {
    // A promise is what has a `then`: this is none.
    get: (_, what: string) => (what === 'then' ? undefined : (...args: unknown[]) => tell(what, args)),
  })
}

/** So many pieces of work at once, by turns in two processes: what became of each, or the name of its error. */
export const race = (count: number, work: (n: number, isOurs: boolean) => Promise<{ result: string }>) =>
  Promise.all(
    Array.from({ length: count }, (_, n) =>
      work(n, n % 2 === 0).then(
        ({ result }) => result,
        (error: Error) => error.name,
      ),
    ),
  )
