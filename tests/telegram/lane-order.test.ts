import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import t from 'tap'
import { seeded } from '../../chaos/random.ts'
import { connect } from '../../src/database/db.ts'
import { createStore, readUpdate } from '../../src/telegram/inbox.ts'
import { until, world } from '../support/world.ts'

// Two processes take updates while others store them in transactions that commit late and out of order. Of a lane one
// update is at work at a time, in the order of arrival, each once. `UPDATES=10000` is the long form.
const count = Number(process.env.UPDATES ?? 600)
const people = 20
const seed = BigInt(process.env.SEED ?? Date.now())
t.comment(`SEED=${seed}`)
t.setTimeout(60_000 + count * 60)

const { access, url, sql, owner } = await world(t)
await owner`create table public.handled (n bigint generated always as identity, lane text, update_id bigint, is_end boolean)`
await owner`grant insert on public.handled to pay_app`
const takers = [1, 2].map(n =>
  fork(new URL('../support/taker.ts', import.meta.url), [access.app, String(seed + BigInt(n))]),
)
t.teardown(() => {
  for (const taker of takers) taker.kill()
})
await Promise.all(takers.map(taker => once(taker, 'message')))

t.test(`${count} updates in ${people} lanes keep their order whatever commits when`, async t => {
  const late = postgres(url, { max: 12, onnotice: () => {} })
  const quick = connect(access.app, { max: 4 })
  t.teardown(() => Promise.all([late.end({ timeout: 1 }), quick.close()]))
  const store = createStore(quick.sql)
  const random = seeded(seed)
  let next = 0
  const enqueue = (lane: string) => {
    for (const taker of takers) taker.send(lane)
  }
  async function arrive(): Promise<void> {
    const id = ++next
    const user = random.int(1, people)
    const body = JSON.stringify({ update_id: id, message: { from: { id: user }, chat: { id: user }, text: 'x' } })
    if (random.chance(0.5)) await store(readUpdate(body))
    else
      await late.begin(async tx => {
        await tx`select pay.inbox_put(${id}, ${`u:${user}`}, ${body}::text::json, null)`
        enqueue(`u:${user}`) // too early on purpose
        await pause(random.int(0, 25))
      })
    enqueue(`u:${user}`)
  }
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (next < count) await arrive()
    }),
  )
  await until(
    'all are handled',
    async () => {
      const rows = await owner<{ lane: string }[]>`select distinct lane from pay.inbox where done_at is null`
      for (const { lane } of rows) enqueue(lane)
      await pause(100)
      return rows.length === 0
    },
    60_000 + count * 40,
  )
  const [wrong] = await owner`
    with log as (select *, lag(is_end, 1, true) over (partition by lane order by n) as was_end,
      lag(update_id) over (partition by lane order by n) as before from public.handled),
    done as (select h.n, h.lane, i.seq from public.handled h join pay.inbox i using (update_id) where not h.is_end)
    select (select count(*)::int from public.handled where not is_end) as begun,
      (select count(distinct update_id)::int from public.handled where not is_end) as updates,
      (select count(*)::int from log where is_end = was_end or is_end and before <> update_id) as "atOnce",
      (select count(*)::int from (select seq, lag(seq, 1, 0::bigint) over (partition by lane order by n) as before from done) x
       where seq < before) as "outOfOrder"`
  t.strictSame(wrong, { begun: next, updates: next, atOnce: 0, outOfOrder: 0 })
  t.equal((await sql`select 1 as one`).length, 1)
})
