import { fork } from 'node:child_process'
import fastify from 'fastify'
import postgres from 'postgres'
import { connect } from '../src/db.ts'
import { createServer } from '../src/http/server.ts'
import { telegramWebhook } from '../src/http/webhook.ts'
import { readUpdate, store } from '../src/telegram/inbox.ts'
import { silent } from './server.ts'

export const secret = 'bench-webhook-secret-0123456789abcdef'
export type Kind = 'ours' | 'bare'

// As many connections as the service keeps for updates.
const max = 4

if (import.meta.main) {
  const [kind, url] = process.argv.slice(2) as [Kind, string]
  process.send?.(await { ours, bare }[kind](url))
  process.on('disconnect', () => process.exit())
}

/** The route of the service with its storing; whom it wakes after that is left out. */
async function ours(url: string): Promise<string> {
  const db = connect(url, { max })
  const server = createServer(silent)
  server.register(telegramWebhook, {
    secrets: [secret],
    receive: async body => void (await store(db.sql, readUpdate(body))),
  })
  return server.listen({ port: 0, host: '127.0.0.1' })
}

/**
 * The least that could be called the same: a bare route and one INSERT. The driver sends several statements down one
 * connection before the first is answered, which the service gives up for a deadline that holds (db.ts).
 */
async function bare(url: string): Promise<string> {
  const sql = postgres(url, { max, onnotice: () => {} })
  await sql`create table bare_inbox (update_id bigint primary key, payload json not null)`
  const server = fastify()
  server.post<{ Body: { update_id: number } }>('/webhook', async ({ body }) => {
    await sql`insert into bare_inbox (update_id, payload) values (${body.update_id}, ${body as never}) on conflict do nothing`
    return ''
  })
  return server.listen({ port: 0, host: '127.0.0.1' })
}

/** Starts one in a process of its own; it ends with us. */
export async function startWebhook(kind: Kind, url: string): Promise<{ address: string; stop(): void }> {
  const child = fork(import.meta.filename, [kind, url], { stdio: 'inherit' })
  const address = await new Promise<string>((resolve, reject) => {
    child.once('message', message => resolve(String(message)))
    child.once('exit', code => reject(new Error(`the ${kind} webhook ended with ${code}`)))
  })
  return { address, stop: () => void child.kill() }
}
