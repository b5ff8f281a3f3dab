import { clockSeconds, rubles, shortId, signed, span } from '../format.js'
import { html } from '../html.js'
import { useLive } from '../server.js'
import { statuses } from './books.js'
import { Chip, nameOf, Rows, When } from './rows.js'

const states = {
  queued: ['в очереди', 'wait'],
  submitting: ['отправляется', 'wait'],
  submit_unknown: ['неизвестно', 'bad'],
  running: ['в работе', 'wait'],
  success: ['готов', 'good'],
  failed: ['не вышло', 'bad'],
  timeout: ['время вышло', 'bad'],
}
const monies = {
  free: ['бесплатно', ''],
  debited: ['отложены', 'wait'],
  held: ['отложены', 'wait'],
  captured: ['списаны', ''],
  refunded: ['возвращены', 'good'],
}

const concerns = news => news.type === 'books' && news.changed.includes('orders')

export function Orders({ people }) {
  const [orders] = useLive('/api/orders', concerns)
  return html`<${Rows} label="Заказы" testid="orders" rows=${orders?.rows} rowKey=${row => `${row.user_id}/${row.id}`}
    empty=${orders?.reason ?? 'Заказов пока нет. Запустите любую модель в чате.'}
    detail=${row => html`<${Timeline} userId=${row.user_id} id=${row.id} />`}
    columns=${[
      { name: 'at', label: 'Время', width: '6rem', cell: row => html`<${When} at=${row.created_at} />` },
      { name: 'short', label: '№', width: '3.6rem', wide: true, kind: 'mono', cell: row => shortId(row.id) },
      { name: 'who', label: 'Кто', width: '5rem', wide: true, cell: row => nameOf(people, row.user_id) },
      { name: 'model', label: 'Модель', cell: row => row.model_id },
      {
        name: 'state',
        label: 'Ход',
        width: '7.9rem',
        cell: row => html`<${State} of=${states} value=${row.exec_state} />`,
      },
      {
        name: 'money',
        label: 'Деньги',
        width: '7.2rem',
        cell: row => html`<${State} of=${monies} value=${row.money_state} />`,
      },
      {
        name: 'price',
        label: 'Цена',
        width: '5.6rem',
        kind: 'money',
        cell: row => (row.price_kop ? rubles(row.price_kop) : '—'),
      },
    ]} />`
}

function State({ of, value }) {
  const [text, tone] = of[value] ?? [value, '']
  return html`<${Chip} tone=${tone} data-state=${value}>${text}</>`
}

/** Everything that was written about one order, in the order of time. */
function Timeline({ userId, id }) {
  const [parts] = useLive(`/api/orders/${userId}/${encodeURIComponent(id)}`, news =>
    ['books', 'task', 'callback'].includes(news.type),
  )
  if (!parts) return html`<p class="quiet">Читаем…</p>`
  if (!parts.order) return html`<p class="quiet">Заказ сейчас не прочитать</p>`
  const { order } = parts
  const steps = story(parts)
  const from = steps[0]?.at ?? 0
  return html`<div class="timeline-box" data-testid="timeline">
    <p class="quiet">№ <code>${order.id}</code>${order.deadline_at && !order.finished_at ? ` · ответ до ${clockSeconds(order.deadline_at)}` : ''}</p>
    <ol class="timeline">
      ${steps.map(
        ({ at, tone, text, detail }, index) =>
          html`<li key=${`${index} ${text}`} class=${tone ?? ''}><time>${clockSeconds(at)}</time><span>${text}${detail && html` <span class="quiet">${detail}</span>`}</span><span class="quiet">+${span(at - from)}</span></li>`,
      )}
    </ol>
  </div>`
}

const entryTexts = {
  debit: 'Деньги отложены',
  hold: 'Деньги отложены',
  capture: 'Деньги списаны',
  refund: 'Деньги возвращены',
}

function story({ order, ledger, events, outbox, task }) {
  const steps = []
  const add = (at, text, tone, detail) => {
    if (at !== null && at !== undefined) steps.push({ at: new Date(at).getTime(), text, tone, detail })
  }
  add(order.created_at, 'Заказ принят', undefined, order.price_kop ? rubles(order.price_kop) : 'бесплатно')
  add(order.submitted_at, 'Отправлен исполнителю', undefined, order.attempt > 1 ? `попытка ${order.attempt}` : '')
  for (const entry of ledger) {
    add(
      entry.created_at,
      entryTexts[entry.kind] ?? entry.kind,
      entry.amount_kop > 0 ? 'good' : 'wait',
      `${signed(entry.amount_kop)}, остаток ${rubles(entry.balance_after)}`,
    )
  }
  for (const event of events) {
    const [text, tone] = statuses[event.status] ?? [event.status]
    add(event.created_at, `Событие «${text}»`, tone, [event.error_code, event.error_message].filter(Boolean).join(': '))
  }
  if (task) {
    add(task.createdAt, 'Исполнитель принял задачу', undefined, shortId(task.taskId))
    const ended =
      task.state === 'success' ? 'Исполнитель закончил' : `Исполнитель отказал: ${task.failMsg ?? task.failCode ?? ''}`
    if (task.completedAt) add(task.completedAt, ended, task.state === 'success' ? 'good' : 'bad')
    for (const { at, status, forged } of task.callbacks) {
      add(
        at,
        forged ? 'Поддельный вызов обратно' : 'Вызов обратно',
        forged ? 'bad' : undefined,
        status ? `ответ ${status}` : 'без ответа',
      )
    }
  }
  for (const { created_at, done_at, dead_reason } of outbox) {
    add(created_at, 'Ответ человеку записан')
    add(done_at, dead_reason ? `Ответ не доставлен: ${dead_reason}` : 'Ответ доставлен', dead_reason ? 'bad' : 'good')
  }
  return steps.sort((a, b) => a.at - b.at)
}
