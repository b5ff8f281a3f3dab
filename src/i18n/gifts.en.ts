import { formatKop } from '../money.ts'
import { html } from '../telegram/html.ts'
import { durationText, lines, pluralEn } from './format.ts'
import type { Gifts } from './gifts.ru.ts'

const amount = (kop: number) => formatKop(kop, 'en')
const bonusRuns = (n: number) => `${n} ${pluralEn(n, 'bonus run', 'bonus runs')}`

export const giftsEn: Gifts = {
  promo: {
    button: '🎟 Promo code',
    ask: html`Send the promo code.`,
    credited: kop => html`✅ Code accepted: +${amount(kop)}`,
    unknown: html`There is no such code. Check it and send it again.`,
    used: html`You have used this code already.`,
    expired: html`This code has expired.`,
    gone: html`This code has been used up.`,
    too_many: html`Too many attempts. Try again in an hour.`,
  },

  referral: {
    button: '👥 Invite',
    screen: ({ runs, capKop, link, came, shared, counted, left }) =>
      lines(
        html`Invite a friend: you get ${bonusRuns(runs)}, each up to ${amount(capKop)}, once they have topped up and got their first paid result.`,
        link === undefined ? html`The link will be here soon.` : html`Your link: ${link}`,
        html`Friends who came: ${came}${shared > 0 ? `, by shared results: ${shared}` : ''} · counted: ${counted} · runs left: ${left}`,
      ),
    copyButton: '📋 Copy the link',
    shareButton: 'Share',
    shareText: 'Pictures, video and sound right in Telegram',
  },
  notices: {
    friendRan: ({ runs, capKop }) =>
      html`👥 Your friend got their first paid result: +${bonusRuns(runs)}, each up to ${amount(capKop)}.`,
  },

  bonus: {
    startButton: ({ runs, capKop }) => `🎟 Bonus run (${runs} left, up to ${amount(capKop)})`,
    result: ({ name, ageMs, short }) =>
      lines(html`✅ <b>${name}</b> · ${durationText(ageMs, 'en')}`, html`Bonus run · No\u00a0${short}`),
    returned: html`Your bonus run is back.`,
    history: { taken: 'Bonus run', returned: 'The bonus run is back' },
    left: ({ runs, capKop }) => html`Bonus runs: ${runs} (up to ${amount(capKop)} each)`,
  },

  debt: {
    line: kop => html`Still owed: <b>${amount(kop)}</b>`,
    screen: ({ debtKop, needKop }) =>
      lines(
        html`A payment was returned after its money had been spent: ${amount(debtKop)} are still owed.`,
        html`Paid runs open after a top-up, which pays this off first.`,
        html`This order needs another ${amount(needKop)}.`,
      ),
  },

  payment: {
    screen: ({ date, amountKop, chargeTail, refund }) =>
      lines(
        html`🧾 <b>Payment …${chargeTail}</b>`,
        html`${date} · ${amount(amountKop)}`,
        {
          asked: html`It is being returned.`,
          done: html`It was returned.`,
          refused: html`It could not be returned; the money is on your balance.`,
          none: html`Added to your balance.`,
        }[refund ?? 'none'],
      ),
    number: chargeTail => `💳 …${chargeTail}`,
    row: ({ date, amountKop, chargeTail }) => `💳 ${date} · ${amount(amountKop)} · …${chargeTail}`,
    copyButton: '📋 Copy the payment id',
    questionButton: '💬 Ask about this payment',
    ask: chargeTail => html`💬 <b>A question about the payment …${chargeTail}</b>\nWrite it in one message.`,
    about: (provider, chargeId, kop, date) => html`💳 ${provider} <code>${chargeId}</code> · ${amount(kop)} · ${date}`,
  },

  statement: {
    button: 'CSV',
    fileName: 'telegen-operations.csv',
    caption: html`Your operations and runs. Moscow time.`,
    captionCut: most => html`Your operations and runs, the last ${most}. Moscow time.`,
    tableColumns: ['When', 'Operation', 'Amount', 'Balance'],
    columns: ['Time', 'Operation', 'Amount, ₽', 'Balance after, ₽', 'Model', 'Run', 'State', 'Request'],
    states: {
      queued: 'in progress',
      submitting: 'in progress',
      running: 'in progress',
      success: 'done',
      failed: 'did not work',
      timeout: 'did not work',
    },
    free: 'free run',
    bonus: 'bonus run',
    point: '.',
  },

  forget: {
    ask: html`<b>Deleting your data</b>
Deleted: your name, the texts of your requests, links to files, unfinished orders, your language.
Kept by law: payments and movements of money, without your texts.
Your balance and bonuses stay with your Telegram number too.
The messages in this chat are yours to delete. The last technical copies are gone within 7 days.`,
    button: 'Delete my data',
    sure: html`Delete for good? It cannot be undone.`,
    sureButton: 'Yes, delete for good',
    busy: html`Money is set aside now: wait for your runs and payment checks to end, then repeat /delete_me`,
    working: html`Deleting…`,
    begun: html`There is a lot of data. Your name is gone already, the rest follows by itself within minutes.`,
    done: html`Done: your data has been deleted.`,
  },
}
