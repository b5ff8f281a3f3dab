import { useEffect, useState } from 'preact/hooks'
import { locale } from '../format.js'
import { html } from '../html.js'

const formatter = options => new Intl.DateTimeFormat(locale, options)
const clock = { hour: '2-digit', minute: '2-digit' }
// In the order that clients write them: https://core.telegram.org/constructor/messageEntityFormattedDate
const parts = [
  ['w', formatter({ weekday: 'long' })],
  ['t', formatter(clock)],
  ['T', formatter({ ...clock, second: '2-digit' })],
  ['d', formatter({ day: '2-digit', month: '2-digit', year: '2-digit' })],
  ['D', formatter({ day: 'numeric', month: 'long', year: 'numeric' })],
]
const whole = formatter({ dateStyle: 'full', timeStyle: 'long' })
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
const spans = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
]
const refreshMs = 10_000

/**
 * A time of the bot's in the zone and language of the reader. `unix` is in seconds; `format` as in
 * https://core.telegram.org/bots/api#date-time-entity-formatting: where it is empty, the bot's own text stays.
 */
export function Moment({ unix, format, children }) {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (format !== 'r') return
    const timer = setInterval(() => setNow(Date.now()), refreshMs)
    return () => clearInterval(timer)
  }, [format])
  const date = new Date(unix * 1000)
  const chosen = parts.filter(([letter]) => format.includes(letter)).map(([, { format: write }]) => write(date))
  const text = format === 'r' ? ago(date - now) : chosen.join(', ')
  return html`<time class="moment" data-testid="moment" datetime=${date.toISOString()} title=${whole.format(date)}>${text || children}</time>`
}

function ago(ms) {
  const seconds = Math.round(ms / 1000)
  const [unit, length] = spans.find(([, size]) => Math.abs(seconds) >= size) ?? spans.at(-1)
  return relative.format(Math.round(seconds / length), unit)
}
