import { createRequire } from 'node:module'
import postgres from 'postgres'
import { connect } from '../src/db.ts'
import { newId } from '../src/id.ts'
import { type Order, place } from '../src/payments/integration.ts'
import { fillPeople } from './fill.ts'
import type { Measurement } from './measurement.ts'
import { compare, type Probe, wallMs } from './rounds.ts'

// The job engine's own driver, which comes without types. One prepared statement a call, as pgbench -M prepared.
type Client = {
  connect(): Promise<void>
  query(statement: { name: string; text: string; values: unknown[] }): Promise<{ rows: { result: string }[] }>
  end(): Promise<void>
}
const { Client } = createRequire(import.meta.url)('pg') as { Client: new (url: string) => Client }

const people = 2_000
// As many as the service's pool has connections.
const clients = 10
const limits = { maxOpen: 1_000, freeDaily: 0, freeHourly: 0 }

/** Paid starts a second: debit, generation and event of an order that has a quote, by so many clients at once. */
export const measure: Measurement = async bench => {
  const perProbe = bench.isShort ? 500 : 2_000
  const url = await bench.database()
  const owner = postgres(url, { max: 1, onnotice: () => {}, ...{ fetch_types: false } })
  const db = connect(url)
  bench.after(() => owner.end({ timeout: 1 }))
  bench.after(() => db.close())
  const direct = await Promise.all(
    Array.from({ length: clients }, async () => {
      const client = new Client(url)
      await client.connect()
      bench.after(() => client.end())
      return client
    }),
  )
  await fillPeople(owner, people)
  await owner`select count(*) from generate_series(1, ${people}::int) u, pay.credit(u, 'bonus', 'bench', 100000000)`

  let made = 0
  /** Orders of people one after another, so that no two wait for one wallet. */
  async function orders(): Promise<Order[]> {
    const all = Array.from({ length: perProbe }, (): Order => {
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

  /** Starts a second, when every client takes the next order as soon as its last one is started. */
  const probe =
    (start: (order: Order, client: number) => Promise<string | undefined>): Probe =>
    async () => {
      const waiting = await orders()
      const ms = await wallMs(() =>
        Promise.all(
          Array.from({ length: clients }, async (_, client) => {
            for (let order = waiting.pop(); order; order = waiting.pop()) {
              const result = await start(order, client)
              if (result !== 'started') throw new Error(`an order was not started: ${result}`)
            }
          }),
        ),
      )
      return perProbe / (ms / 1000)
    }
  const text = `select result, generation_id as id, price_kop as "priceKop", balance_kop as "balanceKop"
    from pay.gen_start($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
  const called = probe(async ({ userId, id, requestKey, chatId, messageId, quoteId, deadlineMs }, client) => {
    const order = [userId, id, requestKey, chatId, messageId, quoteId, `${deadlineMs} milliseconds`]
    const values = [...order, limits.maxOpen, limits.freeDaily, limits.freeHourly]
    const { rows } = await direct[client]!.query({ name: 'start', text, values })
    return rows[0]?.result
  })
  const placed = probe(async order => (await place(db.sql, order, limits)).result)

  await called()
  await placed()
  const what = `paid starts, ${clients} clients`
  const measured = await compare(bench.isShort ? 5 : 15, called, { [what]: placed })
  const by = 'the same SQL function called by node-postgres'
  return [{ what, unit: '1/s', by, goal: { of: 'ratio', atLeast: 0.8 }, ...measured[what]! }]
}
