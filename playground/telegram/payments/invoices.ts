import { type Call, flag, int, intOf, isObject, list, object, text, textOf } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import type { Message, Terms } from '../chats/message.ts'
import { readKeyboard } from '../messages/keyboard.ts'
import { publish } from '../messages/sending.ts'
import type { World } from '../world.ts'
import { periodOf } from './subscription-methods.ts'

// About 1 and 10,000 dollars: https://core.telegram.org/bots/payments#supported-currencies
const [LEAST_RUB_KOP, MOST_RUB_KOP] = [90_00, 950_000_00]
// No single Star payment is larger.
const MOST_STARS = 100_000

export function sendInvoice(world: World, call: Call): Message {
  const to = world.chats.target(call.fields.chat_id)
  const terms = readTerms(call)
  const keyboard = readKeyboard(object(call, 'reply_markup'), { use: 'invoice', world })
  const invoice = {
    title: terms.title,
    description: terms.description,
    start_parameter: terms.startParameter ?? '',
    currency: terms.currency,
    total_amount: terms.amount,
  }
  return publish(world, call, to, { invoice }, { keyboard, terms })
}

export function createInvoiceLink(world: World, call: Call): string {
  const terms = readTerms(call)
  const period = periodOf(call, terms)
  return world.payments.link({ ...terms, ...(period !== undefined && { period }) })
}

export function answerPreCheckoutQuery(world: World, call: Call): true {
  world.payments.answer(text(call, 'pre_checkout_query_id')!, flag(call, 'ok'), text(call, 'error_message'))
  return true
}

/** The Stars go back, and the person sees it in the chat: a message with `refunded_payment`. */
export function refundStarPayment(world: World, call: Call): true {
  const userId = int(call, 'user_id')!
  if (!world.chats.people().some(person => person.id === userId)) throw bad('USER_ID_INVALID')
  const user = world.chats.user(userId)
  const charge = world.payments.refund(user, text(call, 'telegram_payment_charge_id')!)
  const refunded_payment = {
    currency: charge.terms.currency,
    total_amount: charge.terms.amount,
    invoice_payload: charge.terms.payload,
    telegram_payment_charge_id: charge.id,
  }
  const { message } = world.chats.post(world.chats.chat(userId), user, { refunded_payment }, { terms: charge.terms })
  world.delivery.push({ message })
  return true
}

export function getStarTransactions(world: World, call: Call) {
  const offset = int(call, 'offset') ?? 0
  const limit = int(call, 'limit') ?? 100
  if (offset < 0) throw bad('parameter "offset" must be non-negative')
  if (limit < 1 || limit > 100) throw bad('parameter "limit" must be between 1 and 100')
  return { transactions: world.payments.transactions(offset, limit) }
}

function readTerms(call: Call): Terms {
  const title = text(call, 'title')!
  const description = text(call, 'description')!
  const payload = text(call, 'payload')!
  const currency = text(call, 'currency')!.toUpperCase()
  const startParameter = text(call, 'start_parameter')
  if (title.length < 1 || title.length > 32) throw bad('INVOICE_TITLE_INVALID')
  if (description.length < 1 || description.length > 255) throw bad('INVOICE_DESCRIPTION_INVALID')
  const bytes = Buffer.byteLength(payload)
  if (bytes < 1 || bytes > 128) throw bad('INVOICE_PAYLOAD_INVALID')
  if (startParameter !== undefined && !/^[\w-]{0,64}$/.test(startParameter)) throw bad('START_PARAM_INVALID')
  if (!/^[A-Z]{3}$/.test(currency)) throw bad('CURRENCY_INVALID')
  const amounts = list(call, 'prices')!.map(readPrice)
  const amount = amounts.reduce((sum, part) => sum + part, 0)
  if (currency === 'XTR') checkStars(call, amounts)
  else checkProvider(call, currency, amount)
  if (amount < 1 || !Number.isSafeInteger(amount)) throw bad('CURRENCY_TOTAL_AMOUNT_INVALID')
  return { title, description, payload, currency, amount, ...(startParameter ? { startParameter } : {}) }
}

/** A token of BotFather's form, a sum that the provider accepts, and a receipt that is JSON. */
function checkProvider(call: Call, currency: string, amount: number) {
  if (!/^\d{3,}:(TEST|LIVE):\S+$/.test(text(call, 'provider_token') ?? '')) throw bad('PAYMENT_PROVIDER_INVALID')
  if (currency === 'RUB' && (amount < LEAST_RUB_KOP || amount > MOST_RUB_KOP))
    throw bad('CURRENCY_TOTAL_AMOUNT_INVALID')
  const data = text(call, 'provider_data')
  if (data !== undefined && !isObject(parsed(data))) throw bad('DATA_JSON_INVALID')
}

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function readPrice(price: unknown): number {
  if (!isObject(price)) throw bad("can't parse labeled price: expected an Object")
  const label = textOf(price, 'label')
  const amount = intOf(price, 'amount')
  if (!label || amount === undefined) throw bad("can't parse labeled price: label and amount are required")
  return amount
}

/** Stars: one price, no provider, no tips, nothing to ask for. */
function checkStars(call: Call, amounts: number[]) {
  if (text(call, 'provider_token')) throw bad('PAYMENT_PROVIDER_INVALID')
  if (amounts.length !== 1 || amounts[0]! < 1 || amounts[0]! > MOST_STARS) throw bad('STARS_INVOICE_INVALID')
  const forbidden = ['need_name', 'need_phone_number', 'need_email', 'need_shipping_address', 'is_flexible']
  const tips = (int(call, 'max_tip_amount') ?? 0) > 0 || (list(call, 'suggested_tip_amounts') ?? []).length > 0
  if (tips || forbidden.some(key => flag(call, key))) throw bad('STARS_INVOICE_INVALID')
}
