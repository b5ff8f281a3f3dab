import { now, type Terms, type User } from './chats.ts'
import type { Random } from './random.ts'
import { bad } from './refusal.ts'

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
}
export type Charge = { id: string; userId: number; terms: Terms; providerChargeId: string; isRefunded: boolean }
export type SavedPayments = { movements: Movement[]; charges: Charge[]; links: [string, Terms][] }
export type Payments = ReturnType<typeof openPayments>

// Telegram cancels a payment that the bot has not confirmed by then.
const CHECKOUT_MS = 10_000
const TOO_OLD = 'query is too old and response timeout expired or query ID is invalid'

/** Checkouts, charges and the bot's Star account. */
export function openPayments(options: { scale: number; random: Random; saved: SavedPayments | undefined }) {
  const { scale, random, saved } = options
  const movements = [...(saved?.movements ?? [])]
  const charges = new Map((saved?.charges ?? []).map(charge => [charge.id, charge]))
  const links = new Map(saved?.links ?? [])
  const waiting = new Map<string, (verdict: { ok: boolean; error?: string }) => void>()

  /** A pre-checkout that waits for the bot; no answer in time is a refusal. */
  function open() {
    const id = random.digits(18)
    const verdict = new Promise<{ ok: boolean; error?: string }>(resolve => {
      const timer = setTimeout(() => settle({ ok: false, error: 'BOT_PRECHECKOUT_TIMEOUT' }), CHECKOUT_MS * scale)
      const settle = (verdict: { ok: boolean; error?: string }) => {
        clearTimeout(timer)
        waiting.delete(id)
        resolve(verdict)
      }
      waiting.set(id, settle)
    })
    return { id, verdict }
  }

  function answer(id: string, ok: boolean, error: string | undefined) {
    const settle = waiting.get(id)
    if (!settle) throw bad(TOO_OLD)
    if (!ok && !error) throw bad('error_message must be non-empty if ok is False')
    settle(ok ? { ok } : { ok, error: error! })
  }

  /** Takes the money: every call is another charge, also for an invoice that was paid before. */
  function charge(user: User, terms: Terms): Charge {
    const isStars = terms.currency === 'XTR'
    const made = {
      id: isStars ? `stx${random.letters(40)}` : `${random.digits(10)}_${random.digits(8)}_${random.digits(8)}`,
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
    movements.push({ id, isRefund, amount: terms.amount, date: now(), user, payload: terms.payload })
  }

  /** Oldest first, as getStarTransactions gives them. */
  function transactions(offset: number, limit: number) {
    return movements.slice(offset, offset + limit).map(({ id, isRefund, amount, date, user, payload }) => {
      const { language_code: _, ...known } = user
      const partner = { type: 'user', transaction_type: 'invoice_payment', user: known, invoice_payload: payload }
      return { id, amount, date, ...(isRefund ? { receiver: partner } : { source: partner }) }
    })
  }

  function link(terms: Terms): string {
    const slug = random.letters(22)
    links.set(slug, terms)
    return `https://t.me/$${slug}`
  }

  return {
    open,
    answer,
    charge,
    refund,
    transactions,
    link,
    linked: (url: string) => links.get(url.replace(/^https:\/\/t\.me\/(\$|invoice\/)/, '')),
    balance: () => movements.reduce((sum, { amount, isRefund }) => sum + (isRefund ? -amount : amount), 0),
    close() {
      for (const settle of [...waiting.values()]) settle({ ok: false, error: 'BOT_PRECHECKOUT_TIMEOUT' })
    },
    save: (): SavedPayments => ({ movements, charges: [...charges.values()], links: [...links] }),
  }
}
