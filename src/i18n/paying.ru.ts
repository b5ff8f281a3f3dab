import { formatKop } from '../money.ts'
import { html } from '../telegram/html.ts'
import { lines } from './format.ts'
import type { CreditedFacts } from './paying.ts'

const amount = (kop: number) => formatKop(kop, 'ru')

export const payingRu = {
  // Top-up
  topUp: {
    ask: html`<b>Пополнение</b>\nСколько добавить?`,
    pack: (kop: number, stars: number) => `${amount(kop)} — ⭐ ${stars}`,
    cardButton: '💳 Картой',
    cardAsk: html`<b>Пополнение картой</b>\nСколько добавить?`,
    otherWays: 'Другие способы',
    invoiceTitle: (kop: number) => `Пополнение на ${amount(kop)}`,
    invoiceAbout: (kop: number) =>
      `На баланс придёт ${amount(kop)}. Ими оплачиваются запуски моделей; за неудачный запуск деньги возвращаются.`,
    invoiceLabel: (kop: number) => amount(kop),
    goOnButton: '▶️ Вернуться к заказу',
    invoiceSent: 'Счёт отправлен',
    /** In place of the amounts. */
    invoiceBelow: (kop: number) => html`<b>Пополнение</b>\nСчёт на ${amount(kop)} — ниже.`,
    otherAmountButton: 'Другая сумма',
    payButton: (sum: string) => `Заплатить ${sum}`,
    paidButton: 'Я оплатил',
    looking: 'Проверяем…',
    unseen: html`Платёж пока не виден. Проверяем каждую минуту, деньги не потеряются.`,
    cardUnseen: html`Платёж пока не виден. Обычно он приходит за минуту. Если через час его нет, напишите: /paysupport`,
    isPaid: (kop: number, balanceKop: number) =>
      html`✅ Этот счёт оплачен, ${amount(kop)} зачислено. На балансе ${amount(balanceKop)}.`,
    credited: ({ amountKop, balanceKop, debtKop, isSecond }: CreditedFacts) =>
      lines(
        html`✅ Зачислено ${amount(amountKop)}. На балансе ${amount(balanceKop)}.`,
        isSecond &&
          html`Этот счёт оплачен второй раз: деньги зачислены ещё раз. Если это вышло случайно, напишите: /paysupport`,
        debtKop > 0 && html`Осталось погасить: ${amount(debtKop)}.`,
      ),
    parked: html`Платёж получен, но не совпал со счётом. Деньги не потеряются: мы проверим и ответим здесь. Вопросы: /paysupport`,
    takenBack: (kop: number, debtKop: number) =>
      lines(
        html`Платёж возвращён: с баланса снято ${amount(kop)}.`,
        debtKop > 0 &&
          html`${amount(debtKop)} уже были потрачены. Новые платные запуски откроются после пополнения на эту сумму.`,
      ),
    /** An admin has given back a payment by card. */
    cardBack: (kop: number, debtKop: number) =>
      lines(
        html`Платёж картой возвращён: ${amount(kop)}. На карту деньги придут от банка, обычно за несколько дней.`,
        debtKop > 0 && html`Осталось погасить: ${amount(debtKop)}.`,
      ),
    refuse: {
      outdated: 'Счёт устарел. Откройте новый: /topup',
      foreign: 'Этот счёт выставлен другому человеку',
      banned: 'Доступ закрыт. Вопросы: /paysupport',
      unavailable: 'Сейчас принять оплату не получается. Деньги не списаны, попробуйте через минуту.',
    },
  },
}

/** The words of money that comes in and goes back: top-ups, receipts, refunds. */
export type Paying = typeof payingRu
