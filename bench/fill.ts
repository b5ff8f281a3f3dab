import type { Sql as Owner, PendingQuery, Row } from 'postgres'
import type { Catalogue } from '../src/catalogue/models.ts'
import type { Sql } from '../src/database/db.ts'
import { newId } from '../src/id.ts'
import { place } from '../src/payments/integration.ts'
import { genAccepted, genFinish, genSubmit } from '../src/payments/order-statements.ts'
import { makeQuote } from '../src/payments/quotes.ts'

/** People 1 … n, who have opened the bot. */
export async function fillPeople(owner: Owner, n: number): Promise<void> {
  await owner`select count(*) from generate_series(1, ${n}::int) u, pay.user_open(u, 'User ' || u, null, 'ru', 0)`
}

type Events = { count: number; people: number; modelIds: readonly string[]; seed: number }

/**
 * Thirty days of events up to now, in order of time: the start and the end of each run. Some models are used far more
 * than others. Of a hundred runs 88 succeed, 5 are the person's own mistakes or refused content, and the rest fails. What
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

/** Makes ended runs of one person by the service's own functions. Every fifth failed. */
export async function fillHistory(sql: Sql, person: number, runs: number, catalogue: Catalogue): Promise<void> {
  // As a welcome: to the audit every other bonus belongs to a code.
  await sql`select pay.credit(${person}, 'bonus', 'start', ${runs * 10_00})`
  for (let n = 0; n < runs; n++) {
    const { id: modelId, category } = catalogue.models[n % catalogue.models.length]!
    const about = { inputs: { prompt: 'a cat on a windowsill' }, params: {}, credits: '1', rates: catalogue.rates }
    const { id: quoteId } = await makeQuote(sql, { userId: person, modelId, category, priceKop: 10_00, ...about })
    const ref = { userId: person, id: newId() }
    const order = { ...ref, requestKey: `q:${quoteId}`, quoteId, chatId: person, messageId: null, deadlineMs: 600_000 }
    await place(sql, order, { maxOpen: 1, freeDaily: 0, freeHourly: 0, newFreeDaily: 0 })
    if (n % 5 === 0) {
      await genFinish(sql, ref, 'failed', 'generation_failed', 'the words of the provider about a failed task', [])
      continue
    }
    const [taken] = await genSubmit(sql, ref, 'bench')
    await genAccepted(sql, ref, taken!.attempt, `task-${ref.id}`)
    await genFinish(sql, ref, 'success', null, null, [{ ...picture, ...size }])
  }
}

type Books = { entries: number; modelIds: readonly string[]; seed: number }

/**
 * Writes so many ledger entries with all that belongs to them, as a year of the service leaves them. Each person has one
 * payment and eight runs, the last of which failed and was refunded. The rows bypass the functions that guard them, which
 * would take hours; the audit checks that they agree.
 */
export async function fillBooks(owner: Owner, { entries, modelIds, seed }: Books): Promise<void> {
  const people = Math.ceil(entries / 10)
  const [runs, models] = [people * 8, JSON.stringify(modelIds)]
  await owner`set session_replication_role = replica` // the rows are consistent: no trigger needs to ask
  await fillPayers(owner, people)
  const step = 500_000
  for (let first = 1; first <= runs; first += step) {
    const last = Math.min(first + step - 1, runs)
    // Runs are numbered in order of time. The number gives the person, which of the person's runs it is, the id and the model.
    const source = owner`
      select r, 1 + (r - 1) % ${people}::int as user_id, 1 + (r - 1) / ${people}::int as turn,
        translate(lpad(to_hex(r), 12, '0'), '0123456789abcdef', 'abcdefghijklmnop') as id,
        now() - interval '30 days' * (1 - r / ${runs + 1}::float8) - interval '5 minutes' as started_at,
        ${models}::text::json ->> (abs(hashint8extended(r, ${seed}::int)) % ${modelIds.length}::int)::int as model_id
      from generate_series(${first}::int, ${last}::int) r`
    await fillPaidRuns(owner, source)
    await fillTraces(owner, source)
  }
  await owner`set session_replication_role = origin`
  await owner`vacuum analyze` // as autovacuum would have done long ago
}

/** People 1 … n with the one payment of each, and a wallet as all their runs leave it. */
async function fillPayers(owner: Owner, people: number): Promise<void> {
  await owner`insert into pay.users (user_id, first_name, language) select u, 'User ' || u, 'ru' from generate_series(1, ${people}::int) u`
  await owner`insert into pay.wallets (user_id, balance_kop, seq) select u, 3000, 10 from generate_series(1, ${people}::int) u`
  await owner`
    insert into pay.top_ups (user_id, id, provider, amount_kop, currency, total, state, expires_at, decided_at)
    select u, translate(lpad(to_hex(u), 12, '0'), '0123456789abcdef', 'abcdefghijklmnop'), 'stars', 10000, 'XTR', 84, 'paid', now(), now()
    from generate_series(1, ${people}::int) u`
  await owner`
    insert into pay.payments (provider, charge_id, user_id, amount_kop, top_up_id, currency, total, received_at)
    select 'stars', 'charge-' || u, u, 10000, translate(lpad(to_hex(u), 12, '0'), '0123456789abcdef', 'abcdefghijklmnop'), 'XTR', 84,
      now() - interval '31 days' from generate_series(1, ${people}::int) u`
  await owner`
    insert into pay.ledger_entries (user_id, seq, kind, amount_kop, balance_before, balance_after, contra, external_ref, created_at)
    select u, 1, 'topup', 10000, 0, 10000, 'cash', 'stars:charge-' || u, now() - interval '31 days'
    from generate_series(1, ${people}::int) u`
}

/** The fragment that selects the runs of a slice. */
type Source = PendingQuery<Row[]>

/** The quotes, ledger entries and runs of one slice: what holds money. */
async function fillPaidRuns(owner: Owner, source: Source): Promise<void> {
  await owner`
    insert into pay.quotes (user_id, id, model_id, category, inputs, params, price_kop, credits, usd_rub_rate, markup, created_at, expires_at)
    select user_id, id, model_id, 'text-to-image', '{"prompt":"a cat"}', '{"prompt":"a cat"}', 1000, 1, 95, 2, started_at, started_at
    from (${source}) x`
  await owner`
    insert into pay.ledger_entries (user_id, seq, kind, amount_kop, balance_before, balance_after, contra, generation_id, created_at)
    select user_id, turn + 1, 'debit', -1000, 11000 - turn * 1000, 10000 - turn * 1000, 'sales', id, started_at
    from (${source}) x
    union all
    select user_id, 10, 'refund', 1000, 2000, 3000, 'sales', id, started_at + interval '1 minute'
    from (${source}) x where turn = 8`
  await owner`
    insert into pay.generations (user_id, id, request_key, quote_id, chat_id, model_id, category, is_free, price_kop, exec_state,
      money_state, task_id, attempt, next_at, run_limit, deadline_at, created_at, submitted_at, finished_at, promised, kept_kop)
    select user_id, id, 'q:' || id, id, user_id, model_id, 'text-to-image', false, 1000, case turn when 8 then 'failed' else 'success' end,
      case turn when 8 then 'refunded' else 'captured' end, 'task-' || id, 1, started_at, interval '10 minutes',
      started_at + interval '10 minutes', started_at, started_at, started_at + interval '1 minute',
      case when turn < 8 then 1 end, case when turn < 8 then 1000 end
    from (${source}) x`
}

/** The events, results and sent messages that the same runs leave behind. */
async function fillTraces(owner: Owner, source: Source): Promise<void> {
  await owner`
    insert into pay.generation_events (created_at, user_id, chat_id, model_id, category, status, is_free_applied, price_rub,
      request_id, task_id, error_code, duration_ms)
    select started_at + case when is_end then interval '1 minute' else interval '0' end, user_id, user_id, model_id, 'text-to-image',
      case when not is_end then 'started' when turn = 8 then 'failed' else 'success' end, false, 10, id,
      case when is_end then 'task-' || id end, case when is_end and turn = 8 then 'generation_failed' end,
      case when is_end then 60000 end
    from (${source}) x cross join (values (false), (true)) e(is_end) order by r, is_end`
  await owner`
    insert into pay.results (user_id, generation_id, n, kind, mime, extension, bytes, width_px, height_px, url)
    select user_id, id, 1, 'image', 'image/png', 'png', 70000, 1024, 1024, 'https://files.example.com/' || id || '.png'
    from (${source}) x where turn < 8`
  await owner`
    insert into pay.outbox (dedupe, user_id, body, created_at, done_at)
    select 'gen:' || id, user_id, '{}', started_at + interval '1 minute', started_at + interval '1 minute'
    from (${source}) x`
}
