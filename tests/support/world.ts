import { pino } from 'pino'
import postgres from 'postgres'
import type { Test } from 'tap'
import { connect, type Sql } from '../../src/database/db.ts'
import { grantAccess, migrate } from '../../src/database/migrate.ts'
import { newId } from '../../src/id.ts'
import type { Limits } from '../../src/payments/generations.ts'
import { place, settle } from '../../src/payments/integration.ts'
import type { Enqueue, Order } from '../../src/payments/order.ts'
import { makeQuote } from '../../src/payments/quotes.ts'
import type { Tracing } from '../../src/trace.ts'
import { openUser } from '../../src/users/users.ts'
import { accessOf, freshDatabase } from './postgres.ts'

export const silent = pino({ level: 'silent' })
export const rates = { usdRubRate: '95', markup: '2' }
export const limits: Limits = { maxOpen: 1_000, freeDaily: 10, freeHourly: 3, newFreeDaily: 1_000_000 }
export const noEnqueue: Enqueue = {
  submit: async () => {},
  check: async () => {},
  poll: async () => {},
  deliver: async () => {},
  late: async () => {},
}
/** Of no model is anything known. */
export const noStats = { of: () => undefined }
/** Nobody collects traces. */
export const untraced: Pick<Tracing, 'request'> = { request: (_id, _name, work) => work() }
export const picture = {
  n: 1,
  kind: 'image' as const,
  mime: 'image/png',
  extension: 'png',
  bytes: 70,
  width_px: 1,
  height_px: 1,
  seconds: null,
  url: 'https://files.example.com/1.png',
}

/** A fresh database of this test file, with the hands of its owner beside those of the service; dropped at the end. */
export async function world(t: Test) {
  const { url, drop } = await freshDatabase(async url => void (await migrate(url)), 'schema')
  const access = accessOf(url)
  await grantAccess(url, access)
  const db = connect(access.app, { sealKey: access.sealKey })
  const owner = postgres(url, { max: 2, onnotice: () => {} })
  t.teardown(async () => {
    await db.close()
    await owner.end({ timeout: 1 })
    await drop()
  })
  const { sql } = db

  /** A user with `kop` kopecks. */
  async function user(userId: number, kop = 0, withSql: Sql = sql) {
    await openUser(withSql, { id: userId, firstName: `User ${userId}`, username: null, clientLanguage: 'ru' }, kop)
  }

  /** An order of a fresh quote at this price; 0 is a free run. */
  async function order(
    userId: number,
    priceKop: number,
    more: Partial<Order> & { modelId?: string; params?: Record<string, unknown> } = {},
  ): Promise<Order> {
    const { modelId = 'z-image', params = { prompt: 'кот' }, ...rest } = more
    const offer = { userId, modelId, category: 'text-to-image', inputs: { prompt: 'кот' }, params }
    const quote = await makeQuote(sql, { ...offer, priceKop, credits: '0.8', rates })
    const id = newId()
    return {
      userId,
      id,
      requestKey: `q:${quote.id}`,
      quoteId: quote.id,
      chatId: userId,
      messageId: 5,
      deadlineMs: 600_000,
      ...rest,
    }
  }

  const broken = () =>
    owner<{ promise: string; key: string }[]>`select promise, key from pay.broken`.then(rows => [...rows])
  const events = async (userId: number, id: string) => {
    const rows = await owner<{ status: string }[]>`
      select status from pay.generation_events where user_id = ${userId} and request_id = ${id} order by id`
    return rows.map(row => row.status)
  }
  const ends = { sql, enqueue: noEnqueue, scrub: (text: string) => text, log: silent }
  const start = (order: Order, within = limits) => place(sql, order, within)
  const finish = (ref: { userId: number; id: string }, ending: Parameters<typeof settle>[2]) =>
    settle(ends, ref, ending)

  /** A subtest that ends with the books in order. */
  const story = (name: string, tell: (t: Test) => Promise<void>) =>
    t.test(name, async t => {
      await tell(t)
      t.strictSame(await broken(), [], 'no promise is broken')
    })

  return { url, access, sql, owner, user, order, start, finish, broken, events, story, ends }
}

/** Waits until a condition holds; fails with its name after `maxMs`. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  maxMs = 15_000,
): Promise<T> {
  const end = Date.now() + maxMs
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > end) throw new Error(`waited ${maxMs} ms in vain: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
