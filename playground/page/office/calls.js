import { useState } from 'preact/hooks'
import { span } from '../format.js'
import { html } from '../html.js'
import { patch, post, useLive } from '../server.js'
import { NumberField } from './fields.js'
import { Chip, Json, nameOf, Rows, When } from './rows.js'

export function TelegramCalls({ people, current }) {
  const [shown, setShown] = useState('calls')
  const [switches] = useLive('/api/switches', news => news.type === 'switches' || news.type === 'call')
  return html`
    ${switches && html`<${Faults} faults=${switches.faults} current=${current} />`}
    <div class="segments" role="group" aria-label="Что показать">
      <button data-testid="show-calls" aria-pressed=${shown === 'calls'} onClick=${() => setShown('calls')}>Вызовы бота</button>
      <button data-testid="show-updates" aria-pressed=${shown === 'updates'} onClick=${() => setShown('updates')}>Обновления боту</button>
    </div>
    ${shown === 'calls' ? html`<${Calls} people=${people} />` : html`<${Updates} />`}
  `
}

function Calls({ people }) {
  const [calls] = useLive('/api/calls', news => news.type === 'call')
  return html`<${Rows} label="Вызовы Telegram" testid="calls" rows=${calls?.rows} rowKey=${row => `${row.at} ${row.method} ${row.ms} ${row.fields.chat_id ?? ''} ${row.fields.message_id ?? ''}`}
    empty="Бот ещё ничего не вызывал."
    detail=${row => html`${row.description && html`<p class="error">${row.description}</p>`}<${Json} value=${row.fields} />`}
    columns=${[
      { name: 'at', label: 'Время', width: '6rem', cell: row => html`<${When} at=${row.at} />` },
      { name: 'method', label: 'Метод', width: '11.5rem', kind: 'mono', cell: row => row.method },
      { name: 'what', label: 'Кому и что', cell: row => about(row.fields, people) },
      {
        name: 'status',
        label: 'Код',
        width: '4rem',
        cell: row => html`<${Chip} tone=${row.status === 200 ? 'good' : 'bad'}>${row.status}</>`,
      },
      { name: 'ms', label: 'Длился', width: '4.8rem', kind: 'money', cell: row => span(row.ms) },
    ]} />`
}

function about(fields, people) {
  const who = fields.chat_id === undefined ? '' : nameOf(people, fields.chat_id)
  const what = fields.text ?? fields.caption ?? fields.title ?? ''
  return [who, String(what).replace(/<[^<>]*>/g, '')].filter(Boolean).join(': ')
}

function Updates() {
  const [updates] = useLive('/api/updates', news => ['webhook', 'message', 'call'].includes(news.type))
  return html`<${Rows} label="Обновления боту" testid="updates" rows=${updates?.rows} rowKey=${row => row.updateId} empty="Боту ещё ничего не приходило."
    detail=${row => html`
      <p><button class="plain small" data-testid="redeliver" onClick=${() => void post(`/api/updates/${row.updateId}/redeliver`).catch(() => {})}>Доставить ещё раз</button></p>
      <${Json} value=${row.update} />`}
    columns=${[
      { name: 'id', label: 'Номер', width: '7.5rem', kind: 'mono', cell: row => String(row.updateId) },
      { name: 'kind', label: 'Вид', cell: row => row.kind },
      {
        name: 'state',
        label: 'Доставка',
        width: '8rem',
        cell: row =>
          html`<${Chip} tone=${row.deliveredAt ? 'good' : 'wait'}>${row.deliveredAt ? 'доставлено' : 'ждёт'}</>`,
      },
      { name: 'tries', label: 'Попыток', width: '5rem', kind: 'money', cell: row => String(row.tries) },
    ]} />`
}

function Faults({ faults, current }) {
  const [status, setStatus] = useState('')
  async function turn(move, words) {
    try {
      await move()
      setStatus(words)
    } catch (error) {
      setStatus(error.message)
    }
  }
  const change = (fields, words = 'Принято') => void turn(() => patch('/api/faults', fields), words)
  const field = (name, label) =>
    html`<${NumberField} label=${label} testid=${`fault-${name}`} value=${faults[name]} onChange=${value => change({ [name]: value })} />`
  return html`<section class="switches" aria-label="Переключатели Telegram">
    <p class="quiet">Сколько следующих вызовов испортить; число убывает с каждым.</p>
    <div class="switch-grid">
      ${field('status429', '429')} ${field('retryAfterS', 'ждать, с')} ${field('serverError', '500')} ${field('answerLost', 'ответ потерян')}
      ${field('htmlAnswer', '502 HTML')} ${field('slowMs', 'задержка, мс')} ${field('paymentLost', 'оплата пропала')}
    </div>
    <div class="switch-row">
      <label class="check"><input type="checkbox" data-testid="fault-deliveryPaused" checked=${faults.deliveryPaused}
        onChange=${event => change({ deliveryPaused: event.target.checked }, event.target.checked ? 'Обновления копятся' : 'Обновления идут')} /> Придержать доставку боту</label>
      ${
        current &&
        html`<label class="check"><input type="checkbox" data-testid="fault-blocked" checked=${current.blocked}
          onChange=${event => void turn(() => patch(`/api/people/${current.id}`, { blocked: event.target.checked }), 'Принято')} /> ${current.firstName}: бот заблокирован</label>`
      }
    </div>
    <p class="said" role="status" data-testid="faults-said">${status}</p>
  </section>`
}
