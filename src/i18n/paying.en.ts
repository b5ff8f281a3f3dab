import { formatKop } from '../money.ts'
import { type Html, html } from '../telegram/html.ts'
import { lines, pluralEn, zonedDate } from './format.ts'
import type { Paying } from './paying.ru.ts'
import type { PlanFacts } from './paying.ts'

const amount = (kop: number) => formatKop(kop, 'en')
const day = (at: Date) => zonedDate(at, 'en')
const given = ({ amountKop, openMore, freeMore, discount }: PlanFacts): string[] =>
  [
    `${amount(amountKop)} to your balance every month`,
    openMore > 0 && `${openMore} more ${pluralEn(openMore, 'run', 'runs')} at once`,
    freeMore > 0 && `+${freeMore} free ${pluralEn(freeMore, 'run', 'runs')} a day`,
    discount > 0 && `prices ${discount}% lower`,
  ].filter(part => part !== false)
const listed = (plan: PlanFacts): Html => lines(...given(plan).map(part => html`• ${part}`))

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
    credited: ({ amountKop, balanceKop, debtKop, isSecond, until }) =>
      lines(
        html`✅ ${until ? 'A month of your plan is paid: added' : 'Added'} ${amount(amountKop)}. Your balance is ${amount(balanceKop)}.`,
        until && html`The plan is paid until ${day(until)}: /plan`,
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

  plan: {
    button: '⭐ Monthly plan',
    offers: html`<b>Monthly plan</b>\nPaid in Telegram Stars every 30 days. The money on your balance does not expire, and you can cancel at any time.`,
    offer: plan => html`\n<b>⭐ ${plan.stars} a month</b>\n${listed(plan)}`,
    offerButton: ({ stars, amountKop }) => `⭐ ${stars} a month — ${amount(amountKop)}`,
    none: html`There are no plans at the moment. To top up: /topup`,
    order: plan =>
      html`<b>A plan for ⭐ ${plan.stars} a month</b>\n${listed(plan)}\n\nTelegram takes the Stars now and every 30 days from then on, until you cancel. The link works for a day.`,
    linkButton: stars => `Subscribe for ⭐ ${stars} a month`,
    invoiceTitle: kop => `Plan: ${amount(kop)} a month`,
    invoiceAbout: plan => `${given(plan).join(' · ')}. Cancel at any time: /plan`,
    status: plan =>
      lines(html`<b>Your plan: ⭐ ${plan.stars} a month</b>`, listed(plan), html``, payingEn.plan.renewal(plan)),
    renewal: ({ state, until, stars }) => {
      switch (state) {
        case 'active':
          return html`Paid until ${day(until)}. Then Telegram takes ⭐ ${stars} for the next month.`
        case 'failed':
          return html`Paid until ${day(until)}. Telegram could not take ⭐ ${stars} for the next month: add Stars, and the plan goes on.`
        case 'stopping':
          return html`Works until ${day(until)}. Telegram has not answered yet: we will stop the renewals, you will not be charged again.`
        default:
          return html`Works until ${day(until)} and is not renewed. The money on your balance stays.`
      }
    },
    cancelButton: 'Stop renewing',
    resumeButton: 'Renew again',
    canceling: 'Stopping…',
    resume: html`Telegram itself turns renewals on: Settings → My Stars → the subscription to this bot → Renew.`,
    resumeUnknown: html`Telegram does not know this subscription any longer. When it is over, take a new one: /plan`,
    changed: ({ state, stars, until }) => {
      const end = until && html` until ${day(until)}`
      switch (state) {
        case 'active':
          return html`✅ The plan for ⭐ ${stars} a month is renewed again.${end ? html` It is paid${end}.` : ''}`
        case 'canceled':
          return html`The plan for ⭐ ${stars} a month is not renewed any longer.${end ? html` It works${end}, and the money on your balance stays.` : ''}`
        case 'failed':
          return html`⚠️ Telegram could not take ⭐ ${stars} for the plan.${end ? html` It works${end}.` : ''} Add Stars, and the plan goes on: /plan`
      }
    },
  },
}
