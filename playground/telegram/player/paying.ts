import { type Content, type Kept, type Terms, topicOf } from '../chats/message.ts'
import type { Paid, Player } from '../stand-in.ts'
import type { Hand } from './hand.ts'
import { recurring, reportPayment } from './subscribing.ts'

type Moves = Pick<Player, 'pay' | 'payCopy' | 'payLink'>

/** Payments of people. While `lose` returns true, the update of a successful payment is never sent. */
export function payingMoves(hand: Hand, lose: () => boolean): Moves {
  const { world, changed } = hand
  const { chats, delivery, payments } = world

  /** Pre-checkout, the bot's answer, then the charge; a refusal charges nothing. */
  async function checkOut(userId: number, terms: Terms, place: Content = {}): Promise<Paid> {
    const user = chats.user(userId)
    const { currency, amount: total_amount, payload: invoice_payload } = terms
    const { id, verdict } = payments.open()
    const pushed = delivery.push({ pre_checkout_query: { id, from: user, currency, total_amount, invoice_payload } })
    if (pushed === undefined) payments.answer(id, false, 'BOT_PRECHECKOUT_TIMEOUT')
    const { ok, error } = await verdict
    if (!ok) return { ok, error: error ?? 'BOT_PRECHECKOUT_FAILED' }
    const charge = payments.charge(user, terms)
    const begun = terms.period === undefined ? undefined : payments.subscriptions.begin(charge, user)
    reportPayment(hand, charge, { ...place, marks: begun ? recurring(begun, true) : {} }, { lost: lose() })
    changed()
    return { ok: true }
  }

  async function payFor(userId: number, kept: Kept | undefined): Promise<Paid> {
    if (!kept?.terms || !kept.message.invoice) throw new Error('this message is not an invoice')
    const threadId = kept.message.chat.id === userId ? topicOf(kept.message) : undefined
    const place: Content = threadId === undefined ? {} : { message_thread_id: threadId, is_topic_message: true }
    const paid = await checkOut(userId, kept.terms, place)
    // The owner of the chat sees a receipt now; a copy elsewhere keeps its button.
    if (paid.ok && kept.message.chat.id === userId) {
      kept.paid = true
      chats.announce(userId, kept.message.message_id)
    }
    changed()
    return paid
  }

  return {
    pay: (userId, messageId) => payFor(userId, chats.find(userId, messageId)),
    payCopy: (userId, from) => payFor(userId, chats.find(from.userId, from.messageId)),
    async payLink(userId, url) {
      const terms = payments.linked(url)
      if (!terms) throw new Error(`${url} is not an invoice link of this bot`)
      return checkOut(userId, terms)
    },
  }
}
