import type { Sql as Owner } from 'postgres'
import type { Catalogue } from '../src/catalogue/models.ts'
import type { Sql } from '../src/db.ts'
import { newId } from '../src/id.ts'
import { genAccepted, genFinish, genSubmit, place } from '../src/payments/integration.ts'
import { makeQuote } from '../src/payments/quotes.ts'
import { creditBonus } from '../src/payments/wallet.ts'

/** People 1 … n, who have opened the bot. */
export async function fillPeople(owner: Owner, n: number): Promise<void> {
  await owner`select count(*) from generate_series(1, ${n}::int) u, pay.user_open(u, 'User ' || u, null, 'ru', 0)`
}

type Events = { count: number; people: number; modelIds: readonly string[]; seed: number }

/**
 * Thirty days of events up to now, in order of time: of each run its start and its end. Some models are used far more
 * than others; of a hundred runs 88 succeed, 5 are the person's own mistakes or refused content, the rest fails. What
 * looks random is a hash of the run's number: the same for the same seed, whatever the plan of the query.
 */
export async function fillEvents(owner: Owner, { count, people, modelIds, seed }: Events): Promise<void> {
  const runs = Math.floor(count / 2)
  await owner`
    insert into pay.generation_events (created_at, user_id, chat_id, model_id, category, status, is_free_applied,
      price_rub, request_id, task_id, error_code, error_message, duration_ms)
    select case when e.is_end then x.started_at + x.ms * interval '1 millisecond' else x.started_at end,
      x.user_id, x.user_id, m.id, 'text-to-image',
      case when not e.is_end then 'started' when x.luck < 0.88 then 'success' when x.luck < 0.99 then 'failed' else 'timeout' end,
      x.is_free, case when x.is_free then 0 else 1 + m.n end, x.id, case when e.is_end then 'task-' || x.id end,
      case when not e.is_end or x.luck < 0.88 then null when x.luck < 0.91 then 'moderation' when x.luck < 0.93 then 'invalid_input'
        when x.luck < 0.99 then 'generation_failed' else 'upstream_timeout' end,
      case when e.is_end and x.luck >= 0.88 then 'the words of the provider about a failed task' end,
      case when e.is_end then x.ms end
    from (
      select r, left(md5(${seed}::int || ':' || r), 12) as id,
        now() - interval '30 days' * (1 - r / ${runs + 1}::float8) - interval '5 minutes' as started_at,
        1 + floor(u.person * ${people}::int)::int as user_id, u.luck, u.person < 0.05 as is_free,
        (5000 + 90000 * u.pace)::int as ms, floor(u.taste ^ 2 * ${modelIds.length}::int)::int as model
      from generate_series(1, ${runs}::int) r
      cross join lateral (select
        abs(hashint8extended(r, ${seed}::int) % 1000000) / 1e6::float8 as person,
        abs(hashint8extended(r, ${seed + 1}::int) % 1000000) / 1e6::float8 as luck,
        abs(hashint8extended(r, ${seed + 2}::int) % 1000000) / 1e6::float8 as pace,
        abs(hashint8extended(r, ${seed + 3}::int) % 1000000) / 1e6::float8 as taste) u
    ) x
    join (select n - 1 as n, id from json_array_elements_text(${JSON.stringify(modelIds)}::text::json) with ordinality as l(id, n)) m
      on m.n = x.model
    cross join (values (false), (true)) e(is_end)
    order by x.r, e.is_end`
  // As autovacuum would have done long ago.
  await owner`vacuum analyze pay.generation_events`
}

const picture = {
  n: 1,
  kind: 'image',
  mime: 'image/png',
  extension: 'png',
  bytes: 70_000,
  url: 'https://files.example.com/1.png',
}
const size = { width_px: 1024, height_px: 1024, seconds: null }

/** Ended runs of one person, made by the service's own functions; every fifth failed. */
export async function fillHistory(sql: Sql, person: number, runs: number, catalogue: Catalogue): Promise<void> {
  await creditBonus(sql, person, 'bench', runs * 10_00)
  for (let n = 0; n < runs; n++) {
    const { id: modelId, category } = catalogue.models[n % catalogue.models.length]!
    const about = { inputs: { prompt: 'a cat on a windowsill' }, params: {}, credits: '1', rates: catalogue.rates }
    const { id: quoteId } = await makeQuote(sql, { userId: person, modelId, category, priceKop: 10_00, ...about })
    const ref = { userId: person, id: newId() }
    const order = { ...ref, requestKey: `q:${quoteId}`, quoteId, chatId: person, messageId: null, deadlineMs: 600_000 }
    await place(sql, order, { maxOpen: 1, freeDaily: 0, freeHourly: 0 })
    if (n % 5 === 0) {
      await genFinish(sql, ref, 'failed', 'generation_failed', 'the words of the provider about a failed task', [])
      continue
    }
    const [taken] = await genSubmit(sql, ref, 'bench')
    await genAccepted(sql, ref, taken!.attempt, `task-${ref.id}`)
    await genFinish(sql, ref, 'success', null, null, [{ ...picture, ...size }])
  }
}
