import { type Static, Type } from '@sinclair/typebox'
import { query, type Sql, untilAnswered } from '../database/db.ts'
import { ifPossible } from '../errors.ts'
import { stringsFor } from '../i18n/strings.ts'
import type { Log } from '../log.ts'
import { formatKop, type Language } from '../money.ts'
import { type TopUp, topUpById } from '../payments/top-ups.ts'
import type { Telegram } from '../telegram/api.ts'
import { type Button, keyboard } from '../telegram/screen.ts'

// The messages that show invoices. None of this touches money, and a failure only leaves a message in the chat: the payment of
// an invoice that is not open is refused (payments/top-ups.ts).

const Shown = Type.Object({ userId: Type.Integer(), messageId: Type.Integer() })
/** An invoice in the private chat of a person. */
type Shown = Static<typeof Shown>
/** `threadId`: its topic; null outside of topics. */
type Sent = Shown & { orderId: string; threadId: number | null }

export const invoiceSent = query(
  Type.Object({ messageId: Type.Integer() }),
  (sql, { userId, orderId, messageId, threadId }: Sent) => sql`
    select message_id as "messageId" from pay.invoice_sent(${userId}, ${orderId}, ${messageId}, ${threadId})`,
)

export const invoicesEnded = query(
  Shown,
  (sql, userId: number | null, limit: number) => sql`
    select user_id as "userId", message_id as "messageId" from pay.invoices_ended(${userId}, ${limit})`,
)

// More than expire in a minute. The next run finds the rest.
const maxAtOnce = 100

/** Returns the unpaid invoices that are cancelled or have expired, each once: of a person, or the expired ones of all. */
export const endedInvoices = (sql: Sql, userId?: number): Promise<Shown[]> =>
  untilAnswered(() => invoicesEnded(sql, userId ?? null, maxAtOnce))

/**
 * Notes an invoice that was sent, and deletes the person's other unpaid ones. It never fails: the invoice is there, and
 * another attempt would send one more.
 */
export async function noteInvoice({ sql, telegram, log }: Options, sent: Sent): Promise<void> {
  try {
    const others = await untilAnswered(() => invoiceSent(sql, sent))
    await Promise.all(others.map(other => removeInvoice(telegram, { userId: sent.userId, ...other })))
  } catch (error) {
    log.warn({ err: error, userId: sent.userId, orderId: sent.orderId }, 'an invoice was sent and not noted')
  }
}

/** Deletes an unpaid invoice from the chat. Telegram allows that for 48 hours. */
export const removeInvoice = (telegram: Telegram, { userId, messageId }: Shown): Promise<void> =>
  ifPossible(telegram.call('deleteMessage', { chat_id: userId, message_id: messageId }))

type Options = { sql: Sql; telegram: Telegram; log: Log }

/**
 * Leaves a paid invoice with nothing but its receipt, which Telegram shows in place of the button that pays: deleting it would
 * take the receipt away (docs/providers/telegram.md, "Payments"). It never fails: the payment is booked. `pressed`: where it
 * is shown, if that is known.
 */
export async function leaveReceipt(
  { sql, telegram, log }: Options,
  orderId: string,
  language: Language,
  pressed?: number,
): Promise<void> {
  try {
    const [order] = await topUpById(sql, orderId)
    const messageId = pressed ?? order?.messageId
    if (!order || typeof messageId !== 'number') return
    const payable = keyboard({ buttons: [[payButton(language, order)]] })
    await ifPossible(
      telegram.call('editMessageReplyMarkup', { chat_id: order.userId, message_id: messageId, ...payable }),
    )
  } catch (error) {
    log.warn({ err: error, orderId }, 'a paid invoice keeps its buttons')
  }
}

/** The first button of an invoice. */
export const payButton = (language: Language, { currency, total }: Pick<TopUp, 'currency' | 'total'>): Button => ({
  text: stringsFor(language).topUp.payButton(currency === 'XTR' ? `⭐ ${total}` : formatKop(total, language)),
  pay: true,
  style: 'success',
})
