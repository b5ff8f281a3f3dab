import t from 'tap'
import { connect } from '../../src/database/db.ts'
import { modelStats } from '../../src/events/repository.ts'
import { createStats } from '../../src/events/stats.ts'
import { silent, world } from '../support/world.ts'

const { sql, owner, url } = await world(t)

type Run = { model: string; status?: string; agoS: number; ms?: number; code?: string }
let count = 0

/** Endings of runs, so many seconds before now. */
async function ended(runs: Run[], by = owner) {
  const rows = runs.map(({ model, status = 'success', agoS, ms = 1_000, code }) => {
    count += 1
    return {
      model,
      status,
      agoS,
      ms,
      code: code ?? (status === 'success' ? null : 'generation_failed'),
      id: `run${count}`,
    }
  })
  await by`
    insert into pay.generation_events (created_at, user_id, chat_id, model_id, category, status, is_free_applied,
      price_rub, request_id, error_code, duration_ms)
    select now() - r."agoS" * interval '1 second', 7, 7, r.model, 'text-to-image', r.status, false, 1, r.id, r.code, r.ms
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as r(model text, status text, "agoS" float8, ms int, code text, id text)`
}
const many = (n: number, run: Run): Run[] => Array.from({ length: n }, () => run)

/** Refreshes as the service would so many seconds from now. */
const refresh = async (afterS = 0) =>
  (await owner`select pay.model_stats_refresh(now() + ${afterS}::float8 * interval '1 second') as done`)[0]!.done
const figures = async (model: string) => (await modelStats(sql)).find(({ modelId }) => modelId === model)

/** Before each: no figures, successes counted up to so many seconds before now. */
async function countedUntil(agoS: number) {
  await owner`delete from pay.model_days`
  await owner`update pay.model_stats_clock
    set counted_until = now() - ${agoS}::float8 * interval '1 second', refreshed_at = now() - interval '1 hour'`
}

t.test('a card gets the last hundred runs, without the failures of the person', async t => {
  await countedUntil(3600)
  await ended([
    ...many(30, { model: 'a', agoS: 7_000, ms: 9_000_000 }), // older than the last hundred
    ...many(48, { model: 'a', agoS: 6_000, ms: 10_000 }),
    ...many(49, { model: 'a', agoS: 500, ms: 20_000 }),
    ...many(3, { model: 'a', agoS: 400, status: 'failed' }),
    ...many(20, { model: 'a', agoS: 300, status: 'failed', code: 'moderation' }),
    ...many(20, { model: 'a', agoS: 200, status: 'failed', code: 'invalid_input' }),
    ...many(20, { model: 'a', agoS: 100, status: 'failed', code: 'cancelled' }),
  ])
  t.equal(await refresh(), true)
  const found = await figures('a')
  t.match(found, { finished: 100, succeeded: 97, timed: 100, hourFinished: 52, hourSucceeded: 49, runs30d: 49 })
  t.strictSame([found?.p25Ms, found?.p75Ms], [10_000, 20_000])
})

t.test('successes older than 30 days say nothing of how long a run takes', async t => {
  await countedUntil(60)
  await ended([
    ...many(50, { model: 'b', agoS: 31 * 86_400, ms: 500_000 }),
    ...many(12, { model: 'b', agoS: 600, ms: 3_000 }),
    ...many(4, { model: 'b', agoS: 500, status: 'timeout' }),
  ])
  await refresh()
  t.match(await figures('b'), { finished: 66, succeeded: 62, timed: 12, p25Ms: 3_000, p75Ms: 3_000 })
})

t.test('a success that is committed late, after later ones were counted, is counted, and once', async t => {
  await countedUntil(3600)
  const slow = await owner.reserve()
  t.teardown(() => slow.release())
  await slow`begin`
  await ended(many(1, { model: 'c', agoS: 2 }), slow) // its id is lower than that of the next
  await ended(many(1, { model: 'c', agoS: 1 }))
  await ended(many(1, { model: 'c', agoS: 90 }))
  await refresh()
  t.match(await figures('c'), { runs30d: 1, finished: 2 }, 'what is younger than a minute is not counted yet')
  await slow`commit`
  for (const afterS of [60, 120, 180]) await refresh(afterS)
  t.match(await figures('c'), { runs30d: 3, finished: 3 })
})

t.test('after a pause the count catches up, a day at a time, and forgets what is over 30 days old', async t => {
  await countedUntil(3.5 * 86_400)
  await ended([1, 2, 3].flatMap(day => many(day, { model: 'd', agoS: day * 86_400 })))
  const seen: (number | undefined)[] = []
  for (const n of [0, 1, 2, 3, 4]) {
    await refresh(n * 60)
    seen.push((await figures('d'))?.runs30d)
  }
  t.strictSame(seen, [3, 5, 6, 6, 6])
  await refresh(40 * 86_400)
  t.equal((await figures('d'))?.runs30d, 0)
})

t.test('of machines that ask at once, one does the work', async t => {
  await countedUntil(3600)
  await ended(many(10, { model: 'e', agoS: 120 }))
  const others = Array.from({ length: 5 }, () => connect(url, { max: 1 }))
  t.teardown(() => Promise.all(others.map(db => db.close())))
  const all = others.map(db => createStats(db.sql, silent))
  await Promise.all(all.map(stats => stats.refresh()))
  await all[0]!.refresh()
  t.equal(all[0]!.popularity('e'), 10)
  t.equal(all[0]!.of('e')?.finished, 10)
  t.equal(all[0]!.popularity('unknown'), 0)
  t.equal((await figures('e'))?.runs30d, 10, 'counted once')
  t.equal(await refresh(40), false, 'not again within a minute')
})
