import { formatKop } from '../money.ts'
import { type Html, html } from '../telegram/html.ts'
import {
  dateText,
  durationText,
  leftText,
  lines,
  numberText,
  pluralRu,
  priceLine,
  priceText,
  quotaText,
  secondText,
  timeText,
  zonedDate,
  zonedTime,
} from './format.ts'
import type {
  Ask,
  BoardState,
  Excerpt,
  Failure,
  ForeignFile,
  Media,
  QuoteFacts,
  ResultFacts,
  SaveAs,
  TimelineStep,
  Unfit,
  Usual,
} from './ordering.ts'

const amount = (kop: number) => formatKop(kop, 'ru')
const price = (kop: number) => priceText(kop, 'ru')
const time = (at: Date) => zonedTime(at, 'ru')
// «Завтра» of Moscow may be today elsewhere, so it is part of what the reader's own time replaces.
const again = ({ at, isTomorrow }: { at: Date; isTomorrow: boolean }): Html =>
  isTomorrow ? zonedDate(at, 'ru', `завтра в ${timeText(at, 'ru')}`) : html`в ${time(at)}`
const number = (n: number) => numberText(n, 'ru')
const signs = (n: number) => `${number(n)} ${pluralRu(n, 'знака', 'знаков', 'знаков')}`
/** « (1 240 знаков)» beside a text that was cut. */
const inAll = (of: number | undefined) => (of === undefined ? '' : ` (${signs(of)})`)
const list = (names: string[]) =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} или ${names.at(-1)}`
const media: Record<Media, string> = { image: 'фото', video: 'видео', audio: 'звук' }
const kinds = (names: Media[]) => list(names.map(name => media[name]))
const range = (min: number | undefined, max: number | undefined) =>
  `${min === undefined ? '' : ` от ${number(min)}`}${max === undefined ? '' : ` до ${number(max)}`}`
const quoted = (names: string[]) => list(names.map(name => `«${name}»`))
const things: Record<Media, string> = { image: 'картинку', video: 'видео', audio: 'звук' }
const sizes: Record<Media, [small: string, large: string]> = {
  image: ['Фото слишком маленькое', 'Фото слишком большое'],
  video: ['Видео слишком маленькое', 'Видео слишком большое'],
  audio: ['Файл слишком маленький', 'Файл слишком большой'],
}
/** «9 с», «3 тыс. знаков». */
const billedText = ({ unit, quantity }: { unit: string; quantity: number }): string =>
  unit === 'second' ? `${numberText(quantity, 'ru')}\u00a0с` : `${numberText(quantity, 'ru')}\u00a0тыс. знаков`
const named = ({ label, text }: { label: string; text: string }) => `${label}: ${text}`

export const orderingRu = {
  wizard: {
    // Checklist, question
    checklist: (name: string, needs: string[]) =>
      lines(html`<b>${name}</b>. Понадобится:`, ...needs.map((need, index) => html`${index + 1}. ${need}`)),
    need: (label: string, ask: Ask): string => {
      switch (ask.kind) {
        case 'text':
          return ask.most === undefined ? label : `${label} — до ${signs(ask.most)}`
        case 'link':
          return `${label} — ссылка`
        case 'options':
          return ask.names.length > 5 ? `${label}: на выбор ${ask.names.length}` : `${label}: ${list(ask.names)}`
        case 'yes_no':
          return `${label}: да или нет`
        case 'number':
          return `${label}:${ask.unit ? '' : ' число'}${range(ask.min, ask.max)}${ask.unit && `\u00a0${ask.unit}`}`
        case 'files':
          return `${label} — файл или ссылка${ask.most > 1 ? `, до ${ask.most}` : ''}`
        case 'earlier':
          return `${label} — выберете из списка`
        case 'either':
          return list(ask.labels)
      }
    },
    only: (name: string, label: string) => html`<b>${name}</b> · ${label}`,
    step: (n: number, of: number, label: string) => html`Шаг ${n} из ${of} · <b>${label}</b>`,
    field: (name: string, label: string) => html`${name} · <b>${label}</b>`,
    ask: (ask: Ask): Html => {
      switch (ask.kind) {
        case 'text':
          return lines(
            ask.most === undefined ? html`Пришлите текст.` : html`Пришлите текст, до ${signs(ask.most)}.`,
            ask.example !== undefined && html`Например: <i>${ask.example}</i>`,
          )
        case 'link':
          return ask.example === undefined ? html`Пришлите ссылку.` : html`Пришлите ссылку, например: ${ask.example}`
        case 'options':
          return html`Выберите кнопкой или напишите.`
        case 'yes_no':
          return html`Да или нет?`
        case 'number':
          return ask.min === undefined || ask.max === undefined
            ? html`Пришлите число${range(ask.min, ask.max)}.`
            : html`Выберите или пришлите число${range(ask.min, ask.max)}.`
        case 'files':
          return ask.most > 1
            ? html`Пришлите ${kinds(ask.media)}: до ${ask.most} файлов по ${ask.megabytes} МБ, по одному или альбомом, или ссылки https.`
            : html`Пришлите ${kinds(ask.media)} до ${ask.megabytes} МБ${ask.seconds === undefined ? '' : `, не длиннее ${ask.seconds} с,`} или ссылку https.`
        case 'earlier':
          return html`Выберите, с чем работать. Подойдёт сделанное моделью ${quoted(ask.models)}.`
        case 'either':
          return html`Из чего делать? Выберите одно.`
      }
    },
    /** Until a file is there its price may only be known at most. */
    soFar: (kop: number, isCertain: boolean) => html`Сейчас: ${isCertain ? '' : 'до '}${price(kop)}`,
    minSide: (px: number) => html`Не меньше ${number(px)} точек по каждой стороне.`,
    chosen: (text: string) => html`Выбрано: ${text}`,
    /** A tap copies the text, to be changed and sent. */
    chosenText: ({ text, of }: Excerpt) =>
      lines(html`Выбрано${inAll(of)}: <code>${text}</code>`, html`Можно взять как есть или прислать свой текст.`),
    templateButton: (name: string) => `💡 ${name}`,
    improveButton: '✨ Улучшить запрос',
    improveAsk: html`Пришлите текст. Покажу его рядом с улучшенным, а вы выберете.`,
    improveBoth: (own: Excerpt, better: Excerpt) =>
      lines(
        html`<b>Ваш</b>${inAll(own.of)}:`,
        html`${own.text}`,
        html``,
        html`<b>Улучшенный</b>${inAll(better.of)}:`,
        html`${better.text}`,
        html``,
        html`Выберите кнопкой или пришлите другой текст.`,
      ),
    improveNothing: (own: Excerpt) =>
      lines(html`<b>Ваш</b>${inAll(own.of)}:`, html`${own.text}`, html``, html`Здесь уже всё есть, добавить нечего.`),
    takeBetterButton: '✨ Взять улучшенный',
    takeOwnButton: 'Оставить мой',
    accepted: (n: number, of: number) => html`Принято ${n} из ${of}`,
    closed: (names: string[], why: string) => html`Недоступно: ${names.join(', ')}. ${why}.`,
    extrasButton: '⚙️ Дополнительно',
    cancelButton: '✖️ Отмена',
    skipButton: 'Пропустить',
    usualButton: (text: string) => `По умолчанию: ${text}`,
    hearButton: '🎧 Послушать',
    chooseButton: 'Выбрать без прослушивания',
    hearing: html`🎧 Нажмите на голос, и я пришлю запись. Кнопка «Выбрать этот голос» — под ней.`,
    recordingButton: (name: string) => `🎧 ${name}`,
    fetchingSample: 'Сейчас пришлю запись…',
    takeSampleButton: '✅ Выбрать этот голос',
    noSample: (name: string) =>
      lines(
        html`Запись голоса «${name}» сейчас недоступна.`,
        html`Можно выбрать его и так, послушать другой или попробовать ещё раз позже.`,
      ),
    doneButton: 'Готово',
    clearButton: 'Очистить',
    keepButton: 'Оставить как есть',
    emptyButton: 'Не задавать',
    yes: 'Да',
    no: 'Нет',
    seconds: 'с',
    none: 'не задано',
    files: (n: number) => `${n} ${pluralRu(n, 'файл', 'файла', 'файлов')}`,
    earlier: (about: string[], short: string) => [...about, `№ ${short}`].join(' · '),
    number: (short: string) => `№ ${short}`,

    // Extras
    extras: (name: string) => html`<b>${name}</b>\nЧто изменить?`,
    fieldButton: (label: string, text: string) => `${label}: ${text}`,
    pressField: html`Нажмите на поле, которое хотите изменить, или «Готово».`,

    unfinished: (name: string) => html`У вас есть незаконченный заказ: <b>${name}</b>.`,
    resumeButton: 'Продолжить',
    anewButton: 'Начать новый',
    passed: 'Этот шаг уже пройден',
    changed: html`Настройки модели изменились. Проверьте ответы, пожалуйста.`,
    noEarlier: (names: string[], what: Media) =>
      html`Сначала создайте ${things[what]} моделью ${quoted(names)}: выбирать пока не из чего.`,
    noSuchOption: (said: string, similar: string[]) =>
      similar.length === 0
        ? html`Варианта «${said}» нет. Выберите, пожалуйста, кнопкой.`
        : html`«${said}» — это не один вариант: ${similar.join('; ')}. Напишите точнее или выберите кнопкой.`,

    // Why an answer is invalid, and what is needed.
    needed: (ask: Ask): Html => {
      switch (ask.kind) {
        case 'text':
          return html`Здесь нужен текст.`
        case 'link':
          return html`Здесь нужна ссылка.`
        case 'number':
          return html`Нужно число${range(ask.min, ask.max)}, обычными цифрами.`
        case 'files':
          return html`Здесь подойдёт только ${kinds(ask.media)}: файл или ссылка https.`
        case 'yes_no':
          return html`Ответьте «Да» или «Нет».`
        default:
          return html`Выберите, пожалуйста, кнопкой.`
      }
    },
    unfit: ({ code, limit, why, ask }: Unfit, over?: number): Html => {
      if (why !== undefined) return html`${why}.`
      const what = ask?.kind === 'files' ? kinds(ask.media) : 'файл'
      switch (code) {
        case 'missing':
          return html`Этот ответ обязателен.`
        case 'too_long':
          return html`Текст длиннее ${signs(Number(limit))}${over === undefined ? '' : ` на ${number(over)}`}. Сократите, пожалуйста.`
        case 'too_short':
          return html`Текст короче ${signs(Number(limit))}. Напишите подробнее, пожалуйста.`
        case 'too_small':
        case 'too_large':
        case 'wrong_type':
          return ask ? orderingRu.wizard.needed(ask) : html`Такой ответ не подходит.`
        case 'step':
          return Number(limit) === 1 ? html`Нужно целое число.` : html`Нужно число с шагом ${number(Number(limit))}.`
        case 'not_in_list':
          return html`Такого варианта нет. Выберите, пожалуйста, кнопкой.`
        case 'pattern':
          return ask?.kind === 'link' && ask.example !== undefined
            ? html`Нужна ссылка вида ${ask.example}`
            : html`Такой ответ не подходит.`
        case 'too_few_files':
          return html`Нужно файлов: ${String(limit)}.`
        case 'too_many_files':
          return html`Можно файлов: ${String(limit)}. Лишние не приняты.`
        case 'file_kind':
          return html`Такой файл модель не примет. Подойдёт ${what}: ${String(limit)}.`
        case 'file_size':
          return html`Нужен файл до ${String(limit)} МБ.`
        case 'file_duration':
          return html`Запись длиннее ${String(limit)} с или её длину не удалось узнать. Пришлите короче.`
        case 'file_dimensions':
          return dimensions(String(limit), ask?.kind === 'files' ? (ask.media[0] ?? 'image') : 'image')
        default:
          return html`Такой ответ не подходит вместе с остальными. Измените его, пожалуйста.`
      }
    },
    /** Why a file or a link was not taken, by the code of the refusal. */
    refused: (code: string): Html => {
      switch (code) {
        case 'too_big':
          return html`Файл больше 20 МБ. Пришлите ссылку или файл поменьше.`
        case 'too_large':
          return html`Файл по ссылке слишком большой. Пришлите поменьше.`
        case 'bad_url':
        case 'private_address':
          return html`Ссылка не подходит. Нужен открытый адрес https с файлом.`
        case 'redirect':
          return html`Ссылка ведёт в другое место. Пришлите прямую ссылку на файл.`
        case 'not_found':
          return html`По ссылке ничего не нашлось. Проверьте её, пожалуйста.`
        case 'not_media':
          return html`Это не похоже на фото, видео или звук. Пришлите другой файл.`
        case 'too_many_waiting':
          return html`Слишком много файлов сразу. Дождитесь, пока загрузятся прежние, и пришлите остальные.`
        case 'wrong_kind':
          return html`Такой файл модель не примет. Подойдёт то, что названо в вопросе.`
        case 'dimensions':
          return html`Размер картинки не подходит. Пришлите другую.`
        case 'auth':
        case 'no_credit':
          return html`Дело не в файле: поставщик моделей временно ничего от нас не принимает. Пришлите его ещё раз через несколько минут.`
        case 'heavy':
          return html`Картинка слишком большая, чтобы её открыть. Уменьшите её и пришлите снова.`
        default:
          return html`Файл не удалось прочитать. Пришлите другой, пожалуйста.`
      }
    },
    /** A format that is not supported, and what to do. */
    foreign: ({ name, what }: ForeignFile, to: SaveAs): Html => {
      switch (what) {
        case 'audio':
          return html`Это ${name}, такой звук бот не принимает. Сохраните его как ${to.audio} и пришлите снова.`
        case 'video':
          return html`Это ${name}, такое видео бот не принимает. Сохраните его как ${to.video} и пришлите снова.`
        case 'image':
          return html`Это ${name}, такую картинку бот не принимает. Сохраните её как ${to.image} и пришлите снова.`
        case 'raw':
          return html`Это ${name}, снимок без обработки. Сохраните его как ${to.image} и пришлите снова.`
        case 'drawing':
          return html`Это ${name}, рисунок из линий. Сохраните его как ${to.drawing} и пришлите снова.`
        case 'document':
          return html`Это ${name}, документ. Сохраните нужную страницу как ${to.image} и пришлите картинкой, а текст — сообщением.`
        case 'archive':
          return html`Это ${name}, архив. Распакуйте его и пришлите сам файл: фото, видео или звук.`
        case 'program':
          return html`Это ${name}, программа. Пришлите фото, видео или звук.`
      }
    },
    foreignHere: (name: string, ask: Ask): Html => html`Это ${name}. ${orderingRu.wizard.needed(ask)}`,
    surplus: html`Лишние файлы альбома не приняты.`,
    unreachable: html`Файл не удалось получить. Пришлите ещё раз, пожалуйста.`,
  },

  quote: {
    // Quote
    screen: (q: QuoteFacts): Html => {
      const left = q.balanceKop - q.priceKop
      return lines(
        html`<b>${q.name}</b>`,
        ...q.lines.map(line => html`${named(line)}`),
        q.choices.length > 0 && html`${q.choices.map(named).join(' · ')}`,
        html``,
        q.freeAgain &&
          html`Бесплатные запуски закончились. Новые: ${again(q.freeAgain)}. Можно сейчас за ${price(q.priceKop)}.`,
        q.wasKop !== undefined && repriced(q.wasKop, q.priceKop),
        q.price.kind === 'free'
          ? html`Цена: <b>${price(0)}</b> · останется ${quotaText({ ...q.price, left: Math.max(0, q.price.left - 1) }, 'ru')} сегодня`
          : html`Цена: <b>${price(q.priceKop)}</b>`,
        q.discount && html`Скидка по плану ${q.discount.percent} %: без неё ${price(q.discount.fullKop)}`,
        q.billed && html`Считается по длине: ${billedText(q.billed)} × ${amount(q.billed.unitKop)}`,
        q.pinned.length > 0 && html`В бесплатном запуске: ${q.pinned.map(named).join(' · ')}`,
        q.price.kind !== 'free' &&
          html`На балансе: ${amount(q.balanceKop)} · останется: <b>${amount(Math.max(0, left))}</b>`,
        html`${q.typical === undefined ? '' : `Обычно готово за ${q.typical}. `}${
          q.price.kind === 'free'
            ? 'Если не получится, бесплатный запуск вернётся.'
            : 'Если не получится, деньги вернутся.'
        }`,
        html`Цена действует до\u00a0${time(q.until)}.`,
      )
    },
    // Not enough money
    short: (priceKop: number, balanceKop: number, wasKop: number | undefined) =>
      lines(
        wasKop !== undefined && repriced(wasKop, priceKop),
        html`Не хватает ${amount(priceKop - balanceKop)}: цена ${price(priceKop)}, можно тратить ${amount(balanceKop)}.`,
        html`Пополните, и заказ продолжится с этого места.`,
      ),
    startButton: (kop: number) => `✅ Запустить за ${price(kop)}`,
    startFreeButton: '✅ Запустить бесплатно',
    changeButton: '✏️ Изменить',
    topUpButton: '➕ Пополнить',
    already: 'Уже запущено',
    alreadyScreen: (short: string) => html`Уже запущено, №\u00a0${short}.`,
    tooMany: (n: number) =>
      html`Сейчас ${pluralRu(n, 'идёт', 'идут', 'идут')} ${n} ${pluralRu(n, 'запуск', 'запуска', 'запусков')}, это предел. Дождитесь одного, пожалуйста.`,
    statusButton: 'Статус',
    runningButton: (name: string, short: string) => `⏳ ${name} · №\u00a0${short}`,
    cancelled: html`Отменено. Деньги не тратились.`,
    closed: html`Эта кнопка больше не запускает: заказ отменён, изменён или заменён другим. Деньги не тратились.`,
    closedTopUp: html`Заказ, который ждал этой оплаты, отменён, изменён или заменён другим. Деньги не тратились.`,
    closedPress: 'Эта цена закрыта',
    noShape: 'Такой формы у модели сейчас нет',
    freshButton: '🔁 Узнать цену заново',
    noPrice: html`Для таких ответов цены нет: что-то слишком длинное или слишком большое. Измените, пожалуйста.`,
    staleFiles: html`Файлы этого заказа уже удалены. Пришлите их ещё раз, пожалуйста.`,
    paused: (name: string, priceKop: number) =>
      lines(
        html`⏸ <b>Запуски временно приостановлены</b>`,
        html`Поставщик моделей сейчас не принимает от нас заказы. Мы уже знаем и разбираемся.`,
        html`${name}: ${priceKop === 0 ? 'бесплатный запуск не потрачен' : `цена ${price(priceKop)}, ничего не списано`}. Заказ сохранён, попробуйте через несколько минут.`,
      ),
    pausedNow: 'Запуски временно приостановлены. Ничего не списано.',
    pausedButton: '🔄 Проверить ещё раз',
  },

  run: {
    // Progress
    /** Why a sent order has no button to cancel it. */
    atWork: 'Отменить уже нельзя: модель работает.',
    held: (kop: number) => (kop === 0 ? 'Запуск бесплатный.' : `${amount(kop)} отложены, не списаны.`),
    queued: (kop: number, usual: Usual | undefined) =>
      lines(html`⏳ Принято. В очереди. ${orderingRu.run.held(kop)}`, usual && orderingRu.run.wait(usual)),
    /** Sent to the model, which has not said yet that it took the order. */
    sent: (usual: Usual | undefined) =>
      lines(html`📤 Заказ отправлен модели, жду её ответа.`, usual && orderingRu.run.wait(usual)),
    /** What takes long has a time of day, and nobody needs to watch it. */
    wait: ({ typical, around }: Usual): Html =>
      around
        ? html`Можно заняться другим: пришлю сюда около\u00a0${time(around)}.`
        : html`Обычно готово за ${typical}.`,
    waitsForProvider: (kop: number, until: Date) =>
      html`⏸ Поставщик моделей временно не принимает от нас заказы. Запуск ждёт до\u00a0${time(until)}; если не начнётся, ${kop === 0 ? 'бесплатный запуск вернётся' : 'деньги вернутся'}. ${orderingRu.run.held(kop)}`,
    /** Names the run: the last line of a message about it. */
    which: (name: string, short: string) => html`${name} · №\u00a0${short}`,
    running: (ageMs: number, leftMs: number | undefined, bar: string, around: Date | undefined, until: Date) =>
      lines(
        html`🎨 Готовится${stage(ageMs, leftMs)}`,
        bar !== '' && html`${bar}`,
        around && html`Можно заняться другим: пришлю сюда около\u00a0${time(around)}.`,
        html`Ответ будет до\u00a0${time(until)}. ${orderingRu.run.atWork}`,
      ),
    slow: (ageMs: number, kop: number, until: Date) =>
      kop === 0
        ? html`Дольше обычного: ${durationText(ageMs, 'ru')}. Пришлю результат или верну бесплатный запуск до\u00a0${time(until)}. ${orderingRu.run.atWork}`
        : html`Дольше обычного: ${durationText(ageMs, 'ru')}. ${orderingRu.run.held(kop)} Пришлю результат или верну деньги до\u00a0${time(until)}. ${orderingRu.run.atWork}`,
    unclear: (kop: number, until: Date) =>
      html`Проверяем, принят ли заказ. Повторно не запускаем${kop === 0 ? '' : ', деньги отложены'}. Ответ до\u00a0${time(until)}.`,
    overdue: (kop: number) =>
      html`Срок вышел, проверяем, чем всё закончилось.${kop === 0 ? '' : ` ${orderingRu.run.held(kop)}`}`,
    sending: html`📨 Готово, отправляю…`,
    // Several runs in one message
    board: (runs: Html[], isLong: boolean) =>
      lines(
        html`Сейчас ${pluralRu(runs.length, 'идёт', 'идут', 'идут')} ${runs.length} ${pluralRu(runs.length, 'запуск', 'запуска', 'запусков')}:`,
        ...runs,
        isLong && html`Можно заняться другим: всё придёт сюда.`,
      ),
    boardLine: (name: string, short: string, state: BoardState): Html =>
      html`${boardMarks[state.what]} ${name} · №\u00a0${short} — ${boardWords(state)}`,
    cancelOneButton: (short: string) => `Отменить №\u00a0${short}`,
    doneWell: (ageMs: number, short: string) =>
      html`✅ Готово за ${durationText(ageMs, 'ru')}, №\u00a0${short}. Результат ниже.`,
    doneBadly: (short: string) => html`✖️ Не получилось, №\u00a0${short}. Подробности ниже.`,
    doneCancelled: (short: string) => html`✖️ Отменено, №\u00a0${short}.`,
    cancelButton: 'Отменить',
    historyButton: '🗂 История',
    tooLate: 'Остановить уже нельзя. Если результата не будет, деньги вернутся.',
    over: 'Этот запуск уже закончен',
    resending: 'Отправляю',
    filesGone: html`Файл уже удалён.`,
    cannotResend: 'Файл уже удалён',

    // Result
    result: (r: ResultFacts) =>
      lines(
        html`✅ <b>${r.name}</b> · ${durationText(r.ageMs, 'ru')}`,
        r.part && html`Готово ${r.part.arrived} из ${r.part.promised}.`,
        r.price.kind === 'free'
          ? html`Бесплатно · осталось ${quotaText(r.price, 'ru')} · №\u00a0${r.short}`
          : html`Списано ${priceLine(r.price, 'ru')}${r.part ? `, возвращено ${amount(r.part.backKop)}` : ''} · осталось ${amount(r.balanceKop)} · №\u00a0${r.short}`,
      ),
    repeatForButton: (kop: number): string => (kop === 0 ? '🔁 Повторить' : `🔁 Повторить за ${price(kop)}`),
    /** Short: three buttons share a row. */
    anotherButton: (kop: number, isPicture: boolean): string =>
      kop > 0 ? `🔁 ${price(kop)}` : isPicture ? '🔁 Ещё раз' : '🔁 Повторить',
    repeatButton: '🔁 Повторить',
    changeButton: '✏️ Изменить параметры',
    changeShortButton: '✏️ Изменить',
    moreButton: 'ещё…',
    copyPromptButton: '📋 Скопировать запрос',
    foldButton: '‹ Свернуть',
    /** The version before, and the first one. */
    previousButton: '← Предыдущая',
    firstButton: '⏮ Исходная',
    followButton: { enlarge: '⬆️ Увеличить', animate: '✨ Оживить' },
    followWhich: html`Какую картинку взять? Они пронумерованы по порядку.`,
    followModels: (short: string) => html`Выберите модель: результат №\u00a0${short} подставится сам.`,
    followNote: (short: string) => html`Результат №\u00a0${short} уже подставлен.`,
    originalButton: '📎 Оригинал без сжатия',
    downloadButton: (n: number, until: Date): string =>
      `Скачать${n === 1 ? '' : ` ${n}`} (до ${dateText(until, 'ru')})`,
    noFiles: {
      too_big: html`Файл слишком большой для Telegram.`,
      refused: html`Показать файл здесь не получилось.`,
      full: html`Файл не сохранён: место для ваших файлов закончилось. Напишите в поддержку.`,
      later: html`Сейчас файл не получить. Попробуйте прислать его ещё раз через несколько минут.`,
      gone: html`Файл уже удалён: время его хранения прошло.`,
      original_gone: html`Файл уже удалён: время его хранения прошло. То, что было в чате, можно прислать ещё раз.`,
    },
    keptWithLink: (until: Date) =>
      html`Скачать можно по кнопке ниже. Новую ссылку даст «Прислать ещё раз» в истории, до ${zonedDate(until, 'ru')}.`,
    keptWithoutLink: (until: Date) =>
      html`Дать ссылку бот сейчас не может. Файл хранится до ${zonedDate(until, 'ru')}: напишите в поддержку.`,
    resent: (name: string, short: string) => html`${name} · №\u00a0${short}`,
    original: (short: string) => html`Оригинал · №\u00a0${short}`,
    whyButton: (kop: number): string => (kop === 0 ? '🧾 Что с запуском' : '🧾 Почему списано'),

    // Why charged
    timeline: (name: string, short: string, steps: { at: Date; step: TimelineStep }[]) =>
      lines(
        html`🧾 Запуск №\u00a0${short} · <b>${name}</b>`,
        ...steps.map(({ at, step }) => html`${secondText(at)} ${moment(step)}`),
        html`Время московское.`,
      ),
    characters: (n: number) => signs(n),
    questionButton: '💬 Вопрос в поддержку',
    support: (short: string) =>
      lines(
        html`💬 <b>Вопрос о запуске №\u00a0${short}</b>`,
        html`Напишите его одним сообщением.`,
        html`Вопрос прочитает оператор. Что было с запуском и деньгами, видно уже сейчас: «🧾».`,
      ),

    // Failure
    failure: {
      input: html`Не получилось: модель не приняла описание или файл.`,
      moderation: html`Модель отказалась выполнять этот запрос. Измените описание или фото.`,
      model: html`Не получилось: ошибка на стороне модели.`,
      late: html`Результат не пришёл вовремя.`,
      busy: html`Сейчас запустить нельзя. Попробуйте через 10\u00a0мин.`,
      closed: html`Запуск так и не начался: поставщик моделей временно не принимает от нас заказы. Попробуйте позже.`,
      unknown: html`Не получилось, и поставщик модели не объяснил почему.`,
      cancelled: html`Отменено.`,
      other: html`Что-то пошло не так. Мы уже знаем.`,
    } satisfies Record<Failure, Html>,
    money: {
      refunded: (kop: number) => html`Деньги вернулись: ${amount(kop)}.`,
      free: html`Бесплатный запуск вернулся.`,
      debited: (kop: number, until: Date) => html`${amount(kop)} отложены, проверяем. Ответ до\u00a0${time(until)}.`,
    },
    otherModelButton: 'Другая модель',
    moneyButton: '🧾 Что с деньгами',
    supportButton: '💬 Поддержка',
  },
}

/** «: прошло 48 с, осталось около 2 мин.» Nothing is said of the first second. */
function stage(ageMs: number, leftMs: number | undefined): string {
  const gone = ageMs < 1_000 ? undefined : durationText(ageMs, 'ru')
  const left = leftMs === undefined ? undefined : leftWords(leftMs)
  if (left === undefined) return gone === undefined ? '…' : `: ${gone}.`
  return gone === undefined ? `: ${left}.` : `: прошло ${gone}, ${left}.`
}
const leftWords = (leftMs: number) =>
  leftMs < 3_000 ? 'осталось совсем немного' : `осталось около ${leftText(leftMs, 'ru')}`

const boardMarks: Record<BoardState['what'], string> = { queued: '⏳', sent: '📤', running: '🎨', slow: '🐢' }
function boardWords(state: BoardState): string {
  if (!('ageMs' in state || 'leftMs' in state)) return state.what === 'queued' ? 'в очереди' : 'отправлено модели'
  if ('ageMs' in state) return `дольше обычного: ${durationText(state.ageMs, 'ru')}`
  return state.leftMs === undefined ? 'готовится' : `готовится, ${leftWords(state.leftMs)}`
}

const repriced = (wasKop: number, kop: number): Html =>
  wasKop === kop
    ? html`Цена прежняя, срок обновлён.`
    : html`Цена обновлена: было ${price(wasKop)}, стало ${price(kop)}.`

// The limit comes as «≥ 256 px», «≤ 4096 px» or «≤ 16 MP».
function dimensions(limit: string, kind: Media): Html {
  const n = number(Number(/[\d.]+/.exec(limit)?.[0] ?? 0))
  const [small, large] = sizes[kind]
  if (limit.startsWith('≥')) return html`${small}: нужно не меньше ${n} точек по каждой стороне.`
  return limit.endsWith('MP')
    ? html`${large}: нужно не больше ${n} мегапикселей (миллионов точек).`
    : html`${large}: нужно не больше ${n} точек по каждой стороне.`
}

function moment(step: TimelineStep): string {
  switch (step.what) {
    case 'price':
      return `цена ${price(step.kop)}${step.choices ? ` (${step.choices})` : ''}`
    case 'held':
      return `отложено ${amount(step.kop)}`
    case 'free':
      return 'взят бесплатный запуск'
    case 'bonus':
      return 'взят бонусный запуск'
    case 'sent':
      return step.taskTail === undefined ? 'отправлено модели' : `отправлено модели, задача №\u00a0…${step.taskTail}`
    case 'result':
      return `результат получен (${orderingRu.wizard.files(step.files)})`
    case 'cancelled':
      return 'отменено вами'
    case 'failed':
      return 'не получилось'
    case 'timeout':
      return 'результат не пришёл к сроку'
    case 'charged':
      return `списано ${amount(step.kop)} · возвращено ${amount(0)}`
    case 'kept':
      return `списано ${amount(step.kop)} · возвращено ${amount(step.backKop)}`
    case 'returned':
      return `списано ${amount(0)} · возвращено ${amount(step.kop)}`
    case 'free_returned':
      return 'бесплатный запуск вернулся'
    case 'bonus_returned':
      return 'бонусный запуск вернулся'
  }
}

/** The words of ordering: filling an order in, its price, its run. */
export type Ordering = typeof orderingRu
