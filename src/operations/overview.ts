import { type Static, Type } from '@sinclair/typebox'
import { query } from '../database/db.ts'

export const backlog = query(
  Type.Object({
    inbox: Type.Integer(),
    inboxParked: Type.Integer(),
    outbox: Type.Integer(),
    outboxDead: Type.Integer(),
    open: Type.Integer(),
    heldKop: Type.Integer(),
    keptBytes: Type.Integer(),
    oldestOpenS: Type.Number(),
    statsAgeS: Type.Number(),
  }),
  sql => sql`
    select (select count(*) from pay.inbox where done_at is null) as inbox,
      (select count(*) from pay.inbox where dead_reason is not null) as "inboxParked",
      (select count(*) from pay.outbox where done_at is null) as outbox,
      -- Those that a person who comes back may still get (outbox_revive).
      (select count(*) from pay.outbox where dead_reason is not null and done_at > now() - interval '14 days') as "outboxDead",
      (select bytes from pay.kept_total) as "keptBytes",
      (select extract(epoch from now() - refreshed_at) from pay.model_stats_clock)::float8 as "statsAgeS",
      count(*) as open, coalesce(sum(price_kop), 0)::bigint as "heldKop",
      coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as "oldestOpenS"
    from pay.generations where finished_at is null`,
)

const Day = Type.Object({
  runs: Type.Integer(),
  succeeded: Type.Integer(),
  failed: Type.Integer(),
  revenueKop: Type.Integer(),
  costKop: Type.Integer(),
  topUps: Type.Integer(),
  topUpKop: Type.Integer(),
  plans: Type.Integer(),
  planStars: Type.Integer(),
  open: Type.Integer(),
  heldKop: Type.Integer(),
  oldestOpenS: Type.Number(),
  overdue: Type.Integer(),
  parkedPayments: Type.Integer(),
  openReversals: Type.Integer(),
  deadOutbox: Type.Integer(),
  waitingRequests: Type.Integer(),
})
/** Today, Moscow time, and what is open now. `revenueKop` and `costKop`: of today's successes. */
export type Day = Static<typeof Day>

// Reads the rows of one day and partial indexes; never a whole table.
export const today = query(
  Day,
  (sql, usdRubRate: string) => sql`
    with day as (select date_trunc('day', now(), 'Europe/Moscow') as begins),
    events as (
      select count(*) filter (where status = 'started') as runs,
        count(*) filter (where status = 'success') as succeeded,
        count(*) filter (where status in ('failed', 'timeout')) as failed,
        coalesce(sum(price_rub) filter (where status = 'success') * 100, 0)::bigint as revenue
      from pay.generation_events, day where created_at >= day.begins),
    -- What the upstream took, or was expected to; 1 credit is half a cent (see src/health/model-costs.ts).
    spent as (
      -- Row by row through the keys: joined, a plan may come to read all of both tables.
      select ceil(coalesce(sum((
        select coalesce(g.cost_credits, (select q.credits from pay.quotes q where q.user_id = g.user_id and q.id = g.quote_id))
        from pay.generations g where g.user_id = e.user_id and g.id = e.request_id)), 0) * 0.5 * ${usdRubRate}::numeric)::bigint as kop
      from day join pay.generation_events e on e.created_at >= day.begins and e.status = 'success'),
    paid as (
      select count(*) as n, coalesce(sum(amount_kop), 0)::bigint as kop from pay.payments, day where received_at >= day.begins),
    running as (
      select count(*) as n, coalesce(sum(price_kop), 0)::bigint as kop,
        coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as oldest,
        count(*) filter (where deadline_at < now()) as overdue
      from pay.generations where finished_at is null),
    monthly as (
      select count(*) as n, coalesce(sum(t.total), 0)::bigint as stars
      from pay.subscriptions s join pay.top_ups t on t.id = s.id where s.state = 'active')
    select events.runs, events.succeeded, events.failed, events.revenue as "revenueKop", spent.kop as "costKop", paid.n as "topUps",
      paid.kop as "topUpKop", monthly.n as plans, monthly.stars as "planStars", running.n as open, running.kop as "heldKop", running.oldest as "oldestOpenS", running.overdue,
      (select count(*) from pay.parked_payments where resolved_at is null) as "parkedPayments",
      (select count(*) from pay.reversals where state = 'asked') as "openReversals",
      (select count(*) from pay.outbox where dead_reason is not null and done_at > now() - interval '1 day') as "deadOutbox",
      (select count(*) from pay.top_ups where state = 'waiting') as "waitingRequests"
    from events, spent, paid, running, monthly`,
)

/** Violated invariants; empty while the ledger is in order. Reads every row: use a separate connection. */
export const brokenPromises = query(
  Type.Object({ promise: Type.String(), key: Type.String() }),
  sql => sql`select promise, key from pay.broken limit 5`,
)
