import { count, rubles, shortId, signed, span } from '../format.js'
import { html } from '../html.js'
import { useLive } from '../server.js'
import { Chip, nameOf, Rows, When } from './rows.js'

const wrote = part => news => news.type === 'books' && news.changed.includes(part)
const anything = news => news.type === 'books'

/** «Книги сходятся», or what does not: the view `broken` has a row for every promise that is not kept. */
export function BooksLine() {
  const [books] = useLive('/api/broken', anything)
  if (!books) return html`<p class="books-line" data-testid="books-line" data-state="reading">Сверяем книги…</p>`
  if (!books.available) {
    return html`<p class="books-line unknown" data-testid="books-line" data-state="unknown" role="status"><b>Книг не видно.</b> ${books.reason}.</p>`
  }
  if (books.rows.length > 0) {
    return html`<div class="books-line broken" data-testid="books-line" data-state="broken" role="alert"><b>Не сходится: ${count(books.rows.length, 'обещание', 'обещания', 'обещаний')}</b>
      <ul>${books.rows.map(({ promise, key }) => html`<li key=${`${promise} ${key}`}>${promise} <code>${key}</code></li>`)}</ul></div>`
  }
  const { sums } = books
  return html`<p class="books-line agree" data-testid="books-line" data-state="agree" role="status"><b>✓ Книги сходятся</b>
    ${sums && html`<span>${count(sums.entries, 'проводка', 'проводки', 'проводок')} · в кошельках ${rubles(sums.balance_kop)}</span>`}</p>`
}

const causes = {
  topup: ['пополнение', 'good'],
  bonus: ['бонус', 'good'],
  referral: ['приглашение', 'good'],
  debit: ['запуск', ''],
  refund: ['возврат', 'good'],
  part_refund: ['возврат части', 'good'],
  reversal: ['платёж возвращён', 'wait'],
  repayment: ['погашение', 'wait'],
  adjust: ['поправка', 'wait'],
}

export function Ledger({ people }) {
  const [ledger] = useLive('/api/ledger', wrote('ledger'))
  const rows = ledger?.rows.map(({ entry, model_id }) => ({ ...entry, model_id }))
  return html`<${Rows} label="Проводки" testid="ledger" rows=${rows} rowKey=${row => row.entry_id ?? `${row.user_id}:${row.seq}`}
    empty=${ledger?.reason ?? 'Проводок пока нет. Пополните баланс или запустите модель.'}
    columns=${[
      { name: 'at', label: 'Время', width: '5rem', cell: row => html`<${When} at=${row.created_at} />` },
      { name: 'who', label: 'Кто', width: '5rem', cell: row => nameOf(people, row.user_id) },
      {
        name: 'cause',
        label: 'Причина',
        title: row => row.model_id ?? row.external_ref,
        cell: row => {
          const [text, tone] = causes[row.kind] ?? [row.kind, '']
          return html`<${Chip} tone=${tone}>${text}</> <span class="quiet">${row.model_id ?? row.external_ref ?? ''}</span>`
        },
      },
      { name: 'order', label: '№', width: '4.5rem', wide: true, kind: 'mono', cell: row => shortId(row.generation_id) },
      {
        name: 'amount',
        label: 'Сумма',
        width: '6.4rem',
        kind: 'money',
        cell: row => html`<b class=${row.amount_kop > 0 ? 'plus' : 'minus'}>${signed(row.amount_kop)}</b>`,
      },
      { name: 'after', label: 'Остаток', width: '6rem', kind: 'money', cell: row => rubles(row.balance_after) },
    ]} />`
}

export const statuses = {
  started: ['начат', 'wait'],
  success: ['успех', 'good'],
  failed: ['ошибка', 'bad'],
  timeout: ['время вышло', 'bad'],
}

export function Events({ people }) {
  const [events] = useLive('/api/generation-events', wrote('events'))
  return html`<${Rows} label="События" testid="events" rows=${events?.rows} rowKey=${row => row.id}
    empty=${events?.reason ?? 'Событий пока нет. Каждый запуск пишет начало и конец.'}
    columns=${[
      { name: 'at', label: 'Время', width: '5rem', cell: row => html`<${When} at=${row.created_at} />` },
      { name: 'who', label: 'Кто', width: '5rem', cell: row => nameOf(people, row.user_id) },
      {
        name: 'status',
        label: 'Событие',
        title: row => [row.model_id, row.error_code, row.error_message].filter(Boolean).join(' · '),
        cell: row => {
          const [text, tone] = statuses[row.status] ?? [row.status, '']
          const why = row.error_code ? ` · ${row.error_code}` : ''
          return html`<${Chip} tone=${tone}>${text}</> <span class="quiet">${row.model_id}${why}</span>`
        },
      },
      { name: 'order', label: '№', width: '4.5rem', wide: true, kind: 'mono', cell: row => shortId(row.request_id) },
      {
        name: 'took',
        label: 'Длилось',
        width: '6rem',
        wide: true,
        kind: 'money',
        cell: row => (row.duration_ms === null || row.duration_ms === undefined ? '' : span(row.duration_ms)),
      },
      {
        name: 'price',
        label: 'Цена',
        width: '5.8rem',
        kind: 'money',
        cell: row => (row.is_free_applied ? 'бесплатно' : rubles(Math.round(Number(row.price_rub) * 100))),
      },
    ]} />`
}
