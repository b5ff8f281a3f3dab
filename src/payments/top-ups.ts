import { type Static, Type } from '@sinclair/typebox'
import { only, query, type Sql, seal, untilAnswered } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import { newId } from '../id.ts'
import { decimal, divideUp } from '../money.ts'

export type PaymentProvider = 'stars' | 'card' | 'manual'

/** Returns the whole Stars for an amount in kopecks, rounded up. `starRateRub`: rubles per Star, an exact decimal. */
export function starsFor(kop: number, starRateRub: string): number {
  const { digits, scale } = decimal(starRateRub)
  return Number(divideUp(decimal(kop), { digits: digits * 100n, scale }).digits)
}

const Opened = Type.Object({
  id: Type.String(),
  amountKop: Type.Integer(),
  currency: Type.String(),
  total: Type.Integer(),
  expiresAt: Type.Date(),
})
/** A top-up to pay. `total` is in whole units of `currency`: Stars (XTR) or kopecks (RUB). */
export type TopUp = Static<typeof Opened>

type Wanted = { userId: number; provider: PaymentProvider; amountKop: number; total: number; quoteId: string | null }

// After this an invoice is refused, with a message that leads to a new one.
const lifetime = '24 hours'

export const topUpOpen = query(
  Opened,
  (sql, id: string, { userId, provider, amountKop, total, quoteId }: Wanted) => sql`
    select id, amount_kop as "amountKop", currency, total, expires_at as "expiresAt"
    from pay.top_up_open(${userId}, ${id}, ${provider}, ${amountKop}, ${provider === 'stars' ? 'XTR' : 'RUB'}, ${total},
      ${quoteId}, ${lifetime})`,
)

/** Opens a top-up of this amount, or returns the open one. Throws Unknown (call again). */
export async function openTopUp(sql: Sql, wanted: Wanted): Promise<TopUp> {
  // A new id for each attempt: an open order is found by its purpose, and a repeated id would collide with an order that was
  // paid meanwhile.
  return untilAnswered(async () => only(await topUpOpen(sql, newId(), wanted)))
}

const StoredTopUp = Type.Object({
  userId: Type.Integer(),
  id: Type.String(),
  provider: Type.Unsafe<PaymentProvider>(Type.String()),
  amountKop: Type.Integer(),
  currency: Type.String(),
  total: Type.Integer(),
  state: Type.String(),
  quoteId: Nullable(Type.String()),
  isPlan: Type.Boolean(),
  /** The message that shows its invoice, if it is noted. */
  messageId: Nullable(Type.Integer()),
  /** The topic of that message; null outside of topics. */
  threadId: Nullable(Type.Integer()),
  isExpired: Type.Boolean(),
  isBanned: Type.Boolean(),
})
export type StoredTopUp = Static<typeof StoredTopUp>

/** Finds a top-up by its id alone: an invoice names no user, and somebody else may pay it. */
export const topUpById = query(
  StoredTopUp,
  (sql, id: string) => sql`
    select t.user_id as "userId", t.id, t.provider, t.amount_kop as "amountKop", t.currency, t.total, t.state,
      t.quote_id as "quoteId", t.plan_id is not null as "isPlan", t.message_id as "messageId", t.thread_id as "threadId", t.expires_at <= now() as "isExpired", u.banned_at is not null as "isBanned"
    from pay.top_ups t join pay.users u using (user_id) where t.id = ${id}`,
)

export type Checkout = { userId: number; orderId: string; currency: string; total: number }

/**
 * Returns why a payment must be refused; undefined when it is accepted. Reads the database only. A paid order is accepted:
 * Telegram shows its invoice as paid, so a second payment is intended, and credited as well. Of a plan it would be a second
 * subscription: that needs a link of its own.
 */
export async function checkoutRefusal(
  sql: Sql,
  { userId, orderId, currency, total }: Checkout,
): Promise<'outdated' | 'foreign' | 'banned' | undefined> {
  const [order] = /^[a-z2-7]{12}$/.test(orderId) ? await topUpById(sql, orderId) : []
  if (!order) return 'outdated'
  if (order.userId !== userId) return 'foreign'
  if (order.isBanned) return 'banned'
  const isOpen = order.state === 'open' && !order.isExpired
  return (isOpen || (order.state === 'paid' && !order.isPlan)) && order.currency === currency && order.total === total
    ? undefined
    : 'outdated'
}

const Paid = Type.Object({
  result: Type.Unsafe<'credited' | 'duplicate' | 'parked'>(Type.String()),
  reason: Nullable(Type.String()),
  amountKop: Nullable(Type.Integer()),
  balanceKop: Nullable(Type.Integer()),
  debtKop: Nullable(Type.Integer()),
  quoteId: Nullable(Type.String()),
  isSecond: Type.Boolean(),
})
/** `isSecond`: the order had been paid before. `parked`: neither credited nor lost, an admin decides. */
export type Paid = Static<typeof Paid>

/** A payment that a provider reports. Only an admin can confirm a transfer. */
export type Payment = Checkout & {
  provider: Exclude<PaymentProvider, 'manual'>
  chargeId: string
  /** Of a plan's month: its end in unix seconds. */
  untilS?: number | undefined
}

export const topUpPaid = query(
  Paid,
  (sql, { provider, chargeId, userId, orderId, currency, total, untilS }: Payment) => sql`
    select result, reason, amount_kop as "amountKop", balance_kop as "balanceKop", debt_kop as "debtKop",
      quote_id as "quoteId", is_second as "isSecond"
    from pay.top_up_paid(${provider}, ${chargeId}, ${userId}, ${orderId}, ${currency}, ${total},
      ${seal('paid', provider, chargeId, userId, orderId, currency, total)}, ${untilS ?? null})`,
)

/** Credits a confirmed payment once, by its charge id; repeating is harmless. Throws Unknown (ask again). */
export const takePayment = (sql: Sql, payment: Payment): Promise<Paid> =>
  untilAnswered(async () => only(await topUpPaid(sql, payment)))

const Reversed = Type.Object({
  result: Type.Unsafe<'reversed' | 'duplicate' | 'unknown'>(Type.String()),
  takenKop: Type.Integer(),
  debtKop: Type.Integer(),
})
export type Reversed = Static<typeof Reversed>

export const paymentReverse = query(
  Reversed,
  (sql, provider: PaymentProvider, chargeId: string, userId: number, cause: 'admin' | 'provider') => sql`
    select result, taken_kop as "takenKop", debt_kop as "debtKop"
    from pay.payment_reverse(${provider}, ${chargeId}, ${userId}, ${cause},
      ${seal('reversed', provider, chargeId, userId, cause)})`,
)

/** Debits the wallet once for a payment that its provider reversed; what is spent already becomes a debt. */
export const takeBack = (sql: Sql, provider: PaymentProvider, chargeId: string, userId: number): Promise<Reversed> =>
  untilAnswered(async () => only(await paymentReverse(sql, provider, chargeId, userId, 'provider')))

/** Requested refunds that Telegram has not answered yet. */
export const waitingReversals = query(
  Type.Object({ userId: Type.Integer(), chargeId: Type.String(), attempts: Type.Integer() }),
  sql => sql`
    select user_id as "userId", charge_id as "chargeId", attempts from pay.reversals
    where state = 'asked' and provider = 'stars' and next_at <= now() order by next_at limit 100`,
)

export const reversalWait = query(
  Type.Object({ isWaiting: Type.Boolean() }),
  (sql, provider: PaymentProvider, chargeId: string, error: string) => sql`
    select pay.reversal_wait(${provider}, ${chargeId}, ${error}) as "isWaiting"`,
)

export const reversalEnd = query(
  Type.Object({ result: Type.String() }),
  (sql, provider: PaymentProvider, chargeId: string, isRefused: boolean) => sql`
    select pay.reversal_end(${provider}, ${chargeId}, ${isRefused},
      ${seal('reversal', provider, chargeId, isRefused)}) as result`,
)
