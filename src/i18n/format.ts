import { formatKop, type Language } from '../money.ts'
import { type Html, join, momentTag } from '../telegram/html.ts'

/** The lines of a message, one under another; those that do not apply are left out. */
export const lines = (...parts: (Html | false | undefined)[]): Html =>
  join(parts.filter(part => part !== false && part !== undefined))

/** A price in kopecks; zero is a word, never «0 ₽». */
export const priceText = (kop: number, language: Language): string =>
  kop === 0 ? { ru: 'бесплатно', en: 'free' }[language] : formatKop(kop, language)

/** The price of a run for the reader; `left`: the free runs left today. */
export type ShownPrice = { kind: 'free'; left: number; of: number } | PaidPrice
export type PaidPrice = { kind: 'exact'; kop: number } | { kind: 'range'; minKop: number; maxKop: number }

const priceWords = {
  ru: { from: 'от', to: 'до', of: 'из' },
  en: { from: 'from', to: 'to', of: 'of' },
}

/** A price as a button has room for it: «🎁 ещё 7 сегодня», «3,80 ₽», «от 52,25 ₽». */
export function priceLabel(price: ShownPrice, language: Language): string {
  if (price.kind === 'free')
    return `🎁\u00a0${{ ru: `ещё ${price.left} сегодня`, en: `${price.left} more today` }[language]}`
  if (price.kind === 'exact') return priceText(price.kop, language)
  return `${priceWords[language].from}\u00a0${priceText(price.minKop, language)}`
}

/** A price in a line of its own: «3,80 ₽», «от 52,25 ₽ до 209 ₽». */
export function priceLine(price: PaidPrice, language: Language): string {
  if (price.kind === 'exact') return priceText(price.kop, language)
  return `${priceLabel(price, language)} ${priceWords[language].to}\u00a0${priceText(price.maxKop, language)}`
}

/** The free runs left: «7 из 10». */
export const quotaText = ({ left, of }: { left: number; of: number }, language: Language): string =>
  `${left} ${priceWords[language].of} ${of}`

// Moscow keeps UTC+3 all year, so no table of time zones is needed.
const inMoscow = (at: Date) => new Date(at.getTime() + 3 * 3_600_000).toISOString()
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** «15:40 МСК», in English «15:40 Moscow time». */
export const timeText = (at: Date, language: Language): string =>
  `${inMoscow(at).slice(11, 16)}\u00a0${{ ru: 'МСК', en: 'Moscow\u00a0time' }[language]}`

const ofMoscow = { ru: 'МСК', en: 'MSK' }

/** A deadline or a quota within a day, in the reader's own zone; older clients show «15:40 МСК». */
export const zonedTime = (at: Date, language: Language): Html => momentTag(at, 't', timeText(at, language))

/** The same with its date; older clients show «23.11 15:09 МСК», or the words in their place. */
export const zonedDate = (
  at: Date,
  language: Language,
  words = `${dateText(at, language)} ${ofMoscow[language]}`,
): Html => momentTag(at, 'dt', words)

/** «15:08:03», Moscow time. */
export const secondText = (at: Date): string => inMoscow(at).slice(11, 19)

/** «2026-11-23 15:08:03», Moscow time, as a spreadsheet reads it. */
export const stampText = (at: Date): string => inMoscow(at).slice(0, 19).replace('T', ' ')

/** «23.11 15:09», in English «23 Nov 15:09»; Moscow time. */
export function dateText(at: Date, language: Language): string {
  const iso = inMoscow(at)
  const [month, day, clock] = [iso.slice(5, 7), iso.slice(8, 10), iso.slice(11, 16)]
  return language === 'ru' ? `${day}.${month} ${clock}` : `${Number(day)} ${months[Number(month) - 1]} ${clock}`
}

const units = { ru: { s: 'с', min: 'мин', h: 'ч' }, en: { s: 's', min: 'min', h: 'h' } }

/** «48 с», «2 мин 10 с», «1 ч 5 мин». */
export function durationText(ms: number, language: Language): string {
  const unit = units[language]
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds}\u00a0${unit.s}`
  const minutes = seconds < 3600 ? Math.floor(seconds / 60) : Math.round(seconds / 60)
  if (minutes < 60) return parts([minutes, unit.min], [seconds % 60, unit.s])
  return parts([Math.floor(minutes / 60), unit.h], [minutes % 60, unit.min])
}
const parts = (...pairs: [number, string][]) =>
  pairs
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n}\u00a0${unit}`)
    .join('\u00a0')

/** A time that is left, no more exact than it is known: «15 с», «2 мин 30 с», «6 мин». */
export function leftText(ms: number, language: Language): string {
  const unit = ms <= 55_000 ? 5_000 : ms <= 270_000 ? 30_000 : 60_000
  return durationText(Math.ceil(ms / unit) * unit, language)
}

/** How long it usually takes: «20–45 с», «1–2 мин». */
export function rangeText(fromMs: number, toMs: number, language: Language): string {
  const inSeconds = toMs < 90_000
  const size = inSeconds ? 1000 : 60_000
  const unit = inSeconds ? units[language].s : units[language].min
  const [from, to] = [Math.max(1, Math.round(fromMs / size)), Math.max(1, Math.round(toMs / size))]
  return from >= to ? `${to}\u00a0${unit}` : `${from}–${to}\u00a0${unit}`
}

/** A number with its decimal mark, and with thousands set apart from five digits on: «0,5», «1000», «20 000». */
export function numberText(n: number, language: Language): string {
  const [whole = '', fraction] = String(n).split('.')
  const grouped = whole.length < 5 ? whole : whole.replace(/\B(?=(?:\d{3}){1,6}$)/g, language === 'ru' ? '\u00a0' : ',')
  return fraction === undefined ? grouped : `${grouped}${language === 'ru' ? ',' : '.'}${fraction}`
}

/** A name within a sentence; «PNG» and «James» keep their capital. */
export const inSentence = (text: string): string =>
  /^\p{Lu}\p{Ll}/u.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text

/** The word for a count: `pluralRu(5, 'запуск', 'запуска', 'запусков')`. */
export function pluralRu(n: number, one: string, few: string, many: string): string {
  const [tens, ones] = [Math.abs(n) % 100, Math.abs(n) % 10]
  if (tens > 10 && tens < 20) return many
  return ones === 1 ? one : ones > 1 && ones < 5 ? few : many
}

export const pluralEn = (n: number, one: string, many: string): string => (n === 1 ? one : many)
