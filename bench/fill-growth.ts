import type { Sql as Owner } from 'postgres'
import { fillBooks } from './fill.ts'

type Growth = {
  /** Rows of each of the four tables that grow fastest. */
  rows: number
  /** Entries of the ledger; eight runs are ten of them. */
  entries: number
  /** Of those, and of each table that tidy looks through, as many whose time has passed. */
  due: number
  modelIds: readonly string[]
  seed: number
}

/** As many updates as each of the people 1 … 20 has left, whatever the size. */
export const updatesOfOne = 300

/**
 * What years of the service leave: the books, and beside them updates, messages, prices, windows of free runs, tries,
 * invoices and actions. As in the life of the service most are in their time, or are kept for good, and `due` of each are
 * not. Written past the functions that guard them.
 */
export async function fillGrowth(owner: Owner, { rows, entries, due, modelIds, seed }: Growth): Promise<void> {
  await fillBooks(owner, { entries, modelIds, seed })
  const [{ people } = { people: 0 }] = await owner<{ people: number }[]>`select count(*)::int as people from pay.users`
  await owner`set session_replication_role = replica`
  // The oldest `due` rows lie before the border of their kind, the rest between it and now, all in order of time.
  const at = (border: string, latest: string) => owner`
    case when i <= ${due}::int then now() - ${border}::text::interval - interval '1 day' * (1 - i / ${due}::float8) - interval '1 minute'
      else now() - ${latest}::text::interval - (${border}::text::interval - ${latest}::text::interval - interval '1 minute')
        * (1 - (i - ${due}::int) / ${rows + 1 - due}::float8) end`
  const step = 1_000_000
  for (let first = 1; first <= rows; first += step) {
    const series = owner`generate_series(${first}::int, ${Math.min(first + step - 1, rows)}::int) i`
    await owner`
      insert into pay.inbox (update_id, lane, payload, received_at, next_at, attempts, done_at)
      select i, case when i % 20 = 0 then 'c:-1001234567890:' else 'u:' end
          || case when i % ${Math.max(1, Math.floor(rows / 20 / updatesOfOne))}::int = 0
            then 1 + (i / ${Math.max(1, Math.floor(rows / 20 / updatesOfOne))}::int) % 20 else 21 + i % ${people - 20}::int end,
        '{"update_id":1,"message":{"message_id":1,"date":1,"text":"a cat on a windowsill"}}', at, at, 1, at
      from (select i, ${at('7 days', '1 minute')} as at from ${series}) x`
    await owner`
      insert into pay.free_usage (user_id, model_id, window_kind, starts_at, used, lim)
      select 1 + i % ${people}::int, 'model-' || (i / ${people}::int) % 40, 'hour', at, 1, 3
      from (select i, ${at('40 days', '1 minute')} as at from ${series}) x on conflict do nothing`
    await owner`
      insert into pay.outbox (dedupe, user_id, body, created_at, next_at, attempts, done_at, dead_reason)
      select case when i > ${due}::int and i % 10 < 9 then 'gen:x' else 'resend:' end || i, 1 + i % ${people}::int,
        '{"kind":"generation","generationId":"aaaaaaaaaaaa"}', at, at, 1, at, case when i % 100 = 0 then 'blocked' end
      from (select i, ${at('30 days', '1 minute')} as at from ${series}) x`
    await owner`
      insert into pay.quotes (user_id, id, model_id, category, inputs, params, price_kop, credits, usd_rub_rate, markup, created_at, expires_at)
      select 1 + i % ${people}::int, translate(lpad(to_hex(i), 12, '0'), '0123456789abcdef', 'qrstuvwxyz234567'), 'z-image',
        'text-to-image', '{"prompt":"a cat"}', '{"prompt":"a cat"}', 1000, 1, 95, 2, at - interval '15 minutes', at
      from (select i, ${at('2 days', '-15 minutes')} as at from ${series}) x`
  }
  await fillSmaller(owner, due, people)
  await fillLate(owner, due)
  await owner`
    insert into pay.opinions (user_id, generation_id, n, model_id, is_good, at)
    select user_id, id, 1, model_id, random() < 0.8, created_at from pay.generations where finished_at is not null`
  await fillRequests(owner, due, people)
  await fillFiles(owner, due)
  await fillGroups(owner, due, people)
  await owner`set session_replication_role = origin`
  // The parts that walk have been there: what lies before is known.
  await owner`update pay.tidy_marks set at = now() - interval '3 days 1 hour' where what = 'quotes'`
  await owner`vacuum analyze` // as autovacuum would have done long ago
}

/** What people are in the middle of, and what they keep for later. */
async function fillRequests(owner: Owner, due: number, people: number): Promise<void> {
  await owner`
    insert into pay.drafts (user_id, id, kind, expires_at)
    select u, 'aaaaaaaaaaaa', 'order', now() - interval '8 days' * (u % 2) from generate_series(1, ${people}::int) u`
  await owner`
    insert into pay.templates (user_id, id, words, task, model_id, deleted_at)
    select 1 + i % ${people}::int, translate(lpad(to_hex(i), 12, '0'), '0123456789abcdef', 'qrstuvwxyz234567'), 'a cat', 'image', 'z-image', case when i <= ${due}::int then now() - interval '2 days' end
    from generate_series(1, ${2 * due}::int) i`
}

/** Tables that grow more slowly: all that is due, and as much that is not. */
async function fillSmaller(owner: Owner, due: number, people: number): Promise<void> {
  const series = owner`generate_series(1, ${2 * due}::int) i`
  const id = owner`translate(lpad(to_hex(i), 12, '0'), '0123456789abcdef', 'qrstuvwxyz234567')`
  const person = owner`1 + i % ${people}::int`
  const minutes = owner`interval '1 minute' * (i / ${people}::int)`
  await owner`
    insert into pay.intakes (update_id, lane, payload, created_at, done_at)
    select i, 'u:' || (1 + i % ${people}::int), '{}', now() - interval '1 hour', now() - interval '1 hour' from ${series}`
  await owner`
    insert into pay.unbooked (provider, position, movement, last_error, booked_at)
    select 'stars', i, '{}', 'x', now() from ${series}`
  await owner`
    insert into pay.promo_tries (user_id, starts_at, wrong)
    select ${person}, case when i <= ${due}::int then now() - interval '3 days' else now() end - ${minutes}, 1 from ${series}`
  await owner`
    insert into pay.referral_days (inviter, day, counted)
    select ${person}, current_date - case when i <= ${due}::int then 50 else 0 end - i / ${people}::int, 1
    from ${series} on conflict do nothing`
  await owner`
    insert into pay.admin_actions (id, admin_id, kind, user_id, amount_kop, reason, expires_at)
    select ${id}, 1, 'credit', ${person}, 100, 'a reason', case when i <= ${due}::int then now() - interval '31 days' else now() end
    from ${series}`
  await owner`
    insert into pay.top_ups (user_id, id, provider, amount_kop, currency, total, state, expires_at)
    select ${person}, ${id}, 'stars', 1 + i % 1000000, 'XTR', 1, 'cancelled',
      case when i <= ${due}::int then now() - interval '91 days' else now() end from ${series}`
  await owner`
    insert into pay.subscriptions (user_id, id, open_more, free_more, discount) select ${person}, ${id}, 1, 1, 1 from ${series}`
  await owner`
    insert into pay.audit_log (admin_id, kind, user_id, reason) select 1, 'prompt', ${person}, 'x' from ${series}`
  await owner`insert into pay.bonus_grants (user_id, ref, runs, cap_kop) select ${person}, 'bench:' || i, 1, 1 from ${series}`
  await owner`
    insert into pay.referrals (invitee, inviter, runs, cap_kop) select i, 1 + i % ${people}::int, 3, 5000 from ${series}`
  await owner`
    insert into pay.payments (provider, charge_id, user_id, amount_kop, received_at)
    select 'card', 'card-' || i, ${person}, 100, now() - interval '40 days' from ${series}`
  await owner`
    insert into pay.reversals (provider, charge_id, user_id, amount_kop, debt_kop, state, cause, ended_at)
    select 'card', 'card-' || i, ${person}, 100, 0, 'done', 'provider', now() from ${series}`
  await owner`
    insert into pay.rates (key, tat)
    select 'chat:' || i, now() - interval '2 hours' * (i % 2) from ${series}`
  await owner`
    insert into pay.model_switches (model_id, n, at, who, before, after, is_pinned, cause, strikes, figures)
    select 'model-' || i % 40, 1 + i / 40, now() - interval '1 hour', 'auto', case when (i / 40) % 2 = 0 then 'on' else 'off' end,
      case when (i / 40) % 2 = 0 then 'off' else 'on' end, false, 'failing', 0, '{}' from generate_series(0, ${due}::int) i`
  await owner`
    insert into pay.parked_payments (provider, charge_id, user_id, payload, currency, total, reason, resolved_at, resolution)
    select 'stars', 'parked-' || i, 1, 'x', 'XTR', 1, 'unknown_order', now(), 'closed' from ${series}`
}

/** Groups with the prices that were asked for in them, and words of guests, half of them past their time. */
async function fillGroups(owner: Owner, due: number, people: number): Promise<void> {
  const series = owner`generate_series(1, ${2 * due}::int) i`
  await owner`insert into pay.users (user_id) select -i from ${series}`
  await owner`insert into pay.wallets (user_id) select -i from ${series}`
  await owner`insert into pay.groups (chat_id, account_id, is_on, member_daily_kop) select -i, -i, true, 10000 from ${series}`
  await owner`
    insert into pay.group_orders (payer_id, quote_id, asked_by, chat_id)
    select q.user_id, q.id, q.user_id, -1 - q.user_id % ${due}::int from pay.quotes q where q.user_id > 0 limit ${2 * due}::int`
  await owner`
    insert into pay.guest_words (id, user_id, words, created_at)
    select translate(lpad(to_hex(i), 12, '0'), '0123456789abcdef', 'qrstuvwxyz234567'), 1 + i % ${people}::int, 'a cat',
      now() - interval '2 days' * (i % 2) from ${series}`
}

/** Kept files, half of them past their time. */
async function fillFiles(owner: Owner, due: number): Promise<void> {
  await owner`
    insert into pay.kept_files (user_id, generation_id, n, bytes, sha256, is_whole, expires_at)
    select r.user_id, r.generation_id, r.n, 100, repeat('a', 64), true,
      now() + case when random() < 0.5 then interval '1 day' else interval '-1 day' end from pay.results r limit ${due}::int`
  await owner`
    insert into pay.kept_chunks (user_id, generation_id, n, chunk, content)
    select user_id, generation_id, n, 0, convert_to(repeat('x', 100), 'UTF8') from pay.kept_files`
  await owner`update pay.kept_total set bytes = (select sum(bytes) from pay.kept_files)`
}

/** Runs whose result may still come, half of them no more. */
async function fillLate(owner: Owner, due: number): Promise<void> {
  await owner`
    insert into pay.late_results (user_id, generation_id, task_id, open_at)
    select user_id, id, 'task', now() - case when random() < 0.5 then interval '8 days' else interval '1 day' end
    from pay.generations where finished_at is not null limit ${2 * due}::int`
}
