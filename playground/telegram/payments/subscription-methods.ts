import { type Call, flag, int, text } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import type { Terms } from '../chats/message.ts'
import type { World } from '../world.ts'
import { PERIOD_S } from './subscriptions.ts'

// The largest price of a subscription: https://core.telegram.org/bots/api#createinvoicelink
const MOST_STARS = 10_000

/** The period that an invoice link asks for, in seconds. */
export function periodOf(call: Call, { currency, amount }: Terms): number | undefined {
  const period = int(call, 'subscription_period')
  if (period === undefined) return undefined
  if (period !== PERIOD_S || currency !== 'XTR') throw bad('SUBSCRIPTION_PERIOD_INVALID')
  if (amount > MOST_STARS) throw bad('STARS_INVOICE_INVALID')
  return period
}

export function editUserStarSubscription(world: World, call: Call): true {
  const userId = int(call, 'user_id')!
  if (!world.chats.people().some(person => person.id === userId)) throw bad('USER_ID_INVALID')
  world.payments.subscriptions.edit(userId, text(call, 'telegram_payment_charge_id')!, flag(call, 'is_canceled'))
  return true
}
