import { bad } from '../api/refusal.ts'
import { now, type Terms, type User } from '../chats/message.ts'
import type { Random } from '../random.ts'
import { openCheckouts } from './checkouts.ts'
import { openSubscriptions, type SavedSubscriptions } from './subscriptions.ts'

/** One movement of the bot's Stars; a refund carries the id of its payment. */
type Movement = {
  id: string
  isRefund: boolean
  /** Whole Stars. */
  amount: number
  /** Unix seconds. */
  date: number
  user: User
  payload: string
  /** Seconds; of a payment for a subscription. */
  period?: number
}
export type Charge = { id: string; userId: number; terms: Terms; providerChargeId: string; isRefunded: boolean }
export type SavedPayments = {
  movements: Movement[]
  charges: Charge[]
  links: [string, Terms][]
  subscriptions?: SavedSubscriptions
}
export type Payments = ReturnType<typeof openPayments>

/** Checkouts, charges and the bot's Star account. */
export function openPayments(options: { scale: number; random: Random; saved: SavedPayments | undefined }) {
  const { random, saved } = options
  const checkouts = openCheckouts(options)
  const movements = [...(saved?.movements ?? [])]
  const charges = new Map((saved?.charges ?? []).map(charge => [charge.id, charge]))
  const links = new Map(saved?.links ?? [])
  const subscriptions = openSubscriptions(saved?.subscriptions)

  /** Takes the money: every call is another charge, also for an invoice that was paid before. */
  function charge(user: User, terms: Terms): Charge {
    const isStars = terms.currency === 'XTR'
    const made = {
      id: newChargeId(random, isStars),
      userId: user.id,
      terms,
      providerChargeId: isStars ? '' : random.digits(16),
      isRefunded: false,
    }
    charges.set(made.id, made)
    if (isStars) book(made, user, false)
    return made
  }

  /** Stars go back to the person; throws 400, for a second time with CHARGE_ALREADY_REFUNDED. */
  function refund(user: User, chargeId: string): Charge {
    const found = charges.get(chargeId)
    if (!found || found.userId !== user.id || found.terms.currency !== 'XTR') throw bad('CHARGE_NOT_FOUND')
    if (found.isRefunded) throw bad('CHARGE_ALREADY_REFUNDED')
    found.isRefunded = true
    book(found, user, true)
    return found
  }

  function book({ id, terms }: Charge, user: User, isRefund: boolean) {
    const { amount, payload, period } = terms
    movements.push({ id, isRefund, amount, date: now(), user, payload, ...(period !== undefined && { period }) })
  }

  return {
    ...checkouts,
    charge,
    refund,
    /** Oldest first, as getStarTransactions returns them. */
    transactions: (offset: number, limit: number) => movements.slice(offset, offset + limit).map(transactionOf),
    subscriptions,
    link(terms: Terms): string {
      const slug = random.letters(22)
      links.set(slug, terms)
      return `https://t.me/$${slug}`
    },
    linked: (url: string) => links.get(url.replace(/^https:\/\/t\.me\/(\$|invoice\/)/, '')),
    balance: () => movements.reduce((sum, { amount, isRefund }) => sum + (isRefund ? -amount : amount), 0),
    save: (): SavedPayments => ({
      movements,
      charges: [...charges.values()],
      links: [...links],
      subscriptions: subscriptions.save(),
    }),
  }
}

const newChargeId = (random: Random, isStars: boolean) =>
  isStars ? `stx${random.letters(40)}` : `${random.digits(10)}_${random.digits(8)}_${random.digits(8)}`

function transactionOf({ id, isRefund, amount, date, user, payload, period }: Movement) {
  const { language_code: _, ...known } = user
  const about = { type: 'user', transaction_type: 'invoice_payment', user: known, invoice_payload: payload }
  const partner = { ...about, ...(period !== undefined && { subscription_period: period }) }
  return { id, amount, date, ...(isRefund ? { receiver: partner } : { source: partner }) }
}
