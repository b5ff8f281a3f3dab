import { formatKop } from '../money.ts'
import { type Html, html } from '../telegram/html.ts'
import { lines, pluralRu, zonedDate } from './format.ts'
import type { CreditedFacts, PlanFacts, PlanStatus } from './paying.ts'

const amount = (kop: number) => formatKop(kop, 'ru')
const day = (at: Date) => zonedDate(at, 'ru')
const given = ({ amountKop, openMore, freeMore, discount }: PlanFacts): string[] =>
  [
    `${amount(amountKop)} на баланс каждый месяц`,
    openMore > 0 && `на ${openMore} ${pluralRu(openMore, 'запуск', 'запуска', 'запусков')} больше одновременно`,
    freeMore > 0 &&
      `+${freeMore} ${pluralRu(freeMore, 'бесплатный запуск', 'бесплатных запуска', 'бесплатных запусков')} в день`,
    discount > 0 && `цены на ${discount}\u00a0% ниже`,
  ].filter(part => part !== false)
const listed = (plan: PlanFacts): Html => lines(...given(plan).map(part => html`• ${part}`))

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
    credited: ({ amountKop, balanceKop, debtKop, isSecond, until }: CreditedFacts) =>
      lines(
        html`✅ ${until ? 'Месяц по плану оплачен: зачислено' : 'Зачислено'} ${amount(amountKop)}. На балансе ${amount(balanceKop)}.`,
        until && html`План действует до\u00a0${day(until)}: /plan`,
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

  // Monthly plans
  plan: {
    button: '⭐ План на месяц',
    offers: html`<b>План на месяц</b>\nОплата звёздами Telegram раз в 30 дней. Деньги на балансе не сгорают, отменить можно в любой момент.`,
    offer: (plan: PlanFacts) => html`\n<b>⭐ ${plan.stars} в месяц</b>\n${listed(plan)}`,
    offerButton: ({ stars, amountKop }: PlanFacts) => `⭐ ${stars} в месяц — ${amount(amountKop)}`,
    none: html`Сейчас планов нет. Пополнить баланс: /topup`,
    order: (plan: PlanFacts) =>
      html`<b>План за ⭐ ${plan.stars} в месяц</b>\n${listed(plan)}\n\nTelegram спишет звёзды сейчас и будет списывать каждые 30 дней, пока вы не отмените. Ссылка действует сутки.`,
    linkButton: (stars: number) => `Оформить за ⭐ ${stars} в месяц`,
    invoiceTitle: (kop: number) => `План: ${amount(kop)} в месяц`,
    invoiceAbout: (plan: PlanFacts) => `${given(plan).join(' · ')}. Отменить можно в любой момент: /plan`,
    status: (plan: PlanStatus) =>
      lines(html`<b>Ваш план: ⭐ ${plan.stars} в месяц</b>`, listed(plan), html``, payingRu.plan.renewal(plan)),
    renewal: ({ state, until, stars }: Pick<PlanStatus, 'state' | 'until' | 'stars'>) => {
      switch (state) {
        case 'active':
          return html`Оплачен до\u00a0${day(until)}. Тогда Telegram спишет ⭐ ${stars} за следующий месяц.`
        case 'failed':
          return html`Оплачен до\u00a0${day(until)}. За следующий месяц Telegram не смог списать ⭐ ${stars}: пополните звёзды, и план продлится.`
        case 'stopping':
          return html`Действует до\u00a0${day(until)}. Telegram пока не ответил: продление отменим сами, списаний больше не будет.`
        default:
          return html`Действует до\u00a0${day(until)}, дальше не продлевается. Деньги на балансе остаются.`
      }
    },
    cancelButton: 'Не продлевать',
    resumeButton: 'Продлевать снова',
    canceling: 'Отменяем…',
    resume: html`Продление включает сам Telegram: «Настройки» → «Мои звёзды» → подписка на этого бота → «Возобновить».`,
    resumeUnknown: html`Telegram больше не знает этой подписки. Когда она закончится, оформите новую: /plan`,
    changed: ({
      state,
      stars,
      until,
    }: {
      state: 'active' | 'canceled' | 'failed'
      stars: number
      until: Date | undefined
    }) => {
      const end = until && html` до\u00a0${day(until)}`
      switch (state) {
        case 'active':
          return html`✅ План за ⭐ ${stars} в месяц снова продлевается.${end ? html` Сейчас оплачен${end}.` : ''}`
        case 'canceled':
          return html`План за ⭐ ${stars} в месяц больше не продлевается.${end ? html` Он действует${end}, деньги на балансе остаются.` : ''}`
        case 'failed':
          return html`⚠️ Telegram не смог списать ⭐ ${stars} за план.${end ? html` Он действует${end}.` : ''} Пополните звёзды, и план продлится: /plan`
      }
    },
  },
}

/** The words of money that comes in and goes back: top-ups, receipts, refunds. */
export type Paying = typeof payingRu
