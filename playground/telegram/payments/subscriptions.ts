import { bad } from '../api/refusal.ts'
import { now, type Terms, type User } from '../chats/message.ts'
import type { SubscriptionView } from './subscribing.ts'

/** The only period there is, in seconds: https://core.telegram.org/bots/api#createinvoicelink */
export const PERIOD_S = 2_592_000

/** A subscription of one person to one invoice link; `id` is the charge id of its first payment. */
export type Subscription = {
  id: string
  userId: number
  terms: Terms
  /** Unix seconds: the end of what is paid. */
  untilS: number
  state: SubscriptionView['state']
  /** The bot stopped it, and the person cannot resume it before the bot allows that. */
  byBot: boolean
}
export type SavedSubscriptions = Subscription[]
export type Subscriptions = ReturnType<typeof openSubscriptions>

/** Subscriptions paid in Stars: what people and the bot do with them. Mistakes of a person are thrown as errors. */
export function openSubscriptions(saved: SavedSubscriptions = []) {
  const all = new Map(saved.map(subscription => [subscription.id, subscription]))

  function own(userId: number, id: string): Subscription {
    const found = all.get(id)
    if (found?.userId !== userId) throw new Error(`person ${userId} has no subscription ${id}`)
    if (found.state === 'ended') throw new Error(`the subscription ${id} is over: begin a new one`)
    return found
  }

  return {
    own,
    of: (userId: number) => [...all.values()].filter(subscription => subscription.userId === userId),
    /** The first payment begins it. A person may have several at once, also by the same link. */
    begin({ id, terms }: { id: string; terms: Terms }, user: User): Subscription {
      const begun: Subscription = {
        id,
        userId: user.id,
        terms,
        untilS: now() + PERIOD_S,
        state: 'active',
        byBot: false,
      }
      all.set(id, begun)
      return begun
    },
    /** The next period, which begins where the one before ends. */
    prolong(subscription: Subscription) {
      Object.assign(subscription, { state: 'active', untilS: subscription.untilS + PERIOD_S })
    },
    /** The paid time runs out and there is no next payment. */
    lapse(subscription: Subscription) {
      if (subscription.state === 'active') throw new Error(`the subscription ${subscription.id} goes on: it is renewed`)
      subscription.state = 'ended'
    },
    /** A person cancels or resumes in the settings of Telegram. Returns whether that changed anything. */
    turn(subscription: Subscription, isCanceled: boolean): boolean {
      if (!isCanceled && subscription.byBot) throw new Error('the bot has stopped this subscription')
      if (!isCanceled && subscription.state === 'failed')
        throw new Error('this subscription is not canceled: it lacks Stars')
      const state = isCanceled ? 'canceled' : 'active'
      if (subscription.state === state) return false
      subscription.state = state
      return true
    },
    /**
     * The bot stops the renewals, or takes that back: then the person may resume. Throws 400 for what is not there or is
     * over, with the one word that https://core.telegram.org/method/payments.botCancelStarsSubscription has for both.
     */
    edit(userId: number, chargeId: string, isCanceled: boolean) {
      const found = all.get(chargeId)
      const isOver = found?.state === 'ended' || (found?.untilS ?? 0) <= now()
      if (found?.userId !== userId || isOver) throw bad('CHARGE_ID_INVALID')
      found.byBot = isCanceled
      if (isCanceled) found.state = 'canceled'
    },
    save: (): SavedSubscriptions => [...all.values()],
  }
}
