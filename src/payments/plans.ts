import { type Static, Type } from '@sinclair/typebox'
import { only, query, type Sql, untilAnswered } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import { Refused, sqlState } from '../errors.ts'
import { newId } from '../id.ts'
import type { MonthlyPlan } from '../monthly-plans.ts'

// As a top-up's invoice: after this the link is refused.
const lifetime = '24 hours'

export const planOpen = query(
  Type.Object({ id: Type.String() }),
  (sql, userId: number, id: string, plan: MonthlyPlan) => sql`
    select pay.plan_open(${userId}, ${id}, ${plan.id}, ${plan.amountKop}, ${plan.stars}, ${plan.openMore}, ${plan.freeMore},
      ${plan.discount}, ${lifetime}) as id`,
)

/**
 * Opens the order of a plan, or returns the open one with the same terms. Throws Refused `plan_goes_on` when the person
 * pays for a plan already, Unknown (call again).
 */
export async function openPlan(sql: Sql, userId: number, plan: MonthlyPlan): Promise<string> {
  try {
    return (await untilAnswered(async () => only(await planOpen(sql, userId, newId(), plan)))).id
  } catch (error) {
    if (sqlState(error) === 'P0409') throw new Refused('plan_goes_on', 'the person pays for a plan already')
    throw error
  }
}

export type PlanState = 'active' | 'failed' | 'canceled' | 'stopping' | 'stopped'

const Subscription = Type.Object({
  id: Type.String(),
  state: Type.Unsafe<PlanState>(Type.String()),
  stars: Type.Integer(),
  amountKop: Type.Integer(),
  openMore: Type.Integer(),
  freeMore: Type.Integer(),
  discount: Type.Integer(),
  until: Type.Date(),
  months: Type.Integer(),
  /** Of its first payment: the name of the subscription at Telegram. */
  chargeId: Type.String(),
})
/** A plan that was paid for, until `until`. */
export type Subscription = Static<typeof Subscription>

/** The person's plan: the one that is paid for longest, if that is not over. */
export const subscriptionOf = query(
  Subscription,
  (sql, userId: number) => sql`
    select s.id, s.state, t.total as stars, t.amount_kop as "amountKop", s.open_more as "openMore", s.free_more as "freeMore",
      s.discount, p.until, p.months, p.charge as "chargeId"
    from pay.subscriptions s
    join pay.top_ups t on t.user_id = s.user_id and t.id = s.id
    join lateral (
      select max(until_at) as until, count(*) as months, (array_agg(charge_id order by until_at))[1] as charge
      from pay.payments where user_id = s.user_id and top_up_id = s.id) p on p.until > now()
    where s.user_id = ${userId}
    order by p.until desc limit 1`,
)

/** The plan whose order this is; none for a top-up. */
export const planOfOrder = query(
  Type.Object({ until: Nullable(Type.Date()) }),
  (sql, userId: number, orderId: string) => sql`
    select (select max(p.until_at) from pay.payments p where p.user_id = t.user_id and p.top_up_id = t.id) as until
    from pay.top_ups t where t.user_id = ${userId} and t.id = ${orderId} and t.plan_id is not null`,
)

/** What a person has by a plan that is paid for; zeros without one. */
export const planNow = query(
  Type.Object({ openMore: Type.Integer(), freeMore: Type.Integer(), discount: Type.Integer() }),
  (sql, userId: number) => sql`
    select open_more as "openMore", free_more as "freeMore", discount from pay.plan_now(${userId})`,
)

/** How many orders a person may have at work at once. */
export async function maxOpenOf(sql: Sql, userId: number, usual: number): Promise<number> {
  return usual + only(await planNow(sql, userId)).openMore
}

export const planChanged = query(
  Type.Object({ result: Type.Unsafe<'changed' | 'same' | 'unknown'>(Type.String()) }),
  (sql, userId: number, orderId: string, state: 'active' | 'canceled' | 'failed') => sql`
    select pay.plan_changed(${userId}, ${orderId}, ${state}) as result`,
)

export const planStop = query(
  Type.Object({ isStopping: Type.Boolean() }),
  (sql, userId: number, orderId: string) => sql`select pay.plan_stop(${userId}, ${orderId}) as "isStopping"`,
)

export const planStopped = query(
  Type.Object({ isChanged: Type.Boolean() }),
  (sql, userId: number, orderId: string, isStopped: boolean) => sql`
    select pay.plan_stopped(${userId}, ${orderId}, ${isStopped}) as "isChanged"`,
)

/** Subscriptions that Telegram has yet to stop, of one person or of all (null); `chargeId` is that of the first payment. */
export const plansToStop = query(
  Type.Object({ userId: Type.Integer(), id: Type.String(), chargeId: Type.String() }),
  (sql, userId: number | null) => sql`
    select s.user_id as "userId", s.id, (
      select p.charge_id from pay.payments p where p.user_id = s.user_id and p.top_up_id = s.id order by p.until_at limit 1
    ) as "chargeId"
    from pay.subscriptions s
    where s.state = 'stopping' and (${userId}::bigint is null or s.user_id = ${userId})
      -- Telegram has given up what was not paid for days.
      and exists (select from pay.payments p
                  where p.user_id = s.user_id and p.top_up_id = s.id and p.until_at > now() - interval '3 days')
    order by s.changed_at limit 50`,
)
