import { language, words } from './words.js'

const nbsp = '\u00a0'
const { units } = words

/** Kopecks as people read them: `1 250 ₽`, `3,80 ₽`. */
export function rubles(kop) {
  const sign = kop < 0 ? '−' : ''
  const whole = Math.trunc(Math.abs(kop) / 100)
  const rest = Math.abs(kop) % 100
  const groups = String(whole).replace(/\B(?=(?:\d{3}){1,6}$)/g, nbsp)
  return `${sign}${groups}${rest ? `${units.point}${String(rest).padStart(2, '0')}` : ''}${nbsp}₽`
}

/** With a plus for what comes in. */
export const signed = kop => (kop > 0 ? `+${rubles(kop)}` : rubles(kop))

/** Stars are whole; other currencies come in hundredths. */
export function price(currency, amount) {
  if (currency === 'XTR') return `⭐${nbsp}${amount}`
  if (currency === 'RUB') return rubles(amount)
  return `${(amount / 100).toFixed(2)}${nbsp}${currency}`
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes}${nbsp}${units.bytes[0]}`
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)}${nbsp}${units.bytes[1]}`
  return `${(bytes / 1024 / 1024).toFixed(1).replace('.', units.point)}${nbsp}${units.bytes[2]}`
}

/** Milliseconds: `350 мс`, `1,5 с`, `2 мин 10 с`. */
export function span(ms) {
  if (ms < 1000) return `${Math.round(ms)}${nbsp}${units.ms}`
  if (ms < 60_000) return `${String(Math.round(ms / 100) / 10).replace('.', units.point)}${nbsp}${units.s}`
  return `${Math.floor(ms / 60_000)}${nbsp}${units.min} ${Math.round((ms % 60_000) / 1000)}${nbsp}${units.s}`
}

/** Telegram counts seconds, our own journals milliseconds, Postgres writes ISO: all become a Date. */
export const moment = at => new Date(typeof at === 'number' && at < 1e11 ? at * 1000 : at)

// English with the clock of 24 hours, as the tables have no room for another.
export const locale = language === 'en' ? 'en-GB' : language
const format = options => {
  const formatter = new Intl.DateTimeFormat(locale, options)
  return at => formatter.format(moment(at))
}
export const clock = format({ hour: '2-digit', minute: '2-digit' })
export const clockSeconds = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' })
export const day = format({ day: 'numeric', month: 'long' })
export const dayAndClock = format({
  day: '2-digit',
  month: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

/** Our own ids as the bot shows them («№ 7k2m»), longer ones by their end. */
export const shortId = id => {
  const text = String(id ?? '')
  if (/^[a-z2-7]{12}$/.test(text)) return text.slice(-4)
  return text.length > 12 ? `…${text.slice(-8)}` : text
}
