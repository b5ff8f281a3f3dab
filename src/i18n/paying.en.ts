import { formatKop } from '../money.ts'
import { html } from '../telegram/html.ts'
import { lines } from './format.ts'
import type { Paying } from './paying.ru.ts'

const amount = (kop: number) => formatKop(kop, 'en')

export const payingEn: Paying = {
  topUp: {
    ask: html`<b>Top up</b>\nHow much to add?`,
    pack: (kop, stars) => `${amount(kop)} — ⭐ ${stars}`,
    cardButton: '💳 By card',
    cardAsk: html`<b>Top up by card</b>\nHow much to add?`,
    otherWays: 'Other ways',
    invoiceTitle: kop => `Top up by ${amount(kop)}`,
    invoiceAbout: kop =>
      `${amount(kop)} go to your balance. They pay for runs of the models; money for a failed run comes back.`,
    invoiceLabel: kop => amount(kop),
    goOnButton: '▶️ Back to the order',
    payButton: (sum: string) => `Pay ${sum}`,
    paidButton: 'I have paid',
    looking: 'Looking…',
    unseen: html`The payment is not visible yet. We look every minute, the money will not get lost.`,
    cardUnseen: html`The payment is not visible yet. Usually it takes a minute. If it is not here in an hour, write: /paysupport`,
    isPaid: (kop: number, balanceKop: number) =>
      html`✅ This invoice is paid, ${amount(kop)} added. Balance: ${amount(balanceKop)}.`,
    invoiceSent: 'Invoice sent',
    invoiceBelow: kop => html`<b>Top up</b>\nThe invoice for ${amount(kop)} is below.`,
    otherAmountButton: 'Another amount',
    credited: ({ amountKop, balanceKop, debtKop, isSecond }) =>
      lines(
        html`✅ Added ${amount(amountKop)}. Your balance is ${amount(balanceKop)}.`,
        isSecond &&
          html`This invoice was paid a second time, and the money was added again. If that was by mistake: /paysupport`,
        debtKop > 0 && html`Still owed: ${amount(debtKop)}.`,
      ),
    parked: html`The payment arrived but does not match the invoice. The money is safe: we will check it and answer here. Questions: /paysupport`,
    takenBack: (kop, debtKop) =>
      lines(
        html`The payment was returned: ${amount(kop)} were taken from your balance.`,
        debtKop > 0 && html`${amount(debtKop)} had been spent. New paid runs open after you top up by that much.`,
      ),
    cardBack: (kop: number, debtKop: number) =>
      lines(
        html`The payment by card was given back: ${amount(kop)}. Your bank returns it to the card, usually within days.`,
        debtKop > 0 && html`Left to repay: ${amount(debtKop)}.`,
      ),
    refuse: {
      outdated: 'This invoice is out of date. Open a new one: /topup',
      foreign: 'This invoice was made for another person',
      banned: 'Access is closed. Questions: /paysupport',
      unavailable: 'Payments cannot be taken right now. Nothing was charged, please try in a minute.',
    },
  },
}
