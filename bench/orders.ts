import { createRequire } from 'node:module'
import postgres, { type Sql as Owner } from 'postgres'
import { connect, type Sql } from '../src/database/db.ts'
import { newId } from '../src/id.ts'
import { place, settle } from '../src/payments/integration.ts'
import type { Order } from '../src/payments/order.ts'
import { fillPeople } from './fill.ts'
import type { Bench, Measurement } from './measurement.ts'
import { compare, type Probe, wallMs } from './rounds.ts'
import { silent } from './server.ts'

// The driver of pg-boss, as a type of the little that is used. One prepared statement for each call, as pgbench -M prepared.
type Client = {
  connect(): Promise<void>
  query(statement: { name: string; text: string; values: unknown[] }): Promise<{ rows: { result: string }[] }>
  end(): Promise<void>
}
const { Client } = createRequire(import.meta.url)('pg') as { Client: new (url: string) => Client }

const people = 2_000
// As many as the service's pool has connections.
const clients = 10
const picture = {
  n: 1,
  kind: 'image' as const,
  mime: 'image/png',
  extension: 'png',
  bytes: 70_000,
  width_px: 1024,
  height_px: 1024,
  seconds: null,
  url: 'https://files.example.com/1.png',
}
const never = {
  submit: () => Promise.reject(new Error('nothing is submitted here')),
  check: () => Promise.reject(new Error('nothing is looked at here')),
  poll: () => Promise.reject(new Error('nothing is polled here')),
  late: () => Promise.reject(new Error('nothing is late here')),
}
const limits = { maxOpen: 1_000, freeDaily: 0, freeHourly: 0, newFreeDaily: 1_000_000 }

/** Paid starts and settlements a second, each of its own order, by ten clients at once. */
export const measure: Measurement = async bench => {
  const perProbe = bench.isShort ? 500 : 2_000
  const url = await bench.database()
  const owner = postgres(url, { max: 1, onnotice: () => {}, ...{ fetch_types: false } })
  const db = connect(url)
  bench.after(() => owner.end({ timeout: 1 }))
  bench.after(() => db.close())
  const direct = await connectDirectly(bench, url)
  await fillPeople(owner, people)
  await owner`select count(*) from generate_series(1, ${people}::int) u, pay.credit(u, 'bonus', 'bench', 100000000)`

  const { ordered, running } = orderSource(owner, perProbe)
  const startCalled = probe(ordered, 'started', startBy(direct))
  const placed = probe(ordered, 'started', placeBy(db.sql))
  const finishCalled = probe(running, 'settled', finishBy(direct))
  const settled = probe(running, 'settled', settleBy(db.sql))
  for (const probe of [startCalled, placed, finishCalled, settled]) await probe()
  const rounds = bench.isShort ? 5 : 15
  const [starts, ends] = [`paid starts, ${clients} clients`, `settlements, ${clients} clients`]
  const measured = {
    ...(await compare(rounds, startCalled, { [starts]: placed })),
    ...(await compare(rounds, finishCalled, { [ends]: settled })),
  }
  const by = 'the same SQL function called by node-postgres'
  return Object.entries(measured).map(([what, one]) => {
    return { what, unit: '1/s', by, goal: { of: 'ratio' as const, atLeast: 0.8 }, ...one }
  })
}

/** One connection of node-postgres for each client. */
const connectDirectly = (bench: Bench, url: string): Promise<Client[]> =>
  Promise.all(
    Array.from({ length: clients }, async () => {
      const client = new Client(url)
      await client.connect()
      bench.after(() => client.end())
      return client
    }),
  )

/** Makes `count` orders at a call, in one state or the other. */
function orderSource(owner: Owner, count: number) {
  let made = 0

  /** Orders that can start, of people one after another, so that no two wait for one wallet. */
  async function ordered(): Promise<Order[]> {
    const all = Array.from({ length: count }, (): Order => {
      made += 1
      const [userId, quoteId] = [(made % people) + 1, newId()]
      const order = { userId, id: newId(), requestKey: `q:${quoteId}`, quoteId, chatId: userId, messageId: 7 }
      return { ...order, deadlineMs: 600_000 }
    })
    await owner`
      insert into pay.quotes (user_id, id, model_id, category, inputs, params, price_kop, credits, usd_rub_rate, markup, expires_at)
      select q."userId", q."quoteId", 'z-image', 'text-to-image', '{"prompt":"a cat"}', '{"prompt":"a cat"}', 1000, 1, 95, 2,
        now() + interval '1 hour'
      from json_to_recordset(${JSON.stringify(all)}::text::json) as q("userId" bigint, "quoteId" text)`
    return all
  }

  /** Orders that the provider has accepted. */
  async function running(): Promise<Order[]> {
    const all = await ordered()
    const list = JSON.stringify(all)
    await owner`
      select count(*) from json_to_recordset(${list}::text::json) as o("userId" bigint, id text, "requestKey" text, "quoteId" text),
        pay.gen_start(o."userId", o.id, o."requestKey", o."userId", 7, o."quoteId", interval '10 minutes', 1000, 0, 0)`
    await owner`
      select count(*) from json_to_recordset(${list}::text::json) as o("userId" bigint, id text),
        pay.gen_submit(o."userId", o.id, 'bench', interval '1 hour')`
    await owner`
      select count(*) from json_to_recordset(${list}::text::json) as o("userId" bigint, id text),
        pay.gen_accepted(o."userId", o.id, 1, 'task-' || o.id, interval '1 hour')`
    return all
  }

  return { ordered, running }
}

/** Acts on one order for one of the clients; returns the result that the database reports. */
type Call = (order: Order, client: number) => Promise<string | undefined>

/** Calls a second, when every client takes the next order as soon as it has finished its last one. */
const probe =
  (makeOrders: () => Promise<Order[]>, expected: string, call: Call): Probe =>
  async () => {
    const waiting = await makeOrders()
    const count = waiting.length
    const ms = await wallMs(() =>
      Promise.all(
        Array.from({ length: clients }, async (_, client) => {
          for (let order = waiting.pop(); order; order = waiting.pop()) {
            const result = await call(order, client)
            if (result !== expected) throw new Error(`an order was not ${expected}: ${result}`)
          }
        }),
      ),
    )
    return count / (ms / 1000)
  }

// The yardsticks call the SQL functions by node-postgres; the subjects are the service's own functions.
const startText = `select result, generation_id as id, price_kop as "priceKop", balance_kop as "balanceKop"
  from pay.place(null, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
const finishText = `select result, state, outbox_id as "outboxId"
  from pay.settle(null, $1, $2, 'success', null, null, $3, $4, $5)`
const quote = { modelId: 'z-image', category: 'text-to-image', priceKop: 1000 } // as the bot has it at hand

const startBy =
  (direct: Client[]): Call =>
  async ({ userId, id, requestKey, chatId, messageId, quoteId, deadlineMs }, client) => {
    const about = [userId, id, requestKey, chatId, messageId, quoteId, `${deadlineMs} milliseconds`]
    const values = [...about, limits.maxOpen, limits.freeDaily, limits.freeHourly, limits.newFreeDaily]
    const { rows } = await direct[client]!.query({ name: 'start', text: startText, values })
    return rows[0]?.result
  }

const placeBy =
  (sql: Sql): Call =>
  async order =>
    (await place(sql, { ...order, quote }, limits)).result

const finishBy =
  (direct: Client[]): Call =>
  async ({ userId, id }, client) => {
    const values = [userId, id, JSON.stringify([picture]), 1, '1']
    const { rows } = await direct[client]!.query({ name: 'finish', text: finishText, values })
    return rows[0]?.result
  }

function settleBy(sql: Sql): Call {
  const deps = { sql, enqueue: { ...never, deliver: async () => {} }, scrub: (text: string) => text, log: silent }
  return async ref => {
    const known = { ...quote, chatId: ref.userId, taskId: `task-${ref.id}`, isFree: false, ageMs: 1_000 } // as a poll has it
    const ending = { outcome: 'success' as const, results: [picture], promised: 1, cost: '1' }
    return (await settle(deps, ref, ending, known)).result
  }
}
