import { clockSeconds, rubles, shortId, signed, span } from '../format.js'
import { html } from '../html.js'
import { useLive } from '../server.js'
import { words } from '../words.js'
import { statusTones } from './books.js'
import { Chip, emptyText, nameOf, Rows, When } from './rows.js'

const w = words.orders

const stateTones = {
  queued: 'wait',
  submitting: 'wait',
  submit_unknown: 'bad',
  running: 'wait',
  success: 'good',
  failed: 'bad',
  timeout: 'bad',
}
const moneyTones = { debited: 'wait', held: 'wait', refunded: 'good' }

const concerns = news => news.type === 'books' && news.changed.includes('orders')

export function Orders({ people }) {
  const [orders] = useLive('/api/orders', concerns)
  return html`<${Rows} label=${w.title} testid="orders" rows=${orders?.rows} rowKey=${row => `${row.user_id}/${row.id}`}
    empty=${emptyText(orders, w.none)}
    detail=${row => html`<${Timeline} userId=${row.user_id} id=${row.id} />`}
    columns=${[
      { name: 'at', width: '6rem', cell: row => html`<${When} at=${row.created_at} />` },
      { name: 'order', width: '3.6rem', wide: true, kind: 'mono', cell: row => shortId(row.id) },
      { name: 'who', width: '5rem', wide: true, cell: row => nameOf(people, row.user_id) },
      { name: 'model', cell: row => row.model_id },
      {
        name: 'state',
        width: '7.9rem',
        cell: row => html`<${State} texts=${w.states} tones=${stateTones} value=${row.exec_state} />`,
      },
      {
        name: 'money',
        width: '7.2rem',
        cell: row => html`<${State} texts=${w.monies} tones=${moneyTones} value=${row.money_state} />`,
      },
      {
        name: 'price',
        width: '5.6rem',
        kind: 'money',
        cell: row => (row.price_kop ? rubles(row.price_kop) : '—'),
      },
    ]} />`
}

function State({ texts, tones, value }) {
  return html`<${Chip} tone=${tones[value]} data-state=${value}>${texts[value] ?? value}</>`
}

/** Everything that was written about one order, in the order of time. */
function Timeline({ userId, id }) {
  const [parts] = useLive(`/api/orders/${userId}/${encodeURIComponent(id)}`, news =>
    ['books', 'task', 'callback'].includes(news.type),
  )
  if (!parts) return html`<p class="quiet">${words.office.reading}</p>`
  if (!parts.order) return html`<p class="quiet">${w.unreadable}</p>`
  const { order } = parts
  const steps = story(parts)
  const from = steps[0]?.at ?? 0
  return html`<div class="timeline-box" data-testid="timeline">
    <p class="quiet">№ <code>${order.id}</code>${order.deadline_at && !order.finished_at ? ` · ${w.until(clockSeconds(order.deadline_at))}` : ''}</p>
    <ol class="timeline">
      ${steps.map(
        ({ at, tone, text, detail }, index) =>
          html`<li key=${`${index} ${text}`} class=${tone ?? ''}><time>${clockSeconds(at)}</time><span>${text}${detail && html` <span class="quiet">${detail}</span>`}</span><span class="quiet">+${span(at - from)}</span></li>`,
      )}
    </ol>
  </div>`
}

function story({ order, ledger, events, outbox, task }) {
  const steps = []
  const add = (at, text, tone, detail) => {
    if (at !== null && at !== undefined) steps.push({ at: new Date(at).getTime(), text, tone, detail })
  }
  add(order.created_at, w.story.taken, undefined, order.price_kop ? rubles(order.price_kop) : w.free)
  add(order.submitted_at, w.story.submitted, undefined, order.attempt > 1 ? w.attempt(order.attempt) : '')
  for (const entry of ledger) {
    add(
      entry.created_at,
      w.entries[entry.kind] ?? entry.kind,
      entry.amount_kop > 0 ? 'good' : 'wait',
      w.rest(signed(entry.amount_kop), rubles(entry.balance_after)),
    )
  }
  for (const event of events) {
    const text = w.story.event(words.books.statuses[event.status] ?? event.status)
    const detail = [event.error_code, event.error_message].filter(Boolean).join(': ')
    add(event.created_at, text, statusTones[event.status], detail)
  }
  if (task) {
    add(task.createdAt, w.story.task, undefined, shortId(task.taskId))
    const ended = task.state === 'success' ? w.story.done : w.story.refused(task.failMsg ?? task.failCode ?? '')
    if (task.completedAt) add(task.completedAt, ended, task.state === 'success' ? 'good' : 'bad')
    for (const { at, status, forged } of task.callbacks) {
      add(
        at,
        forged ? w.story.forged : w.story.callback,
        forged ? 'bad' : undefined,
        status ? w.story.answered(status) : w.story.silent,
      )
    }
  }
  for (const { created_at, done_at, dead_reason } of outbox) {
    add(created_at, w.story.written)
    add(done_at, dead_reason ? w.story.dead(dead_reason) : w.story.sent, dead_reason ? 'bad' : 'good')
  }
  return steps.sort((a, b) => a.at - b.at)
}
