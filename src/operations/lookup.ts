import { type Static, Type } from '@sinclair/typebox'
import { query, type Sql } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import type { Ref } from '../payments/generations.ts'

const Found = Type.Object({
  what: Type.Unsafe<'run' | 'payment' | 'user'>(Type.String()),
  userId: Type.Integer(),
  id: Type.String(),
})
export type Found = Static<typeof Found>

export const lookup = query(
  Found,
  (sql, text: string, number: number | null) => sql`
    select what, "userId", id from (
     select 1 as n, 'run' as what, user_id as "userId", id, created_at as at from pay.generations where id = ${text}
     union all
     select 2, 'run', user_id, id, created_at from pay.generations where task_id = ${text}
     union all
     select 3, 'payment', user_id, charge_id, received_at from pay.payments
     where charge_id = ${text} and provider in ('stars', 'card', 'manual')
     union all
     select 4, 'user', user_id, user_id::text, seen_at from pay.users where user_id = ${number}::bigint
     union all
     select 5, 'user', user_id, user_id::text, seen_at from pay.users where lower(username) = lower(${text})) found
    order by n, at desc limit 1`,
)

/** Finds a run (by id or task), a payment (by charge), or a person (by id, or by user name with or without @). */
export async function find(sql: Sql, text: string): Promise<Found | undefined> {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : null
  const [found] = await lookup(sql, text.replace(/^@/, ''), number)
  return found
}

const Person = Type.Object({
  userId: Type.Integer(),
  firstName: Type.String(),
  username: Nullable(Type.String()),
  language: Nullable(Type.String()),
  clientLanguage: Nullable(Type.String()),
  isReachable: Type.Boolean(),
  bannedAt: Nullable(Type.Date()),
  createdAt: Type.Date(),
  seenAt: Type.Date(),
  balanceKop: Type.Integer(),
  debtKop: Type.Integer(),
  heldKop: Type.Integer(),
  returned: Type.Integer(),
  bonusKop: Type.Integer(),
  bonusRuns: Type.Integer(),
  shares: Type.Integer(),
  cameByLink: Type.Integer(),
  cameByShare: Type.Integer(),
})
/** Kopecks. `returned`: refunded runs, `bonusKop`: bonuses received, `bonusRuns`: bonus runs left.
 * `shares`: results sent into chats, `cameBy…`: people who came by the person's link and by a shared result. */
export type PersonCard = Static<typeof Person>

export const personCard = query(
  Person,
  (sql, userId: number) => sql`
    select u.user_id as "userId", u.first_name as "firstName", u.username, u.language,
      u.client_language as "clientLanguage", u.is_reachable as "isReachable", u.banned_at as "bannedAt",
      u.created_at as "createdAt", u.seen_at as "seenAt", u.shares, i.*, w.balance_kop as "balanceKop", w.debt_kop as "debtKop",
      g.held as "heldKop", g.returned,
      (select coalesce(sum(amount_kop), 0)::bigint from pay.ledger_entries l
       where l.user_id = u.user_id and l.kind in ('bonus', 'referral')) as "bonusKop",
      (select coalesce(sum(runs - used), 0)::bigint from pay.bonus_grants b where b.user_id = u.user_id) as "bonusRuns"
    from pay.users u join pay.wallets w using (user_id)
    cross join lateral (
      select coalesce(sum(price_kop) filter (where finished_at is null), 0)::bigint as held,
        count(*) filter (where money_state = 'refunded') as returned
      from pay.generations x where x.user_id = u.user_id) g
    cross join lateral (
      select count(*) filter (where via = 'link') as "cameByLink", count(*) filter (where via = 'share') as "cameByShare"
      from pay.referrals f where f.inviter = u.user_id) i
    where u.user_id = ${userId}`,
)

const Payment = Type.Object({
  provider: Type.String(),
  chargeId: Type.String(),
  userId: Type.Integer(),
  amountKop: Type.Integer(),
  currency: Nullable(Type.String()),
  total: Nullable(Type.Integer()),
  receivedAt: Type.Date(),
  reversal: Nullable(Type.String()),
})
export type PaymentLine = Static<typeof Payment>

/** A person's payments, newest first, with the state of a reversal. */
export const paymentsOf = query(
  Payment,
  (sql, userId: number, limit: number) => sql`
    select p.provider, p.charge_id as "chargeId", p.user_id as "userId", p.amount_kop as "amountKop", p.currency, p.total,
      p.received_at as "receivedAt", r.state as reversal
    from pay.payments p left join pay.reversals r using (provider, charge_id)
    where p.user_id = ${userId} order by p.received_at desc limit ${limit}`,
)

/** A payment that went through Telegram, by its charge. */
export const paymentByCharge = query(
  Payment,
  (sql, chargeId: string) => sql`
    select p.provider, p.charge_id as "chargeId", p.user_id as "userId", p.amount_kop as "amountKop", p.currency, p.total,
      p.received_at as "receivedAt", r.state as reversal
    from pay.payments p left join pay.reversals r using (provider, charge_id)
    where p.provider in ('stars', 'card') and p.charge_id = ${chargeId} order by p.received_at limit 1`,
)

const Parked = Type.Object({
  provider: Type.String(),
  chargeId: Type.String(),
  userId: Type.Integer(),
  payload: Type.String(),
  currency: Type.String(),
  total: Type.Integer(),
  reason: Type.String(),
  receivedAt: Type.Date(),
})
export type Parked = Static<typeof Parked>

/** Payments that wait for a decision, the oldest first. */
export const parkedPayments = query(
  Parked,
  (sql, limit: number) => sql`
    select provider, charge_id as "chargeId", user_id as "userId", payload, currency, total, reason,
      received_at as "receivedAt"
    from pay.parked_payments where resolved_at is null order by received_at limit ${limit}`,
)

export const parkedByCharge = query(
  Type.Object({ ...Parked.properties, isOpen: Type.Boolean(), isCredited: Type.Boolean() }),
  (sql, chargeId: string) => sql`
    select k.provider, k.charge_id as "chargeId", k.user_id as "userId", k.payload, k.currency, k.total, k.reason,
      k.received_at as "receivedAt", k.resolved_at is null as "isOpen",
      exists (select from pay.payments p where p.provider = k.provider and p.charge_id = k.charge_id) as "isCredited"
    from pay.parked_payments k where k.charge_id = ${chargeId}
    order by k.resolved_at is not null, k.received_at limit 1`,
)

const Delivery = Type.Object({
  outboxId: Type.Integer(),
  attempts: Type.Integer(),
  doneAt: Nullable(Type.Date()),
  deadReason: Nullable(Type.String()),
})
/** The delivery of the message about the ending of a run. */
export type Delivery = Static<typeof Delivery>

export const deliveryOf = query(
  Delivery,
  (sql, generationId: string) => sql`
    select id as "outboxId", attempts, done_at as "doneAt", dead_reason as "deadReason" from pay.outbox where dedupe = ${`gen:${generationId}`}`,
)

const words = <W extends string[]>(...list: W) => Type.Unsafe<W[number]>(Type.String({ enum: list }))
const Stuck = Type.Object({
  id: Type.String(),
  userId: Type.Integer(),
  modelId: Type.String(),
  isFree: Type.Boolean(),
  isBonus: Type.Boolean(),
  priceKop: Type.Integer(),
  keptKop: Nullable(Type.Integer()),
  execState: words('queued', 'submitting', 'running', 'success', 'failed', 'timeout'),
  moneyState: words('free', 'debited', 'captured', 'refunded'),
  taskId: Nullable(Type.String()),
  trouble: words('overdue', 'unanswered', 'untold'),
  ageS: Type.Number(),
  deadlineAt: Type.Date(),
})
/** A run that makes no progress by itself. `unanswered`: the answer to its submit is lost; `untold`: its ending is not delivered. */
export type Stuck = Static<typeof Stuck>

/** The longest stuck first. */
export const stuckRuns = query(
  Stuck,
  (sql, limit: number) => sql`
    select id, user_id as "userId", model_id as "modelId", is_free as "isFree", grant_ref is not null as "isBonus",
      price_kop as "priceKop", kept_kop as "keptKop", exec_state as "execState", money_state as "moneyState",
      task_id as "taskId", trouble, extract(epoch from now() - created_at)::float8 as "ageS", deadline_at as "deadlineAt"
    from (
      select g.*, pay.run_trouble(g) as trouble from pay.generations g
      where g.finished_at is null and pay.run_trouble(g) is not null
      union all
      select g.*, 'untold' from pay.outbox o
      join pay.generations g on g.user_id = o.user_id and g.id = o.body ->> 'generationId'
      where o.done_at is null and o.dedupe like 'gen:%' and o.created_at < now() - interval '5 minutes') x
    order by created_at limit ${limit}`,
)

/** Up to a thousand stuck runs. An open run needs a check, an ended one the delivery of its message `outboxId`. */
export const allStuck = query(
  Type.Object({ userId: Type.Integer(), id: Type.String(), outboxId: Nullable(Type.Integer()) }),
  sql => sql`
    (select g.user_id as "userId", g.id, null::bigint as "outboxId" from pay.generations g
     where g.finished_at is null and pay.run_trouble(g) is not null order by g.created_at limit 500)
    union all
    (select o.user_id, o.body ->> 'generationId', o.id from pay.outbox o
     where o.done_at is null and o.dedupe like 'gen:%' and o.created_at < now() - interval '5 minutes'
     order by o.created_at limit 500)`,
)

/** Why a run makes no progress by itself; null while it does, and after its end. */
export const troubleOf = query(
  Type.Object({ trouble: Nullable(words('overdue', 'unanswered')) }),
  (sql, { userId, id }: Ref) => sql`
    select pay.run_trouble(g) as trouble from pay.generations g where g.user_id = ${userId} and g.id = ${id}`,
)

const Promo = Type.Object({
  code: Type.String(),
  amountKop: Type.Integer(),
  uses: Type.Integer(),
  used: Type.Integer(),
  expiresAt: Type.Date(),
  isOver: Type.Boolean(),
})
export type Promo = Static<typeof Promo>

export const promoCodes = query(
  Promo,
  (sql, limit: number) => sql`
    select code, amount_kop as "amountKop", uses, used, expires_at as "expiresAt",
      stopped_at is not null or expires_at <= now() or used >= uses as "isOver"
    from pay.promo_codes order by created_at desc limit ${limit}`,
)
