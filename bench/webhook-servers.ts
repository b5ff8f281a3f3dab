import { fork } from 'node:child_process'
import { createServer as createHttp, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import { Bot, webhookCallback } from 'grammy'
import postgres from 'postgres'
import { Telegraf } from 'telegraf'
import { connect } from '../src/database/db.ts'
import { buildServer } from '../src/http/build-server.ts'
import { createStore, readUpdate } from '../src/telegram/inbox.ts'
import { silent } from './server.ts'

export const secret = 'bench-webhook-secret-0123456789abcdef'
export type Kind = 'ours' | 'bare' | 'telegraf' | 'grammy'

// The two libraries want to know who they are.
const token = '1000001:a-token-of-the-bench'
const aBot = { id: 1, is_bot: true, first_name: 'Bench', username: 'bench_bot' } as const
// As many connections as the service keeps for updates.
const max = 4

if (import.meta.main) {
  const [kind, url] = process.argv.slice(2) as [Kind, string]
  process.send?.(await { ours, bare, telegraf, grammy }[kind](url))
  process.on('disconnect', () => process.exit())
}

/** The route of the service with its storing; whom it wakes after that is left out. */
async function ours(url: string): Promise<string> {
  const store = createStore(connect(url, { max }).sql)
  const receive = async (body: string) => void (await store(readUpdate(body)))
  const server = buildServer({ log: silent, webhook: { secrets: [secret], receive } })
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

/** A table of their own and what is done with an update: the same INSERT as the bare route's. */
async function inbox(url: string, table: string) {
  const sql = postgres(url, { max, onnotice: () => {} })
  await sql`create table ${sql(table)} (update_id bigint primary key, payload json not null)`
  return async (update: { update_id: number }) =>
    void (await sql`
      insert into ${sql(table)} (update_id, payload) values (${update.update_id}, ${update as never}) on conflict do nothing`)
}

/** Telegraf's own callback, which answers when the handler is through. */
async function telegraf(url: string): Promise<string> {
  const insert = await inbox(url, 'telegraf_inbox')
  const bot = new Telegraf(token)
  bot.botInfo = { ...aBot, can_join_groups: true, can_read_all_group_messages: false, supports_inline_queries: false }
  bot.use(ctx => insert(ctx.update))
  return listening(createHttp(bot.webhookCallback('/webhook', { secretToken: secret })))
}

/** grammY's own callback. */
async function grammy(url: string): Promise<string> {
  const insert = await inbox(url, 'grammy_inbox')
  const bot = new Bot(token, { botInfo: aBot as never })
  bot.use(ctx => insert(ctx.update))
  return listening(createHttp(webhookCallback(bot, 'http', { secretToken: secret })))
}

function listening(server: Server): Promise<string> {
  return new Promise(resolve =>
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  )
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
