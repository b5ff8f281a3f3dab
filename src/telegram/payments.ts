import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Telegram } from './api.ts'
import { callChecked } from './client.ts'
import { type Button, keyboard } from './screen.ts'

/** `total` is in whole Stars or in kopecks. The payload is our order's id. */
export type Invoice = {
  chatId: number
  title: string
  description: string
  payload: string
  currency: 'XTR' | 'RUB'
  total: number
  label: string
  /** The token of a payment provider. Empty for Stars. */
  providerToken: string
  /** VAT code for the payment provider's receipt. With it, Telegram asks the person for an e-mail address. */
  vatCode?: number | undefined
  /** The first button pays. */
  buttons: Button[][]
  /**
   * With it, a forwarded copy of the invoice opens the bot and does not charge another person
   * (docs/providers/telegram.md, "Payments").
   */
  startParameter: string
}

const Sent = Type.Object({ message_id: Type.Integer() })

/** Sends an invoice and returns its message id. Throws as every Telegram call does. */
export async function sendInvoice(telegram: Telegram, invoice: Invoice): Promise<number> {
  const { chatId, title, description, payload, currency, total, label, providerToken, startParameter, vatCode } =
    invoice
  const fields = {
    chat_id: chatId,
    title,
    description,
    payload,
    currency,
    provider_token: providerToken,
    prices: [{ label, amount: total }],
    start_parameter: startParameter,
    ...keyboard(invoice),
    ...(vatCode === undefined
      ? {}
      : { need_email: true, send_email_to_provider: true, provider_data: receiptOf(label, total, vatCode) }),
  }
  return (await callChecked(telegram, 'sendInvoice', fields, Sent)).message_id
}

// The receipt format that YooKassa accepts through Telegram.
function receiptOf(description: string, kop: number, vat_code: number): string {
  const value = `${Math.trunc(kop / 100)}.${String(kop % 100).padStart(2, '0')}`
  const amount = { value, currency: 'RUB' }
  return JSON.stringify({ receipt: { items: [{ description, quantity: '1.00', amount, vat_code }] } })
}

/** The one period there is, in seconds: https://core.telegram.org/bots/api#createinvoicelink */
export const planPeriodS = 2_592_000

/** Returns a link by which a person pays so many Stars now and every 30 days from then on, with this payload each time. */
export const planLink = (
  telegram: Telegram,
  {
    title,
    description,
    payload,
    label,
    stars,
  }: Record<'title' | 'description' | 'payload' | 'label', string> & { stars: number },
): Promise<string> =>
  callChecked(
    telegram,
    'createInvoiceLink',
    {
      title,
      description,
      payload,
      currency: 'XTR',
      provider_token: '',
      prices: [{ label, amount: stars }],
      subscription_period: planPeriodS,
    },
    Type.String({ pattern: '^https://' }),
  )

/**
 * Stops the renewals of a subscription, or lets the person resume what the bot has stopped. `chargeId`: of its first payment.
 * Throws TelegramRefused, `no_method` by a server of before Bot API 8.0.
 */
export const renewStars = (
  telegram: Telegram,
  userId: number,
  chargeId: string,
  isAllowed: boolean,
): Promise<boolean> =>
  callChecked(
    telegram,
    'editUserStarSubscription',
    { user_id: userId, telegram_payment_charge_id: chargeId, is_canceled: !isAllowed },
    Type.Boolean(),
  )

/** Answers a pre-checkout. Telegram waits ten seconds for it. `refusal` is shown to the person. */
export const answerPreCheckout = (telegram: Telegram, id: string, refusal?: string): Promise<boolean> =>
  callChecked(
    telegram,
    'answerPreCheckoutQuery',
    {
      pre_checkout_query_id: id,
      ok: refusal === undefined,
      ...(refusal === undefined ? {} : { error_message: refusal }),
    },
    Type.Boolean(),
  )

/** Refunds a Stars payment. Throws TelegramRefused, `already_refunded` for a repeat. */
export const refundStars = (telegram: Telegram, userId: number, chargeId: string): Promise<boolean> =>
  callChecked(telegram, 'refundStarPayment', { user_id: userId, telegram_payment_charge_id: chargeId }, Type.Boolean())

const Partner = Type.Object({
  type: Type.String(),
  transaction_type: Type.Optional(Type.String()),
  user: Type.Optional(Type.Object({ id: Type.Integer() })),
  invoice_payload: Type.Optional(Type.String()),
  /** Seconds that a subscription's payment pays for. */
  subscription_period: Type.Optional(Type.Integer()),
})
const Transaction = Type.Object({
  id: Type.String({ minLength: 1 }),
  amount: Type.Integer(),
  date: Type.Integer(),
  source: Type.Optional(Partner),
  receiver: Type.Optional(Partner),
})
/** One movement of the bot's Stars. `source`: incoming. `receiver`: outgoing. A refund has the id of its payment. */
export type StarTransaction = Static<typeof Transaction>

/** Returns at most 100 movements from this position on, the oldest first. Read each with `readMovement`. */
export async function starTransactions(
  telegram: Telegram,
  offset: number,
  limit = 100,
): Promise<Partial<StarTransaction>[]> {
  const Page = Type.Object({ transactions: Type.Array(Type.Object({})) })
  return (await callChecked(telegram, 'getStarTransactions', { offset, limit }, Page)).transactions
}

/**
 * Checks one movement. Throws an Error that names the invalid field, so that one bad movement does not spoil the page.
 */
export function readMovement(movement: Partial<StarTransaction>): StarTransaction {
  if (Value.Check(Transaction, movement)) return movement
  const wrong = Value.Errors(Transaction, movement).First()
  throw new Error(`a movement of Stars is not as described at ${wrong?.path || '/'}: ${wrong?.message}`)
}
