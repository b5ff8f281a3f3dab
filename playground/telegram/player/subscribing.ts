import type { Content } from '../chats/message.ts'
import type { Charge } from '../payments/payments.ts'
import type { Renewal, Subscribing, SubscriptionView } from '../payments/subscribing.ts'
import type { Subscription } from '../payments/subscriptions.ts'
import type { Hand } from './hand.ts'

/** What a successful payment says beside its terms. Source: https://core.telegram.org/bots/api#successfulpayment */
export const recurring = ({ untilS }: Subscription, isFirst: boolean) => ({
  subscription_expiration_date: untilS,
  is_recurring: true as const,
  ...(isFirst && { is_first_recurring: true as const }),
})

/** Writes a payment into the chat and tells the bot, unless `how` says otherwise. */
export function reportPayment(
  { world: { chats, delivery } }: Hand,
  charge: Charge,
  { marks, ...place }: Content & { marks: { is_recurring?: true; is_first_recurring?: true } },
  how: Pick<Renewal, 'lost' | 'twice' | 'late'>,
): () => void {
  const { id, userId, terms, providerChargeId } = charge
  const successful_payment = {
    currency: terms.currency,
    total_amount: terms.amount,
    invoice_payload: terms.payload,
    ...marks,
    telegram_payment_charge_id: id,
    provider_payment_charge_id: providerChargeId,
  }
  const content = { ...place, successful_payment }
  const { message } = chats.post(chats.chat(userId), chats.user(userId), content, { terms })
  const tell = () => {
    delivery.push({ message })
    if (how.twice) delivery.push({ message })
  }
  if (!how.lost && !how.late) tell()
  return how.late ? tell : () => {}
}

/** What people do with their subscriptions in the settings of Telegram, and the month that passes. */
export function subscribingMoves(hand: Hand, lose: () => boolean): Subscribing {
  const { world, changed } = hand
  const { chats, delivery, payments } = world
  const { subscriptions } = payments

  /** A block of the bot does not keep this update back, nor the payments. */
  function tellState({ userId, terms, state }: Subscription) {
    delivery.push({ subscription: { user: chats.user(userId), invoice_payload: terms.payload, state } })
    changed()
  }

  function turn(userId: number, id: string, isCanceled: boolean) {
    const subscription = subscriptions.own(userId, id)
    if (subscriptions.turn(subscription, isCanceled)) tellState(subscription)
    return viewOf(subscription)
  }

  return {
    invoiceOf(url) {
      const terms = payments.linked(url)
      if (!terms) throw new Error(`${url} is not an invoice link of this bot`)
      const { title, description, currency, amount, period } = terms
      return { title, description, currency, amount, isMonthly: period !== undefined }
    },
    subscriptions: userId => subscriptions.of(userId).map(viewOf),
    cancelSubscription: (userId, id) => turn(userId, id, true),
    resumeSubscription: (userId, id) => turn(userId, id, false),
    lapse(userId, id) {
      const subscription = subscriptions.own(userId, id)
      subscriptions.lapse(subscription)
      changed()
      return viewOf(subscription)
    },
    renew(userId, id, { isPoor, ...how } = {}) {
      const subscription = subscriptions.own(userId, id)
      if (subscription.state === 'canceled') throw new Error(`the subscription ${id} is canceled: it is not renewed`)
      if (isPoor) {
        subscription.state = 'failed'
        tellState(subscription)
        return { ok: false, error: 'BALANCE_TOO_LOW', deliver: () => {} }
      }
      subscriptions.prolong(subscription)
      const charge = payments.charge(chats.user(userId), subscription.terms)
      const isLost = how.lost || lose()
      const deliver = reportPayment(hand, charge, { marks: recurring(subscription, false) }, { ...how, lost: isLost })
      changed()
      return { ok: true, chargeId: charge.id, deliver }
    },
  }
}

const viewOf = ({ id, terms, untilS, state, byBot }: Subscription): SubscriptionView => ({
  id,
  title: terms.title,
  amount: terms.amount,
  until: untilS,
  state,
  byBot,
})
