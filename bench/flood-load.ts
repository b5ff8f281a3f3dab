import { fork } from 'node:child_process'
import { Agent, request } from 'undici'

/** So many connections that ask one after the other, each as soon as it was answered, for `ms` milliseconds. */
export type Flood = { address: string; method: 'GET' | 'POST'; path: string; connections: number; ms: number }

// In a process of its own, so that what it costs to ask is no cost of whoever answers.
if (import.meta.main) {
  process.on('message', (flood: Flood) => void send(flood).then(answered => process.send?.(answered)))
  process.on('disconnect', () => process.exit())
}

async function send({ address, method, path, connections, ms }: Flood): Promise<number> {
  const dispatcher = new Agent({ connections, pipelining: 1 })
  const end = performance.now() + ms
  let answered = 0
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < end) {
        const options = { method, dispatcher, ...(method === 'POST' && { body: '{}' }) }
        const answer = await request(address + path, options).catch(() => undefined)
        await answer?.body.dump()
        answered += 1
      }
    }),
  )
  await dispatcher.destroy()
  return answered
}

export async function startFlood(): Promise<{ send(flood: Flood): Promise<number>; stop(): void }> {
  const child = fork(import.meta.filename, { stdio: 'inherit' })
  const send = (flood: Flood) =>
    new Promise<number>((resolve, reject) => {
      child.once('message', answered => resolve(answered as number))
      child.once('exit', code => reject(new Error(`the flood ended with ${code}`)))
      child.send(flood)
    }).finally(() => child.removeAllListeners())
  return { send, stop: () => void child.kill() }
}
