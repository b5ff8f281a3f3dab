import { Type } from '@sinclair/typebox'
import { query, type Sql, untilAnswered } from '../database/db.ts'
import { endedInvoices, leaveReceipt, removeInvoice } from '../delivery/invoices.ts'
import { Unknown } from '../errors.ts'
import { stringsFor } from '../i18n/strings.ts'
import type { Log } from '../log.ts'
import type { Language } from '../money.ts'
import { planOfOrder } from '../payments/plans.ts'
import {
  type Paid,
  reversalEnd,
  reversalWait,
  takeBack,
  takePayment,
  topUpById,
  waitingReversals,
} from '../payments/top-ups.ts'
import type { Telegram } from '../telegram/api.ts'
import { TelegramRefused } from '../telegram/client.ts'
import { readMovement, refundStars, type StarTransaction, starTransactions } from '../telegram/payments.ts'
import { show } from '../telegram/screen.ts'
import { inTopic } from '../telegram/topics.ts'
import { languageFor } from '../users/users.ts'

type Options = { sql: Sql; telegram: Telegram; log: Log; now?: () => number }

const mark = 'stars'
const perPage = 100
// A newer movement is still on its way as an update.
const freshS = 120

/**
 * Books payments and refunds that arrived without an update, from Telegram's own list. A movement that cannot be booked is
 * stored and retried. Safe to run twice at once. Throws Unknown when Telegram or the database does not answer.
 */
export async function reconcileStars(options: Options): Promise<void> {
  const { sql, telegram, log, now = Date.now } = options
  await bookAgain(options)
  for (;;) {
    const [read] = await syncPosition(sql, mark)
    const from = read?.position ?? 0
    const page = await starTransactions(telegram, from, perPage).catch(ifOld)
    // The mark stays, and the alarm payments_unread tells that nothing is compared.
    if (!page) return log.debug('the server of Bot API is too old to list payments')
    // A movement without a readable date is booked too, which fails and stores it for an admin.
    const fresh = page.findIndex(({ date = 0 }) => date > now() / 1000 - freshS)
    const settled = fresh < 0 ? page : page.slice(0, fresh)
    for (const [n, movement] of settled.entries()) await bookOrKeep(options, from + n, movement)
    // Also marked without a change: the alarm payments_unread reads the time of the mark.
    await untilAnswered(() => syncMark(sql, mark, from, from + settled.length))
    if (settled.length < perPage) break
  }
  log.debug('the list of Stars is read')
}

/** A server of before Bot API 7.5 has no such list. */
function ifOld(error: unknown): undefined {
  if (!(error instanceof TelegramRefused) || error.code !== 'no_method') throw error
}

/** Books a movement, or stores it when it is refused, so that the rest of the list goes on. */
async function bookOrKeep(options: Options, position: number, movement: Partial<StarTransaction>): Promise<void> {
  const { sql, log } = options
  try {
    await book(options, movement)
  } catch (error) {
    if (error instanceof Unknown) throw error
    log.error({ err: error, position }, 'a movement of Stars could not be booked')
    await untilAnswered(() => unbookedPut(sql, mark, position, movement, String(error)))
  }
}

async function bookAgain(options: Options): Promise<void> {
  const { sql } = options
  for (const { position, movement } of await unbookedDue(sql, mark)) {
    try {
      await book(options, movement as Partial<StarTransaction>)
      await untilAnswered(() => unbookedDone(sql, mark, position))
    } catch (error) {
      if (error instanceof Unknown) throw error
      await untilAnswered(() => unbookedPut(sql, mark, position, movement as object, String(error)))
    }
  }
}

async function book({ sql, telegram, log }: Options, movement: Partial<StarTransaction>): Promise<void> {
  const { id: chargeId, amount, date, source, receiver } = readMovement(movement)
  const userId = (source ?? receiver)?.user?.id
  const orderId = source?.invoice_payload ?? receiver?.invoice_payload
  if (userId === undefined || orderId === undefined) return // a withdrawal, or no invoice of ours
  const facts = { userId, chargeId, orderId }
  if (source) {
    const paid = await takePayment(sql, {
      provider: 'stars',
      chargeId,
      userId,
      orderId,
      currency: 'XTR',
      total: amount,
      untilS: endOf(date, source),
    })
    if (paid.result === 'duplicate') return
    log.error(
      { ...facts, result: paid.result, reason: paid.reason },
      'payment found by reconciliation, no update received',
    )
    if (paid.result !== 'credited') return
    const language = await languageFor(sql, userId)
    const [order] = await topUpById(sql, orderId)
    const topic = { chatId: userId, threadId: order?.threadId ?? null }
    const [plan] = await planOfOrder(sql, userId, orderId)
    await notifyPayer(inTopic(telegram, topic), { userId, paid, until: plan?.until ?? undefined }, log, language)
    await leaveReceipt({ sql, telegram, log }, orderId, language)
    return
  }
  const { result } = await takeBack(sql, 'stars', chargeId, userId)
  if (result === 'reversed') log.error(facts, 'refund found by reconciliation, no update received')
}

/** The end of the month that a movement pays for, in unix seconds; undefined for a movement of no subscription. */
const endOf = (date: number, source: StarTransaction['source']): number | undefined =>
  source?.subscription_period === undefined ? undefined : date + source.subscription_period

async function notifyPayer(
  telegram: Telegram,
  { userId, paid, until }: { userId: number; paid: Paid; until: Date | undefined },
  log: Log,
  language: Language,
): Promise<void> {
  const t = stringsFor(language)
  const facts = { amountKop: paid.amountKop ?? 0, balanceKop: paid.balanceKop ?? 0, debtKop: paid.debtKop ?? 0 }
  const text = t.topUp.credited({ ...facts, isSecond: paid.isSecond, until })
  const effect = paid.isSecond ? {} : { effect: 'topUp' as const }
  await show(telegram, { chatId: userId }, { text, buttons: [], ...effect }).catch(error => {
    log.warn({ err: error, userId }, 'a credit could not be told')
  })
}

// Beyond the mark are the movements of the last minutes. The job reads any more than this.
const maxPages = 5

/** Asks Telegram for a payment of this order that no update has reported, and books it. Returns undefined when there is none. */
export async function findPayment({ sql, telegram, log }: Options, userId: number, orderId: string) {
  const [read] = await syncPosition(sql, mark)
  const first = read?.position ?? 0
  for (let from = first; from < first + maxPages * perPage; from += perPage) {
    const page = (await starTransactions(telegram, from, perPage).catch(ifOld)) ?? []
    const found = page.find(({ source }) => source?.user?.id === userId && source.invoice_payload === orderId)
    if (found) {
      const { id: chargeId, amount: total, date, source } = readMovement(found)
      const facts = { userId, chargeId, orderId }
      const untilS = endOf(date, source)
      const paid = await takePayment(sql, { provider: 'stars', ...facts, currency: 'XTR', total, untilS })
      log.info({ ...facts, result: paid.result }, 'a payment was found because its payer asked')
      return paid
    }
    if (page.length < perPage) return undefined
  }
  return undefined
}

/**
 * Refunds the Stars of reversals that an admin requested; the ledger already has them. A final refusal undoes the reversal,
 * any other failure is retried later. One failure does not stop the others.
 */
export async function endReversals({ sql, telegram, log }: Options): Promise<void> {
  for (const { userId, chargeId, attempts } of await waitingReversals(sql)) {
    const ended = await refund(telegram, userId, chargeId, attempts)
    if (ended.kind === 'wait') {
      log.warn({ err: ended.error, userId, chargeId }, 'a refund is tried again later')
      await untilAnswered(() => reversalWait(sql, 'stars', chargeId, String(ended.error)))
      continue
    }
    if (ended.kind === 'refused') log.error({ err: ended.error, userId, chargeId }, 'Telegram refuses a refund')
    const [row] = await untilAnswered(() => reversalEnd(sql, 'stars', chargeId, ended.kind === 'refused'))
    log.info({ userId, chargeId, result: row?.result }, 'a refund came to its end')
  }
}

type RefundResult = { kind: 'done' } | { kind: 'refused' | 'wait'; error: unknown }

// Unknown charge or person, or a server of before Bot API 7.4: the same call would be refused again.
const final = /CHARGE_(?!ALREADY)|USER_ID_INVALID|user not found/i
// Any other refusal counts as final after a day (see pay.reversal_wait).
const maxAttempts = 12

async function refund(telegram: Telegram, userId: number, chargeId: string, attempts: number): Promise<RefundResult> {
  try {
    await refundStars(telegram, userId, chargeId)
    return { kind: 'done' }
  } catch (error) {
    if (!(error instanceof TelegramRefused)) return { kind: 'wait', error }
    if (error.code === 'already_refunded') return { kind: 'done' }
    const isFinal = final.test(error.message) || error.code === 'no_method' || attempts >= maxAttempts
    return { kind: isFinal ? 'refused' : 'wait', error }
  }
}

/** Takes invoices out of chats whose time has passed: a payment of one would be refused. */
export async function removeOutdatedInvoices({ sql, telegram }: Options): Promise<void> {
  for (const invoice of await endedInvoices(sql)) await removeInvoice(telegram, invoice)
}

/** Returns the id of the bot that owns this database: the first caller becomes the owner. */
export async function ownerBot(sql: Sql, botId: number): Promise<number | undefined> {
  await untilAnswered(() => syncMark(sql, 'bot', 0, botId))
  return (await syncPosition(sql, 'bot'))[0]?.position
}

export const syncPosition = query(
  Type.Object({ position: Type.Integer() }),
  (sql, name: string) => sql`select position from pay.sync_marks where name = ${name}`,
)
export const syncMark = query(
  Type.Object({ isMine: Type.Boolean() }),
  (sql, name: string, from: number, to: number) => sql`select pay.sync_mark(${name}, ${from}, ${to}) as "isMine"`,
)

export const unbookedDue = query(
  Type.Object({ position: Type.Integer(), movement: Type.Unknown() }),
  (sql, provider: string) => sql`
    select position, movement from pay.unbooked
    where provider = ${provider} and booked_at is null and next_at <= now() order by next_at limit 50`,
)
export const unbookedPut = query(
  Type.Object({}),
  (sql, provider: string, position: number, movement: object, error: string) => sql`
    select from pay.unbooked_put(${provider}, ${position}, ${movement}, ${error})`,
)
export const unbookedDone = query(
  Type.Object({}),
  (sql, provider: string, position: number) => sql`select from pay.unbooked_done(${provider}, ${position})`,
)
