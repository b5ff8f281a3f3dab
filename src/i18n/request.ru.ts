import type { Task } from '../catalogue/models.ts'
import { formatKop } from '../money.ts'
import { type Html, html } from '../telegram/html.ts'
import { lines, pluralRu, priceText, zonedTime } from './format.ts'
import type {
  MoreFacts,
  PlaceFacts,
  SeriesFacts,
  SeriesKindFacts,
  SeriesLine,
  SeriesRefusal,
  SeriesReport,
  TemplateProblem,
  UnusedFacts,
} from './request.ts'

const price = (kop: number) => priceText(kop, 'ru')
const amount = (kop: number) => formatKop(kop, 'ru')
const runs = (n: number) => `${n} ${pluralRu(n, 'запуск', 'запуска', 'запусков')}`

/** What a person sent on their own: what was understood, and what else can be made of it. */
export const requestRu = {
  request: {
    /** The first line of a price: what was understood. */
    understood: {
      image: 'Картинка по вашим словам',
      video: 'Видео по вашим словам',
      speech: 'Озвучка вашего текста',
      sound: 'Звук по вашим словам',
      edit: 'Изменить фото по вашим словам',
      animate: 'Оживить фото',
      enlarge: 'Увеличить фото',
      cutout: 'Убрать фон',
      talk: 'Фото заговорит вашим голосом',
      clean: 'Очистить запись от шума',
      remake: 'Переделать видео по вашим словам',
      unmark: 'Убрать водяной знак Sora',
    } satisfies Record<Task, string>,
    /** Stands in for words that a model wants and nobody has written. */
    usualText: {
      animate: 'Оживи фото: лёгкое естественное движение, камера медленно приближается',
      talk: 'Человек говорит в камеру, естественная мимика',
    },
    askPhoto: (photos: number): Html =>
      html`<b>Что сделать с ${photos > 1 ? `этими ${photos} фото` : 'этим фото'}?</b>
Напишите словами, например: «сделай фон закатом». Или выберите:`,
    /** Below: voice makes a photo speak. */
    askPhotoVoice: html`Пришлёте голосовое — фото заговорит.`,
    askFilm: html`<b>Что изменить в этом видео?</b>
Напишите словами, например: «сделай зиму за окном».
Увеличить можно видео, которое сделано здесь: кнопка под ним.`,
    cleanAlone: html`Или пришлите фото: оно заговорит этим голосом.`,
    wishButtons: { animate: '✨ Оживить', enlarge: '🔍 Увеличить', cutout: '✂️ Убрать фон', style: '🎨 Мультфильм' },
    styleText: 'Перерисуй в стиле яркого рисованного мультфильма, сохрани лица и композицию',
    taskButtons: { image: '🖼 Картинка', video: '🎬 Видео', speech: '🎙 Озвучка' },
    priced: (name: string, price: string | undefined) => (price === undefined ? name : `${name} · ${price}`),
    otherModelButton: '🔀 Другая модель',
    tuneButton: '⚙️ Настроить',
    moreButton: '➕ Ещё',
    toPriceButton: '‹ К цене',
    /** In the menu. */
    backButton: '↩️ Вернуться к просьбе',
    models: (task: string): Html => html`<b>${task}</b>
Та же просьба у других моделей, с ценой:`,
    unusedFiles: ({ files, of }: UnusedFacts): Html =>
      html`⚠️ Модель берёт не всё: ${files} из ${of} ${pluralRu(of, 'файла', 'файлов', 'файлов')} не ${pluralRu(files, 'войдёт', 'войдут', 'войдут')}.`,
    unusedText: html`Слова здесь не нужны: модель берёт только файл.`,
    cutAfter: (tail: string): Html => html`⚠️ Текст длиннее, чем берёт модель: он взят до слов «…${tail}».`,
    noModel: html`Сейчас для этого нет свободной модели. Просьба сохранена, попробуйте немного позже.`,
    noFileAtLink: html`По ссылке нет фото, видео или звука, поэтому она осталась просто словами.`,
    tooMany: (most: number): Html => html`⚠️ В одной просьбе не больше ${most} сообщений; это не взято.`,
    describeButton: '✍️ Это описание картинки',
    intents: {
      refund: html`<b>Деньги</b>
Если запуск не удался, деньги возвращаются сами, сразу. Где они сейчас, видно в «Балансе» и под каждым запуском. Не сошлось — спросите, ответит человек.`,
      whereNothing: html`Сейчас ничего не готовится. Всё готовое — в «Истории».`,
      where: (n: number): Html =>
        html`${pluralRu(n, 'Готовится', 'Готовятся', 'Готовятся')} ${n} ${pluralRu(n, 'запуск', 'запуска', 'запусков')}. Пришлю сюда, как только будет готово.`,
      price: html`<b>Сколько стоит</b>
Цену покажу до запуска, до копейки. Напишите, что сделать, или пришлите фото, — или посмотрите цены в списке.`,
      greeting: (name: string): Html =>
        html`Здравствуйте, ${name}! Напишите, что нарисовать, или пришлите фото: цену покажу сразу.`,
      thanks: html`Рад помочь! Напишите, что сделать ещё, или пришлите фото.`,
      abuse: html`Жаль, что что-то не так. Расскажите, что случилось: ответит человек.`,
    },
    supportButton: '💬 Спросить человека',
    replyGone: html`Файл этого результата уже не достать. Пришлите картинку ещё раз, пожалуйста.`,
  },
  /** Requests kept for later. */
  ownTemplates: {
    saveButton: '💾 Сохранить как шаблон',
    listButton: '📋 Шаблоны',
    saved: (name: string, places: string[]): Html =>
      lines(
        html`💾 Шаблон «${name}» сохранён. Все шаблоны: /templates`,
        places.length > 0
          ? html`Спрошу каждый раз: ${places.join(', ')}.`
          : html`Слова в [скобках] я буду спрашивать каждый раз: «Поздравь [имя] с днём рождения».`,
      ),
    looseBracket: html`Скобка без пары осталась просто знаком.`,
    notSaved: ({ code, count, most }: TemplateProblem): Html =>
      ({
        words: html`Шаблон не сохранён: в нём ${count} ${pluralRu(count, 'знак', 'знака', 'знаков')}, а помещается ${most}. Сократите, пожалуйста.`,
        places: html`Шаблон не сохранён: в нём ${count} ${pluralRu(count, 'место', 'места', 'мест')} в скобках, а можно не больше ${most}. Уберите лишние скобки, пожалуйста.`,
        full: html`Шаблон не сохранён: их уже ${count}, больше нельзя. Удалите лишний в /templates и нажмите ещё раз.`,
      })[code],
    list: (n: number, most: number): Html =>
      n === 0
        ? html`<b>Шаблонов пока нет</b>
Напишите просьбу, под её ценой нажмите «➕ Ещё» и «💾 Сохранить как шаблон». Слова в [скобках] я спрошу при каждом использовании.`
        : html`<b>Шаблоны: ${n} из ${most}</b>
Нажмите, чтобы использовать. Цену покажу до запуска.`,
    deleteButton: '🗑',
    deleted: (name: string): Html => html`Шаблон «${name}» удалён.`,
    restoreButton: (name: string) => `↩️ Вернуть «${name}»`,
    restored: (name: string): Html => html`Шаблон «${name}» снова здесь.`,
    notRestored: (most: number): Html => html`Вернуть не получилось: шаблонов уже ${most}. Удалите один, пожалуйста.`,
    place: ({ name, places, at }: PlaceFacts): Html =>
      lines(
        html`<b>${name}</b>`,
        html`${places.length > 1 ? `${at + 1} из ${places.length}. ` : ''}Что вписать вместо «${places[at]!}»?`,
        places.length - at > 1 &&
          html`Можно ответить сразу на всё, каждое с новой строки: ${places.slice(at).join(', ')}.`,
      ),
    fileTaken: html`Файл взял.`,
    wordsOnly: html`Здесь нужен ответ словами.`,
    askFile: {
      image: html`Пришлите фото, и я покажу цену.`,
      audio: html`Пришлите голосовое или запись, и я покажу цену.`,
      video: html`Пришлите видео, и я покажу цену.`,
    },
  },
  /** Several orders of one request at once. */
  series: {
    more: ({ task, room, most, photos }: MoreFacts): Html =>
      lines(
        html`<b>${task}</b>`,
        room >= 2
          ? html`Сразу несколько результатов по этой просьбе. Цены за всё вместе:`
          : html`Одновременно можно вести ${runs(most)}. ${room === 0 ? 'Сейчас места нет' : 'Сейчас есть место для одного'}: несколько сразу получится, когда что-то закончится.`,
        photos > room &&
          room >= 2 &&
          html`Фото ${photos}, а начать сейчас можно ${runs(room)}: каждое отдельно не поместится.`,
      ),
    several: (n: number) => `${n} ${pluralRu(n, 'вариант', 'варианта', 'вариантов')}`,
    compareWith: (name: string) => `Сравнить с ${name}`,
    photoByPhoto: (n: number) => `Каждое фото отдельно: ${n}`,
    /** The orders and their prices. */
    list: ({ kind, orders, leftOut }: SeriesFacts): Html =>
      lines(html`<b>${title(kind, orders.length)}</b>`, ...leftOut, ...orders.map(line)),
    screen: (facts: SeriesFacts): Html => {
      const { sumKop, balanceKop, until } = facts
      return lines(
        requestRu.series.list(facts),
        html``,
        html`Всего: <b>${price(sumKop)}</b>`,
        sumKop > 0 && html`На балансе: ${amount(balanceKop)} · останется: <b>${amount(balanceKop - sumKop)}</b>`,
        html`Если что-то не получится, деньги за него вернутся.`,
        html`Цена действует до\u00a0${zonedTime(until, 'ru')}.`,
      )
    },
    startButton: (n: number, kop: number) => {
      const what = n === 1 ? '✅ Запустить' : '✅ Запустить все'
      return kop === 0 ? `${what} бесплатно` : `${what} за ${price(kop)}`
    },
    /** `started`: how many of the series run already. */
    renewed: (started: number): Html =>
      html`${started === 0 ? 'Ничего не запущено' : `Уже запущено: ${started}. Остальное ещё нет`}: цены пришлось посчитать заново. Посмотрите на сумму, пожалуйста.`,
    someGone: html`Часть моделей сейчас выключена, без них осталось это:`,
    noRoom: (wanted: number, room: number): Html =>
      html`Пока не запускаю: нужно место для ${wanted}, а сейчас ${room <= 0 ? 'его нет' : `есть для ${room}`}. Дождитесь того, что идёт, и нажмите ещё раз.`,
    starting: (n: number, of: number, name: string): Html => html`⏳ ${n} из ${of}: запускаю.\n${name}`,
    report: ({ orders, started, refusal }: SeriesReport): Html =>
      lines(
        refusal
          ? html`<b>${started === 0 ? 'Ничего не запущено' : `Запущено ${started} из ${orders.length}`}</b>`
          : html`<b>Запущено: ${started}</b>`,
        ...orders.map(
          (order, n) =>
            html`${order.short === undefined ? '✖️' : '✅'} ${line(order, n)}${order.short === undefined ? '' : ` · №\u00a0${order.short}`}`,
        ),
        refusal
          ? html`${why[refusal]} За то, что не запущено, деньги не списаны.`
          : html`Каждый результат придёт сюда отдельно.`,
      ),
    restButton: (n: number) => `🔁 Цена ${n === 1 ? 'оставшегося' : 'оставшихся'}: ${n}`,
  },
}
export type RequestWords = typeof requestRu

const titles: Record<SeriesKindFacts, (n: number) => string> = {
  several: n => requestRu.series.several(n),
  compare: () => 'Сравнение моделей',
  photos: () => 'Каждое фото отдельно',
}
const title = (kind: SeriesKindFacts, n: number) => titles[kind](n)

const line = ({ name, photo, kop }: SeriesLine, n: number): Html =>
  html`${n + 1}. ${photo === undefined ? '' : `Фото ${photo} · `}${name} · ${price(kop)}`

const why: Record<SeriesRefusal, string> = {
  money: 'На балансе уже не хватает денег.',
  room: 'Столько запусков сразу нельзя, дождитесь тех, что идут.',
  off: 'Модель только что выключили.',
  free: 'Бесплатные запуски закончились.',
  paused: 'Запуски временно приостановлены.',
  banned: 'Запуски для вас закрыты.',
  price: 'Цена больше не действует.',
}
