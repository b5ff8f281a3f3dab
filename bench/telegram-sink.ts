import { fork } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// A Bot API server that says yes and remembers nothing: what the bot spends is measured, and this is another process.
if (import.meta.main) {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const answers = /\/answerCallbackQuery$/.test(request.url ?? '')
      const message = { message_id: 1, date: 1, chat: { id: 1, type: 'private' }, text: '' }
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ ok: true, result: answers ? true : message }))
    })
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
  process.on('disconnect', () => process.exit())
}

/** Starts it; it ends with us. */
export async function startSink(): Promise<{ apiRoot: string; stop(): void }> {
  const child = fork(import.meta.filename, { stdio: 'inherit' })
  const port = await new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', code => reject(new Error(`the sink of Telegram's calls ended with ${code}`)))
  })
  return { apiRoot: `http://127.0.0.1:${port}`, stop: () => void child.kill() }
}
