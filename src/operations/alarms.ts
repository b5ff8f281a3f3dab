import { type Static, Type } from '@sinclair/typebox'
import { query } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import type { AlarmName } from '../i18n/admin.ts'

export const recordAlarm = query(
  Type.Object({ word: Type.Union([Type.Literal('begins'), Type.Literal('lasts'), Type.Literal('over'), Type.Null()]) }),
  (sql, name: AlarmName, isOn: boolean) => sql`select pay.alarm_look(${name}, ${isOn}) as word`,
)

const Alarm = Type.Object({
  name: Type.String(),
  isOn: Type.Boolean(),
  ageS: Type.Number(),
  seenS: Type.Number(),
})
/** An alarm of any build: on for `ageS` seconds, checked `seenS` seconds ago. */
export type Alarm = Static<typeof Alarm>

/** The alarms. Admins, /metrics, /readyz and `npm run doctor` read only these rows. */
export const alarmRows = query(
  Alarm,
  sql => sql`
    select name, since is not null as "isOn", coalesce(extract(epoch from now() - since), 0)::float8 as "ageS",
      extract(epoch from now() - seen_at)::float8 as "seenS" from pay.alarms order by since, name`,
)

// Alarms are checked every minute: after this long the checks have stopped. docs/operations/alerts.yml has the same number.
const silentS = 600

export type AlarmsNow = { on: Alarm[]; lookedS: number | undefined; isSilent: boolean }

/**
 * Returns the alarms that are on, oldest first. `lookedS`: seconds since the last check, undefined before the first.
 * `isSilent`: the checks have stopped, so an alarm that is off means nothing.
 */
export function alarmsNow(rows: readonly Alarm[]): AlarmsNow {
  const checks = rows.filter(({ name }) => name !== 'books_disagree').map(({ seenS }) => seenS)
  const lookedS = checks.length > 0 ? Math.min(...checks) : undefined
  return { on: rows.filter(({ isOn }) => isOn), lookedS, isSilent: lookedS === undefined || lookedS > silentS }
}

// Credits. Below this a single expensive video may be too much, even when few were sold lately.
const minCredits = 1_000

/** Returns whether the credits are too few for another day like the last. */
export const isCreditLow = (credits: number, dayCredits: number): boolean => credits < Math.max(minCredits, dayCredits)

const Troubles = Type.Object({
  runsOverdue: Type.Integer(),
  updatesWaitS: Type.Number(),
  updatesAside: Type.Integer(),
  messagesWaitS: Type.Number(),
  refundsWait: Type.Integer(),
  paymentsUnreadS: Type.Number(),
  unbooked: Type.Integer(),
  paymentsParked: Type.Integer(),
  auditS: Type.Number(),
  creditS: Nullable(Type.Number()),
  dayCredits: Type.Number(),
})
/**
 * Seconds and counts. `creditS`: since the balance at the upstream was last known, null for never. `dayCredits`: what the
 * last 24 hours consumed; after more than 2,000 successes, what a day consumes at the pace of the last 2,000.
 */
export type Troubles = Static<typeof Troubles>

// Each part reads a partial index, or no more than the last 2,000 runs.
export const troubles = query(
  Troubles,
  sql => sql`
    select
      (select count(*) from pay.generations
       where finished_at is null and deadline_at < now() - interval '20 minutes') as "runsOverdue",
      (select coalesce(extract(epoch from now() - min(received_at)), 0)::float8 from pay.inbox
       where done_at is null) as "updatesWaitS",
      (select count(*) from pay.inbox
       where dead_reason = 'felled the process' and done_at > now() - interval '1 hour') as "updatesAside",
      (select coalesce(extract(epoch from now() - min(created_at)), 0)::float8 from pay.outbox
       where done_at is null) as "messagesWaitS",
      (select count(*) from pay.reversals where state = 'asked' and created_at < now() - interval '1 hour') as "refundsWait",
      (select coalesce(max(extract(epoch from now() - at)), 0)::float8 from pay.sync_marks
       where name = 'stars') as "paymentsUnreadS",
      (select count(*) from pay.unbooked
       where booked_at is null and created_at < now() - interval '15 minutes') as unbooked,
      (select count(*) from pay.parked_payments where resolved_at is null) as "paymentsParked",
      (select coalesce(max(extract(epoch from now() - seen_at)), 0)::float8 from pay.alarms
       where name = 'books_disagree') as "auditS",
      (select extract(epoch from now() - seen_at)::float8 from pay.alarms where name = 'credit_low') as "creditS",
      (select coalesce(sum(credits) * case when count(*) < 2000 then 1
         else 86400 / greatest(1, extract(epoch from now() - min(at))) end, 0)::float8
       from (
         -- Row by row through the keys: joined, a plan may come to read all of both tables.
         select e.created_at as at, (
           select coalesce(g.cost_credits, (select q.credits from pay.quotes q where q.user_id = g.user_id and q.id = g.quote_id))
           from pay.generations g where g.user_id = e.user_id and g.id = e.request_id) as credits
         from pay.generation_events e
         where e.status = 'success' and e.created_at > now() - interval '1 day'
         order by e.created_at desc limit 2000) last) as "dayCredits"`,
)
