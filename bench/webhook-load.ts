import { fork } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { secret } from './webhook-servers.ts'

/**
 * `firstId` is that of the first update; each has an id of its own. With `perSecond` updates come at that rate whether
 * the ones before are answered or not.
 */
export type Load = { address: string; connections: number; ms: number; firstId: number; perSecond?: number }
/** `p99Ms`: from when an update was due to its answer. */
export type Answered = { perSecond: number; p99Ms: number }

// In a process of its own, so that what it costs to ask is no cost of whoever answers.
if (import.meta.main) {
  process.on('message', (load: Load) => void send(load).then(answered => process.send?.(answered)))
  process.on('disconnect', () => process.exit())
}

/** Updates that were acknowledged, each connection sending the next one when the last was, or when it is due. */
async function send({ address, connections, ms, firstId, perSecond = Infinity }: Load): Promise<Answered> {
  const pool = new Pool(address, { connections, pipelining: 1 })
  const headers = { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': secret }
  let id = firstId
  const took: number[] = []
  const start = performance.now()
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() - start < ms) {
        const one = id++
        const due = perSecond === Infinity ? performance.now() : start + ((one - firstId) / perSecond) * 1_000
        if (due > performance.now()) await pause(due - performance.now())
        const request = { path: '/webhook', method: 'POST' as const, headers, body: update(one) }
        const { statusCode, body } = await pool.request(request)
        await body.dump()
        if (statusCode !== 200) throw new Error(`an update was answered with ${statusCode}`)
        took.push(performance.now() - due)
      }
    }),
  )
  const rate = took.length / ((performance.now() - start) / 1000)
  await pool.close()
  took.sort((a, b) => a - b)
  return { perSecond: rate, p99Ms: took[Math.floor((took.length - 1) * 0.99)]! }
}

const update = (id: number) =>
  JSON.stringify({
    update_id: id,
    message: {
      message_id: id,
      from: { id: 1 + (id % 5_000), is_bot: false, first_name: 'Anna', username: 'anna', language_code: 'ru' },
      chat: { id: 1 + (id % 5_000), first_name: 'Anna', username: 'anna', type: 'private' },
      date: 1_700_000_000,
      text: 'a cat on a windowsill in the light of the evening, painted with a wide brush',
    },
  })

export async function startLoad(): Promise<{ send(load: Load): Promise<Answered>; stop(): void }> {
  const child = fork(import.meta.filename, { stdio: 'inherit' })
  const send = (load: Load) =>
    new Promise<Answered>((resolve, reject) => {
      child.once('message', message => resolve(message as Answered))
      child.once('exit', code => reject(new Error(`the load ended with ${code}`)))
      child.send(load)
    }).finally(() => child.removeAllListeners())
  return { send, stop: () => void child.kill() }
}
