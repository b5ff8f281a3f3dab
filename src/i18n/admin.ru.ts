import { formatKop } from '../money.ts'
import { clip, type Html, html } from '../telegram/html.ts'
import type {
  AlarmFacts,
  AlarmName,
  ChangeFacts,
  DayFacts,
  Field,
  ParkedFacts,
  PaymentFacts,
  PersonFacts,
  RequestFacts,
  RunFacts,
  StoodRun,
  StuckFacts,
  SystemFacts,
  WebhookLost,
} from './admin.ts'
import { dateText, durationText, lines } from './format.ts'

const amount = (kop: number) => formatKop(kop, 'ru')
const date = (at: Date) => dateText(at, 'ru')

const alarms: Record<AlarmName, [what: string, how: string]> = {
  books_disagree: [
    'Книги не сходятся',
    'Целиком: npm run audit. Новые запуски идут; до разбора ничего не правьте руками.',
  ],
  audit_late: [
    'Книги давно не проверялись',
    'Проверка идёт каждый час. Посмотрите журнал: «a job failed», queue audit.',
  ],
  runs_overdue: [
    'Есть запуски, которым давно пора кончиться',
    'Деньги людей отложены. Откройте /admin → «⏳ Застряло».',
  ],
  updates_wait: ['Сообщения людей ждут больше минуты', 'Проверьте, что работники запущены, и нагрузку базы.'],
  updates_aside: [
    'Сообщение человека дважды остановило процесс и отложено',
    'Человеку сказано. Что это было: docs/operations/runbook.md, updates_aside.',
  ],
  messages_wait: [
    'Ответы людям ждут отправки больше пяти минут',
    'Telegram не принимает или просит подождать: смотрите журнал.',
  ],
  refunds_wait: [
    'Возврат звёзд больше часа не доходит до Telegram',
    'С баланса уже снято. Смотрите журнал: «a refund».',
  ],
  payments_unread: [
    'Список платежей Telegram больше 15 минут не прочитан до конца',
    'Платежи могут быть не зачислены. Смотрите журнал: queue reconcile; docs/operations/runbook.md, payments_unread.',
  ],
  payments_parked: ['Есть платёж, который не совпал со счётом', 'Решите его: /parked'],
  credit_low: [
    'Кредиты у провайдера кончаются',
    'Их меньше, чем ушло за сутки. Пополните, иначе запуски будут отменяться с возвратом.',
  ],
  credit_unknown: [
    'Неизвестно, сколько кредитов осталось у провайдера',
    'Он не отвечает на вопрос о балансе: кредиты могут кончиться незаметно. Посмотрите в его кабинете; npm run doctor.',
  ],
  account_refused: [
    'Провайдер отказывает нашему счёту, запуски приостановлены',
    'Проверьте ключ (KIE_API_KEY) и кредиты. Начатое идёт до конца, принятое ждёт 10 минут. Продажи откроются сами, когда провайдер примет заказ.',
  ],
  webhook_fails: ['Telegram не может доставить нам сообщения', 'npm run doctor скажет почему.'],
  webhook_lost: [
    'Вебхук бота кто-то убрал или изменил',
    'Сообщения людей к нам не шли. Кто это сделал: docs/operations/runbook.md, webhook_lost.',
  ],
  webhook_fought: [
    'За бота борются две установки',
    'Сообщения людей идут не к нам. Остановите лишнюю: docs/operations/runbook.md, webhook_fought.',
  ],
}

const oldest = (isAny: boolean, label: Html, age: Html): [Html, Html][] => (isAny ? [[label, age]] : [])

export const adminRu = {
  // Top-up by bank transfer
  transfer: {
    button: '🏦 Переводом',
    ask: (minKop: number, maxKop: number) =>
      html`🏦 <b>Пополнение переводом</b>\nСколько переведёте? Пришлите сумму от ${amount(minKop)} до ${amount(maxKop)}.`,
    wrong: (minKop: number, maxKop: number) =>
      html`Нужна сумма от ${amount(minKop)} до ${amount(maxKop)}, например 500.`,
    details: (id: string, kop: number, details: string) => html`🏦 <b>Перевод на ${amount(kop)}</b>
${details}

Заявка № <code>${id}</code>: укажите её в сообщении к переводу.
После перевода пришлите сюда чек: фото или PDF.`,
    needProof: html`Нужен чек: фото или PDF. Передумали? /cancel`,
    waiting: (id: string, kop: number) =>
      html`Заявка № <code>${id}</code> на ${amount(kop)} у администратора. Деньги появятся после проверки.`,
    nobody: html`Сейчас некому проверить заявку, но она не потеряется. Вопросы: /paysupport`,
    proofUsed: html`Этот файл уже был в другой заявке. Пришлите чек этого перевода.`,
    oneWaits: html`Одна ваша заявка уже у администратора. Дождитесь ответа, потом пришлите этот чек ещё раз.`,
    notOpen: html`Эта заявка уже закрыта. Начните заново: /topup`,
    denied: (id: string, reason: string) => html`Заявка № <code>${id}</code> отклонена: ${reason}`,
  },

  admin: {
    homeButton: '🛠 Админ',
    refreshButton: '🔄 Обновить',
    failuresButton: '❗️ Неудачи',
    parkedButton: '🅿️ Отложенные',
    requestsButton: '📨 Заявки',
    versionButton: 'ℹ️ Версия',
    personButton: '👤 Карточка',

    // Overview
    dayTop: (alarms: Html[], requests: number, now: Date) =>
      lines(
        html`🛠 <b>Сегодня</b> · ${date(now)}`,
        ...(alarms.length > 0 ? alarms : [html`✅ Тревог нет.`]),
        requests > 0 && html`📨 Заявок на пополнение: ${requests}`,
      ),
    dayRows: (d: DayFacts): [Html, Html][] => [
      [html`Запуски`, html`${d.runs}`],
      [html`успешно`, html`${percent(d)}`],
      [html`неудачи`, html`${d.failed}`],
      [html`Выручка`, html`${amount(d.revenueKop)}`],
      [html`провайдеру`, html`${amount(d.costKop)}`],
      [html`остаётся`, html`${amount(d.revenueKop - d.costKop)}`],
      [html`Пополнения (${d.topUps})`, html`${amount(d.topUpKop)}`],
      ...(d.plans > 0 ? [[html`Планы (${d.plans})`, html`⭐ ${d.planStars} в месяц`] as [Html, Html]] : []),
      [html`В работе`, html`${d.open}`],
      [html`отложено`, html`${amount(d.heldKop)}`],
      ...oldest(d.open > 0, html`самый старый`, html`${durationText(d.oldestOpenS * 1000, 'ru')}`),
    ],
    dayFind: html`Найти: <code>/find</code> и id, @имя, запуск, задача или платёж.`,
    day: (d: DayFacts, top: Html, find: Html) =>
      lines(
        top,
        html`\nЗапусков: ${d.runs} · успешно ${percent(d)} · неудач ${d.failed}`,
        html`Выручка: ${amount(d.revenueKop)} · провайдеру ${amount(d.costKop)} · остаётся ${amount(d.revenueKop - d.costKop)}`,
        html`Пополнений: ${d.topUps} на ${amount(d.topUpKop)}`,
        d.plans > 0 && html`Планов: ${d.plans} на ⭐ ${d.planStars} в месяц`,
        html`В работе: ${d.open} · отложено ${amount(d.heldKop)}${d.open > 0 ? ` · самому старому ${durationText(d.oldestOpenS * 1000, 'ru')}` : ''}`,
        html`\n${find}`,
      ),
    alarms: (a: AlarmFacts): Html[] => [
      ...(a.lookedS === undefined ? [html`⚠️ Тревоги ещё ни разу не проверялись: работник не запущен?`] : []),
      ...(a.lookedS !== undefined && a.isSilent
        ? [html`⚠️ Тревоги не проверялись ${durationText(a.lookedS * 1000, 'ru')}: показано то, что было тогда.`]
        : []),
      ...a.on.map(({ name, ageS }) => html`🔴 ${alarmTitle(name)} · уже ${durationText(ageS * 1000, 'ru')}`),
      ...(a.broken === undefined ? [html`⚠️ Обещания не проверены: база не ответила вовремя.`] : []),
      ...(a.broken ?? []).map(({ promise, key }) => html`🔴 Нарушено: ${promise} · <code>${key}</code>`),
      ...alarm(a.parkedPayments, (n: number) => html`⚠️ Отложенных платежей: ${n}`),
      ...alarm(a.openReversals, (n: number) => html`⚠️ Возвратов ждут ответа Telegram: ${n}`),
      ...alarm(a.overdue, (n: number) => html`⚠️ Запусков после срока: ${n}`),
      ...alarm(a.deadOutbox, (n: number) => html`⚠️ Не доставлено за сутки: ${n}`),
      ...alarm(a.inboxParked, (n: number) => html`⚠️ Необработанных обновлений: ${n}`),
    ],

    // Stuck runs
    stuckButton: '⏳ Застряло',
    stuckTitle: (n: number) => (n > 0 ? html`⏳ <b>Застряло: ${n}</b>` : html`⏳ Ничего не застряло.`),
    stuck: (n: number, s: StuckFacts) =>
      html`\n${n}. <code>${s.id}</code> · ${s.modelId} · ${s.userId}\n${stuckNames[s.trouble]} · ${durationText(s.ageS * 1000, 'ru')} · ${s.money} · срок ${date(s.deadlineAt)}${s.provider === undefined ? '' : `\nУ провайдера: ${s.provider}`}`,
    captureButton: '✅ Засчитать',
    settleButton: '⚖️ Решить по ответу или сроку',
    giveBackButton: '↩️ Вернуть деньги вручную',
    askAgainButton: '🔄 Спросить ещё раз',
    lookAtAllButton: '🔄 Проверить все',
    allAsked: (n: number) => `Проверяем: ${n}`,
    giveBackReason: 'застряло, возвращено вручную',
    sureGiveBackButton: '⚠️ Да, вернуть',
    unsure: (run: StoodRun, reason: string) =>
      lines(
        html`⚠️ <b>Вернуть деньги за запуск?</b>`,
        standing(run),
        html`${reason}`,
        html`Результат, если он ещё придёт, человек не получит. Проверьте и подтвердите снова.`,
      ),
    settleAsked: 'Смотрим ещё раз…',

    alarm: (name: AlarmName) => html`🔴 <b>${alarms[name][0]}</b>\n${alarms[name][1]}`,
    accountRefused: (cause: 'auth' | 'no_credit') =>
      html`🔴 <b>${alarms.account_refused[0]}</b>\n${cause === 'auth' ? 'Ключ не принят.' : 'Не хватает кредитов или исчерпан предел ключа.'} ${alarms.account_refused[1]}`,
    alarmOver: (name: AlarmName) => html`🟢 Прошло: ${alarms[name][0]}`,
    webhookLost: (found: WebhookLost, theirs: string, isSetAgain: boolean) =>
      lines(
        html`🔴 <b>${alarms.webhook_lost[0]}</b>`,
        found === 'gone' && html`Его удалили.`,
        found === 'differs' && html`Изменён список того, что Telegram нам присылает.`,
        found === 'taken' && html`На его месте стоял чужой адрес: ${theirs}`,
        isSetAgain
          ? html`Поставили заново: то, что ждало у Telegram, придёт.`
          : html`Поставить заново пока не удалось, попробуем через минуту.`,
      ),
    webhookFought: (ours: string, theirs: string) =>
      lines(
        html`🔴 <b>${alarms.webhook_fought[0]}</b>`,
        html`Наш адрес: ${ours}`,
        html`Чужой вернулся на его место: ${theirs}`,
        html`Больше его не меняем, и сообщения людей идут туда. Остановите лишнюю установку или выпустите новый токен в BotFather, потом перезапустите эту.`,
      ),
    booksDisagree: (problems: string[], total: number) =>
      lines(
        html`🔴 <b>Книги не сходятся: ${total}</b>`,
        ...problems.map(problem => html`• ${clip(problem, 200)}`),
        html`Целиком: npm run audit`,
      ),

    // A run
    findAsk: html`Что найти? <code>/find 123456</code>, <code>/find @имя</code>, <code>/find запуск</code>, задача или платёж.`,
    foundNothing: (text: string) => html`Ничего не нашлось: <code>${clip(text, 60)}</code>`,
    run: (r: RunFacts, timeline: Html) =>
      lines(
        timeline,
        html`\nЗапуск <code>${r.id}</code> · человек <code>${r.userId}</code>`,
        html`${r.modelId} · ${r.state} · попыток ${r.attempt}`,
        html`${r.money}`,
        r.provider !== undefined && html`У провайдера: ${r.provider}`,
        r.taskId !== null && html`Задача <code>${r.taskId}</code>`,
        r.error !== undefined && html`Ошибка: ${r.error}`,
        html`Заполнено: ${r.inputs.join(', ') || '—'}`,
        r.delivery && html`Доставка: ${deliveryText(r.delivery)}`,
      ),
    promptButton: '👁 Что введено',
    prompt: (id: string, text: string) => html`Запуск <code>${id}</code>, введено:\n<pre>${text}</pre>`,

    runButton: '🔎 Запуск',
    taskButton: '☁️ Что у провайдера',
    taskAsked: 'Спрашиваем провайдера…',
    /** The upstream was not asked: the run has no task. */
    notAsked: {
      unsent: 'ещё не спрашивали: запуск не отправлен',
      unanswered: 'ещё не спрашивали: на отправку ответа нет, есть ли задача, неизвестно',
      never: 'не спрашивали: номера задачи у запуска не было',
    },
    /** Asked: there is no such task, or no answer to be had. */
    asked: {
      notFound: 'спросили: такой задачи у него нет',
      unclear: (why: string) => `спросить не удалось: ${why}`,
    },
    /** `ours` decides the result and the money; `theirs`: the answer of the upstream now, or why it was not asked. */
    task: (id: string, ours: string, theirs: string, isAsked: boolean) =>
      lines(
        html`Запуск <code>${id}</code>`,
        html`У нас: <b>${ours}</b>. По этому решены результат и деньги.`,
        isAsked ? html`У провайдера сейчас: <code>${clip(theirs, 1_000)}</code>` : html`У провайдера: ${theirs}`,
      ),

    // A person
    person: (p: PersonFacts) =>
      lines(
        html`👤 <b>${p.name}</b> · <code>${p.id}</code>`,
        p.bannedAt !== null && html`🚫 Доступ закрыт ${date(p.bannedAt)}`,
        !p.isReachable && html`Бот заблокирован у человека.`,
        html`Язык: ${p.language} · пришёл ${date(p.since)} · был ${date(p.seen)}`,
        html`Баланс: <b>${amount(p.balanceKop)}</b> · в работе ${amount(p.heldKop)} · долг ${amount(p.debtKop)}`,
        html`Запусков: ${p.stats.total} · удались ${p.stats.success} · неудач ${p.stats.failed + p.stats.timeout} · возвратов ${p.returned}`,
        html`Потрачено: ${amount(p.stats.spentKop)}`,
        html`Бонусов: ${amount(p.bonusKop)} · бонусных запусков ${p.bonusRuns}`,
        html`Поделился: ${p.shares} · пришло по ссылке ${p.cameByLink}, через «Поделиться» ${p.cameByShare}`,
        p.plan &&
          html`План: ⭐ ${p.plan.stars} в месяц, оплачено месяцев ${p.plan.months}, до ${date(p.plan.until)} · ${planStates[p.plan.state] ?? p.plan.state}`,
      ),
    payments: html`\n<b>Платежи</b>`,
    payment: (p: PaymentFacts) =>
      html`${date(p.at)} · ${p.stars === undefined ? p.provider : `⭐ ${p.stars}`} → ${amount(p.amountKop)}${p.reversal === null ? '' : ` · ${reversals[p.reversal] ?? p.reversal}`}\n<code>${p.chargeId}</code>`,
    audit: html`\n<b>Журнал</b>`,
    auditLine: (at: Date, adminId: number, kind: string, kop: number | null, outcome: string | null, reason: string) =>
      html`${date(at)} · ${adminId} · ${kindNames[kind] ?? kind}${kop === null ? '' : ` ${amount(kop)}`}${outcome === 'not_enough' ? ' (не хватило)' : ''} · ${clip(reason, 80)}`,
    actions: {
      credit: '➕ Начислить',
      take: '➖ Списать',
      ban: '🚫 Закрыть доступ',
      unban: '✅ Открыть доступ',
      message: '✉️ Написать',
    },

    // Commands that change something
    form: (kind: string) => html`<b>${kindNames[kind] ?? kind}</b>`,
    copy: html`Скопируйте, впишите своё и отправьте:`,
    fields: {
      user: 'ID',
      amount: 'СУММА',
      charge: 'ПЛАТЁЖ',
      parked: 'ПЛАТЁЖ',
      order: 'ЗАЯВКА',
      code: 'КОД',
      uses: 'ЧЕЛОВЕК',
      until: 'ДД.ММ.ГГГГ',
      run: 'ЗАПУСК',
      reason: 'ПРИЧИНА',
      text: 'ТЕКСТ',
    } satisfies Record<Field, string>,
    wrong: {
      user: html`Не вижу id человека: только цифры.`,
      amount: html`Сумма не подходит. Нужны рубли от 0,01 до 1 000 000, например 100, 100,50 или 1 000.`,
      charge: html`Такого платежа нет.`,
      parked: html`Среди отложенных такого платежа нет.`,
      order: html`Такой заявки нет.`,
      code: html`Код — от 4 до 32 латинских букв и цифр, или «-», чтобы придумать его.`,
      uses: html`Сколько человек смогут его взять: от 1 до 100000.`,
      until: html`Нужен день, до конца которого код действует, например 31.12.2026. Он должен быть впереди.`,
      run: html`Такого запуска нет. Нужен его id целиком, 12 знаков.`,
      reason: html`Нужна причина: от 5 до 500 знаков.`,
      text: html`Нужен текст: от 5 до 500 знаков. Он придёт человеку как есть.`,
    } satisfies Record<Field, Html>,
    confirm: (c: ChangeFacts) =>
      lines(
        html`<b>${kindNames[c.kind] ?? c.kind}</b>${c.amountKop === null ? '' : `: ${amount(c.amountKop)}`}`,
        c.person && html`${c.person.name} · <code>${c.person.id}</code> · на балансе ${amount(c.person.balanceKop)}`,
        c.subject !== null && html`<code>${c.subject}</code>`,
        c.promo && html`На ${c.promo.uses} человек · до ${date(c.promo.until)}`,
        c.run && standing(c.run),
        html`${c.kind === 'message' ? 'Текст' : 'Причина'}: ${c.reason}`,
        c.isCard &&
          html`⚠️ Платёж картой: Telegram его не вернёт. Сначала сделайте возврат в кабинете провайдера; здесь сумма снимется с баланса.`,
        html`\nПодтвердите в течение 10 минут.`,
      ),
    copyCodeButton: '📋 Скопировать код',
    yesButton: '✅ Подтвердить',
    noButton: '✖️ Отменить',
    large: (kop: number, reason: string) =>
      html`⚠️ <b>Большая сумма: ${amount(kop)}</b>\n${reason}\nПроверьте её ещё раз и подтвердите снова.`,
    sureButton: '⚠️ Да, всё верно',
    dropped: html`Отменено, ничего не изменилось.`,
    actionOutdated: html`Этот экран устарел, ничего не изменилось. Отправьте команду ещё раз.`,
    outcome: {
      credited: html`✅ Начислено.`,
      taken: html`✅ Списано.`,
      not_enough: html`Не списано: на балансе меньше.`,
      banned: html`✅ Доступ закрыт.`,
      unbanned: html`✅ Доступ открыт.`,
      written: html`✅ Готово.`,
      reversed: html`✅ С баланса снято.`,
      duplicate: html`Этот платёж уже возвращают или вернули.`,
      unknown: html`Такого платежа у этого человека нет.`,
      approved: html`✅ Зачислено.`,
      denied: html`✅ Заявка отклонена.`,
      already_decided: html`Уже решено.`,
      parked_credited: html`✅ Зачислено.`,
      parked_refunded: html`✅ Звёзды возвращены.`,
      parked_closed: html`✅ Закрыто.`,
      charge_known: html`Этот платёж уже зачислен. Вернуть его: /refund`,
      no_person: html`Такого человека здесь нет.`,
      is_admin: html`Администратору доступ не закрывают: сначала уберите его из ADMIN_IDS.`,
      stars_only: html`Отсюда возвращаются только звёзды.`,
      promo_added: html`✅ Промокод создан.`,
      promo_stopped: html`✅ Промокод остановлен.`,
      given_back: html`✅ Возвращено: деньги или запуск снова у человека.`,
      run_over: html`Этот запуск уже закончился, возвращать нечего.`,
      run_running: html`Запуск ещё идёт: его деньги решит его конец. Пока он не застрял, вернуть или начислить за него нельзя.`,
      no_run: html`Такого запуска у этого человека нет.`,
      code_taken: html`Такой код уже есть.`,
      dropped: html`Отменено раньше.`,
    } as Record<string, Html>,
    /** A code that was made: as people send it. */
    promoCode: (code: string, kop: number) => html`<code>/promo ${code}</code> · ${amount(kop)}`,
    promoStopped: (code: string) => html`<code>${code}</code>`,
    balanceNow: (kop: number, debtKop: number) =>
      html`На балансе ${amount(kop)}${debtKop > 0 ? `, долг ${amount(debtKop)}` : ''}.`,
    reversal: {
      done: html`Звёзды возвращены.`,
      refused: html`Telegram отказал: снятое возвращено на баланс.`,
      asked: html`Telegram ещё не ответил: возврат завершится сам, в течение 10\u00a0минут.`,
    } as Record<string, Html>,
    cardBack: html`Деньги на карту возвращает провайдер: сделайте возврат в его кабинете.`,
    starsRefused: html`Telegram отказал в возврате. Ничего не изменилось.`,
    told: html`Человеку сообщено.`,
    notTold: html`Человеку сообщить не удалось.`,
    /** Texts for the person. */
    tell: {
      credited: (kop: number, balanceKop: number, reason: string) =>
        html`✅ Начислено ${amount(kop)}: ${reason}\nНа балансе ${amount(balanceKop)}.`,
      taken: (kop: number, balanceKop: number, reason: string) =>
        html`Списано ${amount(kop)}: ${reason}\nНа балансе ${amount(balanceKop)}. Вопросы: /paysupport`,
      banned: (reason: string) => html`Доступ закрыт: ${reason}\nВопросы: /paysupport`,
      unbanned: (reason: string) => html`Доступ снова открыт: ${reason}`,
      starsBack: (reason: string) => html`Платёж возвращён: ${reason}`,
    },

    // Transfer requests
    requests: (n: number) => (n > 0 ? html`📨 <b>Заявки на пополнение</b>` : html`Заявок нет.`),
    requestRow: (at: Date, kop: number, userId: number) => `${date(at)} · ${amount(kop)} · ${userId}`,
    request: (r: RequestFacts) =>
      lines(
        html`📨 Заявка <code>${r.id}</code> · <b>${amount(r.amountKop)}</b> · ${date(r.at)}`,
        html`${r.name} · <code>${r.userId}</code>`,
        html`Раньше: зачислено ${r.paidBefore}, отклонено ${r.deniedBefore}.`,
      ),
    approveButton: (kop: number) => `✅ Зачислить ${amount(kop)}`,
    otherAmountButton: '✏️ Другая сумма',
    denyButton: '✖️ Отклонить',
    approveReason: 'чек проверен, деньги пришли',
    alreadyDecided: 'Уже решено',

    // Parked payments
    parked: (n: number) => (n > 0 ? html`🅿️ <b>Отложенные платежи</b>` : html`Отложенных платежей нет.`),
    parkedLine: (p: ParkedFacts) =>
      html`\n${date(p.at)} · ${p.currency === 'XTR' ? '⭐' : p.currency} ${p.total} · человек <code>${p.userId}</code> · ${parkedReasons[p.reason] ?? p.reason}
счёт: <code>${clip(p.payload, 40)}</code>
<code>${p.chargeId}</code>`,
    parkedHow: html`\nЧто с ними сделать:`,

    // Promo codes
    promos: (n: number) => (n > 0 ? html`🏷 <b>Промокоды</b>` : html`Промокодов ещё нет.`),
    promo: (code: string, kop: number, used: number, uses: number, until: Date, isOver: boolean) =>
      html`${isOver ? '✖️' : '🟢'} <code>${code}</code> · ${amount(kop)} · взяли ${used} из ${uses} · до ${date(until)}`,

    // Version
    version: (s: SystemFacts) =>
      lines(
        html`<b>Версия ${s.version}</b> · <code>${s.commit}</code>`,
        html`Работает ${durationText(s.uptimeMs, 'ru')} · @${s.bot}`,
        s.webhook === undefined
          ? html`Вебхук: неизвестно, Telegram не ответил`
          : html`Вебхук: ${s.webhook || 'нет, длинный опрос'} · у Telegram ждёт ${s.pending}`,
        s.lastError !== undefined && html`Последняя ошибка вебхука: ${s.lastError}`,
        html`Очередь: обновлений ${s.inbox}, сообщений ${s.outbox}, запусков ${s.open}${s.open > 0 ? ` (старшему ${durationText(s.oldestOpenMs, 'ru')})` : ''}`,
      ),
  },

  // Failures
  failuresTitle: (n: number) => html`<b>Последние неудачи: ${String(n)}</b>`,
  failuresNone: html`Неудач не было.`,
  adminCommands: {
    admin: 'Сегодня и тревоги',
    admin_errors: 'Последние неудачи',
    admin_models: 'Модели',
    find: 'Найти человека, запуск, платёж',
    parked: 'Отложенные платежи',
    requests: 'Заявки на пополнение',
    admin_promo: 'Промокоды',
    version: 'Версия и очереди',
  },
}

const alarmTitle = (name: string) => (name in alarms ? alarms[name as AlarmName][0] : name)
const alarm = (n: number, text: (n: number) => Html) => (n > 0 ? [text(n)] : [])
const percent = ({ succeeded, failed }: DayFacts) =>
  succeeded + failed > 0 ? `${Math.round((succeeded / (succeeded + failed)) * 100)}\u00a0%` : '—'
const deliveryText = ({ attempts, doneAt, deadReason }: NonNullable<RunFacts['delivery']>) =>
  deadReason !== null
    ? `не доставлено (${deadReason}), попыток ${attempts}`
    : doneAt === null
      ? `ждёт, попыток ${attempts}`
      : `${date(doneAt)}, попыток ${attempts}`
const standing = ({ state, money, provider }: StoodRun) =>
  lines(html`${state} · ${money}`, provider !== undefined && html`У провайдера: ${provider}`)
const stuckNames = { overdue: 'срок прошёл', unanswered: 'на отправку нет ответа', untold: 'не доставлено' }
const planStates: Record<string, string> = {
  active: 'продлевается',
  failed: 'не оплачен',
  canceled: 'отменён человеком',
  stopping: 'останавливается',
  stopped: 'остановлен ботом',
}
const reversals: Record<string, string> = { asked: 'возвращается', done: 'возвращён', refused: 'Telegram отказал' }
const parkedReasons: Record<string, string> = {
  unknown_order: 'счёта нет',
  foreign_order: 'чужой счёт',
  wrong_amount: 'не та сумма',
  charge_reused: 'платёж уже был',
}
const kindNames: Record<string, string> = {
  credit: 'Начислить',
  take: 'Списать',
  ban: 'Закрыть доступ',
  unban: 'Открыть доступ',
  message: 'Написать',
  refund: 'Вернуть платёж',
  approve: 'Зачислить по заявке',
  deny: 'Отклонить заявку',
  parked_credit: 'Зачислить отложенный платёж',
  parked_refund: 'Вернуть отложенный платёж',
  parked_close: 'Закрыть отложенный платёж',
  promo_add: 'Создать промокод',
  promo_stop: 'Остановить промокод',
  give_back: 'Вернуть деньги за запуск',
  prompt: 'Просмотр введённого',
}

/** The words of the admins' screens, and of a transfer that an admin decides about. */
export type AdminWords = typeof adminRu
