const nbsp = '\u00a0'

/** Kopecks as people read them: `1 250 ₽`, `3,80 ₽`. */
export function rubles(kop) {
  const sign = kop < 0 ? '−' : ''
  const whole = Math.trunc(Math.abs(kop) / 100)
  const rest = Math.abs(kop) % 100
  const groups = String(whole).replace(/\B(?=(?:\d{3}){1,6}$)/g, nbsp)
  return `${sign}${groups}${rest ? `,${String(rest).padStart(2, '0')}` : ''}${nbsp}₽`
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
  if (bytes < 1024) return `${bytes}${nbsp}Б`
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)}${nbsp}КБ`
  return `${(bytes / 1024 / 1024).toFixed(1).replace('.', ',')}${nbsp}МБ`
}

/** Milliseconds: `350 мс`, `1,5 с`, `2 мин 10 с`. */
export function span(ms) {
  if (ms < 1000) return `${Math.round(ms)}${nbsp}мс`
  if (ms < 60_000) return `${String(Math.round(ms / 100) / 10).replace('.', ',')}${nbsp}с`
  return `${Math.floor(ms / 60_000)}${nbsp}мин ${Math.round((ms % 60_000) / 1000)}${nbsp}с`
}

/** Telegram counts seconds, our own journals milliseconds, Postgres writes ISO: all become a Date. */
export const moment = at => new Date(typeof at === 'number' && at < 1e11 ? at * 1000 : at)

const format = options => {
  const formatter = new Intl.DateTimeFormat('ru', options)
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

/** `count(5, 'проводка', 'проводки', 'проводок')` → «5 проводок». */
export function count(n, one, few, many) {
  const tens = n % 100
  const ones = n % 10
  const word = tens > 10 && tens < 20 ? many : ones === 1 ? one : ones > 1 && ones < 5 ? few : many
  return `${n}${nbsp}${word}`
}

/** Our own ids as the bot shows them («№ 7k2m»), longer ones by their end. */
export const shortId = id => {
  const text = String(id ?? '')
  if (/^[a-z2-7]{12}$/.test(text)) return text.slice(-4)
  return text.length > 12 ? `…${text.slice(-8)}` : text
}
