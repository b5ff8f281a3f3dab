import { fork } from 'node:child_process'
import { Pool } from 'undici'
import { secret } from './webhook-servers.ts'

/** `firstId` is that of the first update; each has an id of its own. */
export type Load = { address: string; connections: number; ms: number; firstId: number }

// In a process of its own, so that what it costs to ask is no cost of whoever answers.
if (import.meta.main) {
  process.on('message', (load: Load) => void send(load).then(perSecond => process.send?.(perSecond)))
  process.on('disconnect', () => process.exit())
}

/** Updates a second that were acknowledged, each connection sending the next one when the last was. */
async function send({ address, connections, ms, firstId }: Load): Promise<number> {
  const pool = new Pool(address, { connections, pipelining: 1 })
  const headers = { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': secret }
  let id = firstId
  let count = 0
  const start = performance.now()
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() - start < ms) {
        const { statusCode, body } = await pool.request({
          path: '/webhook',
          method: 'POST',
          headers,
          body: update(id++),
        })
        await body.dump()
        if (statusCode !== 200) throw new Error(`an update was answered with ${statusCode}`)
        count += 1
      }
    }),
  )
  const perSecond = count / ((performance.now() - start) / 1000)
  await pool.close()
  return perSecond
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

export async function startLoad(): Promise<{ send(load: Load): Promise<number>; stop(): void }> {
  const child = fork(import.meta.filename, { stdio: 'inherit' })
  const send = (load: Load) =>
    new Promise<number>((resolve, reject) => {
      child.once('message', message => resolve(Number(message)))
      child.once('exit', code => reject(new Error(`the load ended with ${code}`)))
      child.send(load)
    }).finally(() => child.removeAllListeners())
  return { send, stop: () => void child.kill() }
}
