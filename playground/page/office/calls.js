import { useState } from 'preact/hooks'
import { span } from '../format.js'
import { html } from '../html.js'
import { patch, post, useLive } from '../server.js'
import { words } from '../words.js'
import { NumberField, useAttempt } from './fields.js'
import { Chip, Json, nameOf, Rows, When } from './rows.js'

const w = words.calls

export function TelegramCalls({ people, current }) {
  const [shown, setShown] = useState('calls')
  const [switches] = useLive('/api/switches', news => news.type === 'switches' || news.type === 'call')
  return html`
    ${switches && html`<${Faults} faults=${switches.faults} current=${current} />`}
    <div class="segments" role="group" aria-label=${w.show}>
      <button data-testid="show-calls" aria-pressed=${shown === 'calls'} onClick=${() => setShown('calls')}>${w.calls}</button>
      <button data-testid="show-updates" aria-pressed=${shown === 'updates'} onClick=${() => setShown('updates')}>${w.updates}</button>
    </div>
    ${shown === 'calls' ? html`<${Calls} people=${people} />` : html`<${Updates} />`}
  `
}

function Calls({ people }) {
  const [userId, setUserId] = useState('')
  const [method, setMethod] = useState('')
  const wanted = new URLSearchParams({ ...(userId && { userId }), ...(method && { method }) })
  const [calls] = useLive(`/api/calls?${wanted}`, news => news.type === 'call')
  return html`
    <form class="filter" role="search" aria-label=${w.filter} onSubmit=${event => event.preventDefault()}>
      <${Choice} label=${w.person} testid="calls-person" value=${userId} onChange=${setUserId} all=${w.everybody}
        options=${people.map(({ id, firstName }) => [String(id), firstName])} />
      <${Choice} label=${w.method} testid="calls-method" value=${method} onChange=${setMethod} all=${w.anyMethod}
        options=${(calls?.methods ?? []).map(name => [name, name])} />
    </form>
    <${Rows} key=${String(wanted)} label=${w.title} testid="calls" rows=${calls?.rows} rowKey=${row => `${row.at} ${row.method} ${row.ms} ${row.fields.chat_id ?? ''} ${row.fields.message_id ?? ''}`}
    empty=${userId || method ? w.noneSuch : w.none}
    detail=${row => html`${row.description && html`<p class="error">${row.description}</p>`}<${Json} value=${row.fields} />`}
    columns=${[
      { name: 'at', width: '6rem', cell: row => html`<${When} at=${row.at} />` },
      { name: 'method', width: '11.5rem', kind: 'mono', cell: row => row.method },
      { name: 'what', cell: row => about(row, people) },
      {
        name: 'status',
        width: '4rem',
        cell: row => html`<${Chip} tone=${row.status === 200 ? 'good' : 'bad'}>${row.status}</>`,
      },
      { name: 'ms', label: words.office.columns.took, width: '4.8rem', kind: 'money', cell: row => span(row.ms) },
    ]} />`
}

/** A list to choose from; the empty value stands for `all`. */
function Choice({ label, testid, value, onChange, all, options }) {
  return html`<label class="inline">${label}
    <select data-testid=${testid} value=${value} onChange=${event => onChange(event.target.value)}>
      <option value="">${all}</option>
      ${options.map(([name, text]) => html`<option key=${name} value=${name}>${text}</option>`)}
    </select>
  </label>`
}

function about({ fields, userId }, people) {
  const who = userId === undefined ? '' : nameOf(people, userId)
  const what = fields.text ?? fields.caption ?? fields.title ?? ''
  return [who, String(what).replace(/<[^<>]*>/g, '')].filter(Boolean).join(': ')
}

function Updates() {
  const [updates] = useLive('/api/updates', news => ['webhook', 'message', 'call'].includes(news.type))
  return html`<${Rows} label=${w.updates} testid="updates" rows=${updates?.rows} rowKey=${row => row.updateId} empty=${w.noUpdates}
    detail=${row => html`
      <p><button class="plain small" data-testid="redeliver" onClick=${() => void post(`/api/updates/${row.updateId}/redeliver`).catch(() => {})}>${w.redeliver}</button></p>
      <${Json} value=${row.update} />`}
    columns=${[
      { name: 'id', width: '7.5rem', kind: 'mono', cell: row => String(row.updateId) },
      { name: 'kind', cell: row => row.kind },
      {
        name: 'delivery',
        width: '8rem',
        cell: row =>
          html`<${Chip} tone=${row.deliveredAt ? 'good' : 'wait'}>${row.deliveredAt ? w.delivered : w.waiting}</>`,
      },
      { name: 'tries', width: '5rem', kind: 'money', cell: row => String(row.tries) },
    ]} />`
}

function Faults({ faults, current }) {
  const [status, attempt] = useAttempt()
  const change = (fields, said = words.office.accepted) => attempt(() => patch('/api/faults', fields), said)
  const field = name =>
    html`<${NumberField} label=${w.faults[name]} testid=${`fault-${name}`} value=${faults[name]} onChange=${value => change({ [name]: value })} />`
  return html`<section class="switches" aria-label=${w.switches}>
    <p class="quiet">${w.about}</p>
    <div class="switch-grid">
      ${Object.keys(w.faults).map(field)}
    </div>
    <div class="switch-row">
      <label class="check"><input type="checkbox" data-testid="fault-deliveryPaused" checked=${faults.deliveryPaused}
        onChange=${event => change({ deliveryPaused: event.target.checked }, event.target.checked ? w.paused : w.flowing)} /> ${w.pause}</label>
      ${
        current &&
        html`<label class="check"><input type="checkbox" data-testid="fault-blocked" checked=${current.blocked}
          onChange=${event => attempt(() => patch(`/api/people/${current.id}`, { blocked: event.target.checked }), words.office.accepted)} /> ${w.blockedBy(current.firstName)}</label>`
      }
    </div>
    <p class="said" role="status" data-testid="faults-said">${status}</p>
  </section>`
}
