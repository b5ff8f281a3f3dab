import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createCanvas } from '@napi-rs/canvas'
import { request } from 'undici'

// Telegram and the upstream in one process of their own, as quick as can be and with one clock: a task is done a moment
// after it was made, its callback is sent, and the first byte of the picture's message is waited for.
const runMs = 200

/** Of each person whose picture was sent: milliseconds from the callback to the message's first byte. */
export type Sent = { userId: number; ms: number }
type Message = { address: string } | { sent: Sent[] } | { silent: true }

if (import.meta.main) {
  const picture = createCanvas(256, 256).toBuffer('image/png')
  const tasks = new Map<string, { callBackUrl: string; userId: number }>()
  const calledAt = new Map<number, number>()
  let sent: Sent[] = []

  const textOf = async (message: IncomingMessage) => {
    const parts: Buffer[] = []
    for await (const part of message) parts.push(part as Buffer)
    return Buffer.concat(parts).toString('latin1')
  }
  async function answer(call: string, message: IncomingMessage, origin: string): Promise<unknown> {
    const arrivedAt = performance.now()
    const body = await textOf(message)
    switch (call) {
      case 'createTask': {
        const { callBackUrl, input } = JSON.parse(body) as { callBackUrl: string; input: { prompt: string } }
        const taskId = randomUUID().replaceAll('-', '')
        tasks.set(taskId, { callBackUrl, userId: Number(/\d+/.exec(input.prompt)?.[0]) })
        setTimeout(() => void callBack(taskId), runMs)
        return { code: 200, msg: 'success', data: { taskId } }
      }
      case 'recordInfo': {
        const taskId = new URL(message.url!, origin).searchParams.get('taskId')!
        const { callBackUrl } = tasks.get(taskId)!
        const resultJson = JSON.stringify({ resultUrls: [`${origin}/result.png`] })
        const data = { taskId, model: 'z-image', state: 'success', param: JSON.stringify({ callBackUrl }), resultJson }
        return { code: 200, msg: 'success', data }
      }
      case 'credit':
        return { code: 200, msg: 'success', data: 1_000_000 }
      case 'getStarTransactions':
        return { ok: true, result: { transactions: [] } }
      case 'getWebhookInfo':
        return { ok: true, result: { url: '', pending_update_count: 0 } }
      case 'getMe':
        return { ok: true, result: { id: 1, is_bot: true, first_name: 'Bench', username: 'bench_bot' } }
      case 'sendPhoto': {
        const userId = Number(/name="chat_id"\r\n\r\n(\d+)|"chat_id":(\d+)/.exec(body)?.slice(1).find(Boolean))
        sent.push({ userId, ms: arrivedAt - (calledAt.get(userId) ?? arrivedAt) })
        const photo = [
          { file_id: `f${userId}`, file_unique_id: `u${userId}`, width: 256, height: 256, file_size: 1_000 },
        ]
        return { ok: true, result: { message_id: 1, date: 1, chat: { id: userId, type: 'private' }, photo } }
      }
      default: {
        const isMessage = /^(send|edit)/.test(call) && call !== 'sendChatAction'
        const result = isMessage ? { message_id: 1, date: 1, chat: { id: 1, type: 'private' }, text: '' } : true
        return { ok: true, result }
      }
    }
  }
  async function callBack(taskId: string) {
    const { callBackUrl, userId } = tasks.get(taskId)!
    calledAt.set(userId, performance.now())
    const body = JSON.stringify({ code: 200, msg: 'ok', data: { taskId, state: 'success' } })
    await (await request(callBackUrl, { method: 'POST', body })).body.dump()
  }

  const server = createServer((message, response) => {
    const origin = `http://${message.headers.host}`
    const call = new URL(message.url!, origin).pathname.split('/').at(-1)!
    if (call === 'result.png') {
      message.resume()
      response.writeHead(200, { 'content-type': 'image/png', 'content-length': picture.length }).end(picture)
      return
    }
    answer(call, message, origin).then(
      json => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json)),
      error => response.writeHead(500).end(String(error)),
    )
  })
  server.listen(0, '127.0.0.1', () =>
    process.send?.({ address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
  )
  process.on('message', () => {
    process.send?.({ sent })
    sent = []
  })
  process.on('disconnect', () => process.exit())
}

/** Starts it; it ends with us. `sent` tells what was sent since it was last asked. */
export async function startFarSide(): Promise<{ address: string; sent(): Promise<Sent[]>; stop(): void }> {
  const child = fork(import.meta.filename, { stdio: 'inherit' })
  const next = () => new Promise<Message>(resolve => child.once('message', message => resolve(message as Message)))
  const { address } = (await next()) as { address: string }
  return {
    address,
    async sent() {
      const answer = next()
      child.send('sent')
      return ((await answer) as { sent: Sent[] }).sent
    },
    stop: () => void child.kill(),
  }
}
