import { Type } from '@sinclair/typebox'
import type { Telegram } from 'telegraf'
import { query, type Sql, untilAnswered } from '../db.ts'
import { stringsFor } from '../i18n/strings.ts'
import type { Log } from '../log.ts'
import { type Paid, reversalEnd, takeBack, takePayment, waitingReversals } from '../payments/top-ups.ts'
import { TelegramRefused } from '../telegram/client.ts'
import { refundStars, type StarTransaction, starTransactions } from '../telegram/payments.ts'
import { show } from '../telegram/screen.ts'
import { languageFor } from '../users/users.ts'

type Options = { sql: Sql; telegram: Telegram; log: Log; now?: () => number }

const mark = 'stars'
const perPage = 100
// What has just happened is on its way to us as an update, and would only be told twice.
const freshS = 120

/** Payments and refunds that never reached us as updates, found in Telegram's own list. Safe to run twice at once. */
export async function reconcileStars(options: Options): Promise<void> {
  const { sql, telegram, log, now = Date.now } = options
  for (;;) {
    const [read] = await syncPosition(sql, mark)
    const from = read?.position ?? 0
    const page = await starTransactions(telegram, from, perPage)
    const settled = page.filter(({ date }) => date <= now() / 1000 - freshS)
    for (const transaction of settled) await book(options, transaction)
    if (settled.length > 0) await untilAnswered(() => syncMark(sql, mark, from, from + settled.length))
    if (settled.length < perPage) break
  }
  log.debug('the list of Stars is read')
}

async function book({ sql, telegram, log }: Options, { id: chargeId, amount, source, receiver }: StarTransaction) {
  const userId = (source ?? receiver)?.user?.id
  const orderId = source?.invoice_payload ?? receiver?.invoice_payload
  if (userId === undefined || orderId === undefined) return // a withdrawal, or no invoice of ours
  const said = { userId, chargeId, orderId }
  if (source) {
    const paid = await takePayment(sql, {
      provider: 'stars',
      chargeId,
      userId,
      orderId,
      currency: 'XTR',
      total: amount,
    })
    if (paid.result === 'duplicate') return
    log.error({ ...said, result: paid.result, reason: paid.reason }, 'a payment that no update had told')
    if (paid.result === 'credited') await tell(sql, telegram, userId, paid, log)
    return
  }
  const { result } = await takeBack(sql, 'stars', chargeId, userId)
  if (result === 'reversed') log.error(said, 'a refund that no update had told')
}

async function tell(sql: Sql, telegram: Telegram, userId: number, paid: Paid, log: Log): Promise<void> {
  const t = stringsFor(await languageFor(sql, userId))
  const facts = { amountKop: paid.amountKop ?? 0, balanceKop: paid.balanceKop ?? 0, debtKop: paid.debtKop ?? 0 }
  const text = t.topUp.credited({ ...facts, isSecond: paid.isSecond })
  await show(telegram, { chatId: userId }, { text, buttons: [] }).catch(error => {
    log.warn({ err: error, userId }, 'a credit could not be told')
  })
}

/** What came of a payment of this order that no update has told yet, asked of Telegram now; undefined: it shows none. */
export async function findPayment({ sql, telegram, log }: Options, userId: number, orderId: string) {
  const [read] = await syncPosition(sql, mark)
  for (let from = read?.position ?? 0; ; from += perPage) {
    const page = await starTransactions(telegram, from, perPage)
    const found = page.find(({ source }) => source?.user?.id === userId && source.invoice_payload === orderId)
    if (found) {
      const said = { userId, chargeId: found.id, orderId }
      const paid = await takePayment(sql, { provider: 'stars', ...said, currency: 'XTR', total: found.amount })
      log.info({ ...said, result: paid.result }, 'a payment was found because its payer asked')
      return paid
    }
    if (page.length < perPage) return undefined
  }
}

/** Gives back the Stars of refunds that an admin asked for: the ledger said so first. One that is refused is undone. */
export async function endReversals({ sql, telegram, log }: Options): Promise<void> {
  for (const { userId, chargeId } of await waitingReversals(sql)) {
    const isRefused = await refundStars(telegram, userId, chargeId).then(
      () => false,
      error => {
        if (!(error instanceof TelegramRefused)) throw error
        if (error.code === 'already_refunded') return false
        if (error.code !== 'bad_request') throw error
        log.error({ err: error, userId, chargeId }, 'Telegram refuses a refund')
        return true
      },
    )
    const [row] = await untilAnswered(() => reversalEnd(sql, 'stars', chargeId, isRefused))
    log.info({ userId, chargeId, result: row?.result }, 'a refund came to its end')
  }
}

/** The id of the bot whose database this is: the first that asks with its own. */
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
