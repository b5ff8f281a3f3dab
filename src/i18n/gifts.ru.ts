import { formatKop } from '../money.ts'
import { html } from '../telegram/html.ts'
import { durationText, lines, pluralRu } from './format.ts'
import type { CapFacts, DebtFacts, InvitationFacts, PaymentFacts } from './gifts.ts'

const amount = (kop: number) => formatKop(kop, 'ru')
const bonusRuns = (n: number) => `${n} ${pluralRu(n, 'бонусный запуск', 'бонусных запуска', 'бонусных запусков')}`

export const giftsRu = {
  // Promo code
  promo: {
    button: '🎟 Промокод',
    ask: html`Пришлите промокод.`,
    credited: (kop: number) => html`✅ Код принят: +${amount(kop)}`,
    unknown: html`Такого кода нет. Проверьте его и пришлите ещё раз.`,
    used: html`Вы уже использовали этот код.`,
    expired: html`Срок действия кода закончился.`,
    gone: html`Этот код уже разобрали.`,
    too_many: html`Слишком много попыток. Попробуйте через час.`,
  },

  // Invitations
  referral: {
    button: '👥 Пригласить',
    screen: ({ runs, capKop, link, came, shared, counted, left }: InvitationFacts) =>
      lines(
        html`Пригласите друга: вам ${bonusRuns(runs)}, каждый до ${amount(capKop)}, когда он пополнит баланс и получит первый платный результат.`,
        link === undefined ? html`Ссылка скоро появится.` : html`Ваша ссылка: ${link}`,
        html`Пришло друзей: ${came}${shared > 0 ? `, из них через «Поделиться»: ${shared}` : ''} · засчитано: ${counted} · осталось запусков: ${left}`,
      ),
    copyButton: '📋 Скопировать ссылку',
    shareButton: 'Поделиться',
    shareText: 'Картинки, видео и звук прямо в Telegram',
  },
  notices: {
    friendRan: ({ runs, capKop }: CapFacts) =>
      html`👥 Ваш друг получил первый платный результат: +${bonusRuns(runs)}, каждый до ${amount(capKop)}.`,
  },

  bonus: {
    // Quote
    startButton: ({ runs, capKop }: CapFacts) => `🎟 Бонусный запуск (осталось ${runs}, до ${amount(capKop)})`,
    // Result
    result: ({ name, ageMs, short }: { name: string; ageMs: number; short: string }) =>
      lines(html`✅ <b>${name}</b> · ${durationText(ageMs, 'ru')}`, html`Бонусный запуск · №\u00a0${short}`),
    // Failure
    returned: html`Бонусный запуск вернулся.`,
    history: { taken: 'Бонусный запуск', returned: 'Бонусный запуск вернулся' },
    // Balance
    left: ({ runs, capKop }: CapFacts) => html`Бонусных запусков: ${runs} (до ${amount(capKop)} каждый)`,
  },

  debt: {
    // Balance
    line: (kop: number) => html`Осталось погасить: <b>${amount(kop)}</b>`,
    // In place of not enough money
    screen: ({ debtKop, needKop }: DebtFacts) =>
      lines(
        html`Платёж вернули, а деньги уже были потрачены: осталось погасить ${amount(debtKop)}.`,
        html`Платные запуски откроются после пополнения: сначала погасится этот остаток.`,
        html`Для этого заказа нужно ещё ${amount(needKop)}.`,
      ),
  },

  payment: {
    screen: ({ date, amountKop, chargeTail, refund }: PaymentFacts) =>
      lines(
        html`🧾 <b>Платёж …${chargeTail}</b>`,
        html`${date} · ${amount(amountKop)}`,
        {
          asked: html`Возвращается.`,
          done: html`Возвращён.`,
          refused: html`Вернуть не получилось, деньги на балансе.`,
          none: html`Зачислен на баланс.`,
        }[refund ?? 'none'],
      ),
    number: (chargeTail: string) => `💳 …${chargeTail}`,
    row: ({ date, amountKop, chargeTail }: Omit<PaymentFacts, 'refund'>) =>
      `💳 ${date} · ${amount(amountKop)} · …${chargeTail}`,
    copyButton: '📋 Скопировать номер платежа',
    questionButton: '💬 Вопрос по платежу',
    ask: (chargeTail: string) => html`💬 <b>Вопрос по платежу …${chargeTail}</b>\nНапишите его одним сообщением.`,
    /** For the admins. */
    about: (provider: string, chargeId: string, kop: number, date: string) =>
      html`💳 ${provider} <code>${chargeId}</code> · ${amount(kop)} · ${date}`,
  },

  statement: {
    button: 'CSV',
    fileName: 'telegen-operations.csv',
    caption: html`Ваши операции и запуски. Время московское.`,
    captionCut: (most: number) => html`Ваши операции и запуски, последние ${most}. Время московское.`,
    tableColumns: ['Когда', 'Операция', 'Сумма', 'Баланс'],
    columns: ['Время', 'Операция', 'Сумма, ₽', 'Баланс после, ₽', 'Модель', 'Запуск', 'Состояние', 'Запрос'],
    states: {
      queued: 'в работе',
      submitting: 'в работе',
      running: 'в работе',
      success: 'готово',
      failed: 'не получилось',
      timeout: 'не получилось',
    },
    free: 'бесплатный запуск',
    bonus: 'бонусный запуск',
    point: ',',
  },

  // Deletion
  forget: {
    ask: html`<b>Удаление данных</b>
Удалятся: имя, тексты запросов, ссылки на файлы, незаконченные заказы, язык.
Останется по закону: платежи и движения денег, без ваших текстов.
Баланс и бонусы тоже останутся за вашим номером в Telegram.
Сообщения в этом чате удаляете вы сами. Последние служебные копии исчезнут за 7 дней.`,
    button: 'Удалить мои данные',
    sure: html`Точно удалить? Вернуть данные будет нельзя.`,
    sureButton: 'Да, удалить навсегда',
    busy: html`Сейчас деньги в работе: дождитесь конца запусков и проверки платежей, потом повторите /delete_me`,
    working: html`Удаляем…`,
    begun: html`Данных много. Имя уже удалено, остальное исчезнет само за несколько минут.`,
    done: html`Готово: ваши данные удалены.`,
  },
}

/** Texts about codes, invitations and bonus runs, payments, the statement, and the deletion of personal data. */
export type Gifts = typeof giftsRu
