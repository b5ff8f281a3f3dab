import { formatKop } from '../money.ts'
import { html } from '../telegram/html.ts'
import { durationText, lines, numberText, pluralRu, priceLine, priceText, quotaText, zonedDate } from './format.ts'
import type { ResultFacts } from './ordering.ts'

const amount = (kop: number) => formatKop(kop, 'ru')
const price = (kop: number) => priceText(kop, 'ru')
const number = (n: number) => numberText(n, 'ru')

/** A late result: how many files of which kind, their length and size. `until`: when the offer ends. */
export type LateFacts = {
  name: string
  short: string
  kind: 'image' | 'video' | 'audio'
  files: number
  seconds: number | undefined
  megabytes: number
  until: Date
}

const contents = ({ kind, files, seconds, megabytes }: LateFacts): string => {
  const what = {
    image: `${files} ${pluralRu(files, 'картинка', 'картинки', 'картинок')}`,
    video: `${files} ${pluralRu(files, 'видео', 'видео', 'видео')}`,
    audio: `${files} ${pluralRu(files, 'звук', 'звука', 'звуков')}`,
  }[kind]
  const length = seconds === undefined ? [] : [durationText(seconds * 1000, 'ru')]
  return [what, ...length, `${number(megabytes)}\u00a0МБ`].join(' · ')
}

export const resultsRu = {
  late: {
    offer: (facts: LateFacts) =>
      lines(
        html`🕰 <b>${facts.name}</b> · №\u00a0${facts.short}`,
        html`Результат всё-таки пришёл. Он опоздал, и за него ничего не взято. Если он ещё нужен, заберите его.`,
        html`${contents(facts)}`,
        html`Можно забрать до ${zonedDate(facts.until, 'ru')}.`,
      ),
    takeButton: (kop: number): string => (kop === 0 ? '📥 Забрать бесплатно' : `📥 Забрать за ${price(kop)}`),
    mark: 'ПРЕВЬЮ',
    over: (name: string, short: string) =>
      lines(
        html`⌛️ <b>${name}</b> · №\u00a0${short}`,
        html`Забрать уже нельзя: файлы хранятся около суток, и это время прошло. Деньги не взяты.`,
      ),
    overPress: 'Забрать уже нельзя: файлы удалены. Деньги не взяты.',
    taken: (name: string, short: string) => html`📥 <b>${name}</b> · №\u00a0${short}\nВы забрали этот результат.`,
    taking: 'Забираю, файлы сейчас придут',
    already: 'Вы уже забрали этот результат',
    later: 'Файлы сейчас не открылись, деньги не взяты. Нажмите ещё раз через минуту.',
    short: (priceKop: number, balanceKop: number, until: Date) =>
      lines(
        html`Не хватает ${amount(priceKop - balanceKop)}: цена ${price(priceKop)}, можно тратить ${amount(balanceKop)}.`,
        html`Пополните, и кнопка «Забрать» придёт снова. Результат ждёт до ${zonedDate(until, 'ru')}.`,
      ),
    result: (r: ResultFacts) =>
      lines(
        html`✅ <b>${r.name}</b>`,
        r.price.kind === 'free'
          ? html`Бесплатно · осталось ${quotaText(r.price, 'ru')} · №\u00a0${r.short}`
          : html`Списано ${priceLine(r.price, 'ru')} · осталось ${amount(r.balanceKop)} · №\u00a0${r.short}`,
      ),
  },
  sharing: {
    button: '📤 Поделиться',
    caption: (name: string) => html`Сделано моделью <b>${name}</b>`,
    sameButton: '✨ Сделать так же',
    openButton: 'Открыть бота',
    resultTitle: (name: string, date: string) => `${name} · ${date}`,
    model: (name: string, about: string, price: string) => html`<b>${name}</b>\n${about}\nЦена: ${price}`,
  },
  gallery: {
    button: '🖼 Галерея',
    title: {
      all: html`🖼 <b>Галерея</b>\nНажмите на номер картинки, чтобы открыть её.`,
      starred: html`⭐ <b>Избранное</b>\nНажмите на номер картинки, чтобы открыть её.`,
      found: html`🔎 <b>Нашлось</b>\nНажмите на номер картинки, чтобы открыть её. Или пришлите другие слова.`,
    },
    nothing: {
      all: html`Здесь появятся ваши картинки.`,
      starred: html`В избранном пусто. Откройте картинку и нажмите «⭐ В избранное».`,
      found: html`С такими словами картинок нет. Пришлите другие слова.`,
    },
    caption: (n: number, name: string, date: string) => html`${n}. ${name} · ${date}`,
    allButton: '🖼 Все',
    starredButton: '⭐ Избранное',
    findButton: '🔎 Найти',
    ask: html`🔎 Пришлите слова из запроса: найду картинки, в описании которых они есть.`,
    older: 'Раньше ›',
    newest: '‹ К новым',
    unshown: html`Некоторые картинки Telegram больше не показывает. Их можно прислать заново из истории.`,
    picture: (name: string, date: string, short: string) => html`<b>${name}</b> · ${date} · №\u00a0${short}`,
    starButton: '⭐ В избранное',
    unstarButton: '✖️ Убрать из избранного',
    starred: 'Добавлено в избранное',
    unstarred: 'Убрано из избранного',
    runButton: 'Открыть запуск',
    parentButton: (name: string, date: string) => `⬆️ Из чего: ${date} · ${name}`,
    childButton: (name: string, date: string) => `⬇️ Что вышло: ${date} · ${name}`,
  },
}
export type ResultWords = typeof resultsRu
