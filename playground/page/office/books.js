import { rubles, shortId, signed, span } from '../format.js'
import { html } from '../html.js'
import { useLive } from '../server.js'
import { words } from '../words.js'
import { Chip, emptyText, Json, nameOf, Rows, When } from './rows.js'

const w = words.books

const wrote = part => news => news.type === 'books' && news.changed.includes(part)
const anything = news => news.type === 'books'

/** That the books agree, or what does not: the view `broken` has a row for every promise that is not kept. */
export function BooksLine() {
  const [books] = useLive('/api/broken', anything)
  if (!books) return html`<p class="books-line" data-testid="books-line" data-state="reading">${w.reading}</p>`
  if (!books.available) {
    return html`<p class="books-line unknown" data-testid="books-line" data-state="unknown" role="status"><b>${w.unseen}</b> ${words.office[books.reason]}.</p>`
  }
  if (books.rows.length > 0) {
    return html`<div class="books-line broken" data-testid="books-line" data-state="broken" role="alert"><b>${w.broken(books.rows.length)}</b>
      <ul>${books.rows.map(({ promise, key }) => html`<li key=${`${promise} ${key}`}>${promise} <code>${key}</code></li>`)}</ul></div>`
  }
  const { sums } = books
  return html`<p class="books-line agree" data-testid="books-line" data-state="agree" role="status"><b>${w.agree}</b>
    ${sums && html`<span>${w.sums(sums.entries, rubles(sums.balance_kop))}</span>`}</p>`
}

const tones = {
  topup: 'good',
  bonus: 'good',
  referral: 'good',
  refund: 'good',
  part_refund: 'good',
  reversal: 'wait',
  repayment: 'wait',
  adjust: 'wait',
}

export function Ledger({ people }) {
  const [ledger] = useLive('/api/ledger', wrote('ledger'))
  const rows = ledger?.rows.map(({ entry, model_id }) => ({ ...entry, model_id }))
  return html`<${Rows} label=${w.ledger} testid="ledger" rows=${rows} rowKey=${row => row.entry_id ?? `${row.user_id}:${row.seq}`}
    empty=${emptyText(ledger, w.noLedger)}
    detail=${row => html`<${Json} value=${row} />`}
    columns=${[
      { name: 'at', width: '6rem', cell: row => html`<${When} at=${row.created_at} />` },
      { name: 'who', width: '5rem', cell: row => nameOf(people, row.user_id) },
      {
        name: 'cause',
        title: row => row.model_id ?? row.external_ref,
        cell: row =>
          html`<${Chip} tone=${tones[row.kind]}>${w.causes[row.kind] ?? row.kind}</> <span class="quiet">${row.model_id ?? row.external_ref ?? ''}</span>`,
      },
      { name: 'order', width: '4.5rem', wide: true, kind: 'mono', cell: row => shortId(row.generation_id) },
      {
        name: 'amount',
        width: '6.4rem',
        kind: 'money',
        cell: row => html`<b class=${row.amount_kop > 0 ? 'plus' : 'minus'}>${signed(row.amount_kop)}</b>`,
      },
      { name: 'after', width: '6rem', kind: 'money', cell: row => rubles(row.balance_after) },
    ]} />`
}

export const statusTones = { started: 'wait', success: 'good', failed: 'bad', timeout: 'bad' }

export function Events({ people }) {
  const [events] = useLive('/api/generation-events', wrote('events'))
  return html`<${Rows} label=${w.events} testid="events" rows=${events?.rows} rowKey=${row => row.id}
    empty=${emptyText(events, w.noEvents)}
    detail=${row => html`<${Json} value=${row} />`}
    columns=${[
      { name: 'at', width: '6rem', cell: row => html`<${When} at=${row.created_at} />` },
      { name: 'who', width: '5rem', cell: row => nameOf(people, row.user_id) },
      {
        name: 'event',
        title: row => [row.model_id, row.error_code, row.error_message].filter(Boolean).join(' · '),
        cell: row => {
          const code = row.error_code ? ` · ${row.error_code}` : ''
          return html`<${Chip} tone=${statusTones[row.status]}>${w.statuses[row.status] ?? row.status}</> <span class="quiet">${row.model_id}${code}</span>`
        },
      },
      { name: 'order', width: '4.5rem', wide: true, kind: 'mono', cell: row => shortId(row.request_id) },
      {
        name: 'took',
        width: '6rem',
        wide: true,
        kind: 'money',
        cell: row => (row.duration_ms === null || row.duration_ms === undefined ? '' : span(row.duration_ms)),
      },
      {
        name: 'price',
        width: '5.8rem',
        kind: 'money',
        cell: row => (row.is_free_applied ? w.free : rubles(Math.round(Number(row.price_rub) * 100))),
      },
    ]} />`
}
