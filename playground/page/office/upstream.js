import { useState } from 'preact/hooks'
import { shortId, span } from '../format.js'
import { html } from '../html.js'
import { patch, post, useLive } from '../server.js'
import { words } from '../words.js'
import { NumberField, useAttempt } from './fields.js'
import { Chip, Json, Rows, When } from './rows.js'

const w = words.upstream

const speeds = [
  { name: 'fast', runMs: 200 },
  { name: 'usual', runMs: 1_500 },
  { name: 'calm', runMs: 12_000 },
]

const tones = { waiting: 'wait', generating: 'wait', success: 'good', fail: 'bad' }

export function Upstream() {
  const [switches] = useLive('/api/switches', news => news.type === 'switches' || news.type === 'task')
  const [tasks] = useLive('/api/tasks', news => ['task', 'refusal', 'callback'].includes(news.type))
  const rows = tasks && merged(tasks)
  return html`
    ${switches && html`<${Switches} upstream=${switches.upstream} />`}
    <h3>${w.tasks}</h3>
    <${Rows} label=${w.tasksOf} testid="tasks" rows=${rows} rowKey=${row => row.key} empty=${w.none}
      detail=${row => html`<${Detail} row=${row} />`}
      columns=${[
        { name: 'at', width: '6rem', cell: row => html`<${When} at=${row.at} />` },
        { name: 'model', cell: row => row.model },
        { name: 'state', width: '9rem', cell: row => html`<${Chip} tone=${row.tone}>${row.state}</>` },
        { name: 'behaviour', width: '11rem', wide: true, cell: row => row.behaviour },
        { name: 'took', width: '5.4rem', kind: 'money', cell: row => row.took },
        { name: 'task', width: '6.5rem', wide: true, kind: 'mono', cell: row => shortId(row.id) },
      ]} />
  `
}

function merged({ rows, refusals }) {
  const tasks = rows.map(task => ({
    key: task.taskId,
    at: task.createdAt,
    model: task.model,
    state: w.states[task.state] ?? task.state,
    tone: tones[task.state],
    behaviour: w.behaviours[task.behaviour] ?? task.behaviour,
    took: task.completedAt ? span(task.completedAt - task.createdAt) : '',
    id: task.taskId,
    task,
  }))
  const refused = refusals.map((refusal, index) => ({
    key: `refusal ${refusal.at} ${refusals.length - index}`,
    at: refusal.at,
    model: refusal.model,
    state: w.refused(refusal.code),
    tone: 'bad',
    behaviour: refusal.msg,
    took: '',
    refusal,
  }))
  return [...tasks, ...refused].sort((a, b) => b.at - a.at)
}

function Detail({ row }) {
  if (row.refusal) return html`<p>${row.refusal.msg}</p><${Json} value=${row.refusal.input} />`
  const { task } = row
  return html`<p class="quiet"><code>${task.taskId}</code></p>
    <p>${row.behaviour}${task.failMsg ? `: ${task.failMsg}` : ''} · ${w.reads(task.recordReads)}${task.creditsConsumed === undefined ? '' : ` · ${w.credits(task.creditsConsumed)}`}</p>
    ${task.callbacks.length > 0 && html`<p>${w.callbacks(task.callbacks.map(answerOf).join(', '))}</p>`}
    <${Json} value=${task.input} />`
}

function answerOf({ status, forged }) {
  const text = String(status ?? w.silent)
  return forged ? w.forged(text) : text
}

function Switches({ upstream }) {
  const { behaviour, behaviours, speed, credit } = upstream
  const [next, setNext] = useState({ behaviour: 'fail', times: 1 })
  const [status, attempt] = useAttempt()
  const change = (fields, words) => attempt(() => patch('/api/upstream', fields), words)
  const queue = event => {
    event.preventDefault()
    attempt(() => post('/api/upstream/next', next), w.queued(w.behaviours[next.behaviour], next.times))
  }
  const options = behaviours.map(name => html`<option key=${name} value=${name}>${w.behaviours[name] ?? name}</option>`)
  return html`<section class="switches" aria-label=${w.switches}>
    <form class="switch-row" onSubmit=${queue}>
      <label class="field grow">${w.next}
        <select data-testid="next-behaviour" value=${next.behaviour} onChange=${event => setNext({ ...next, behaviour: event.target.value })}>${options}</select>
      </label>
      <label class="field number">${w.times}
        <input data-testid="next-times" type="number" min="1" max="1000" value=${next.times} onInput=${event => setNext({ ...next, times: Number(event.target.value) })} />
      </label>
      <button class="primary" data-testid="next-set">${w.set}</button>
    </form>
    <div class="switch-row">
      <label class="field grow">${w.others}
        <select data-testid="behaviour" value=${behaviour} onChange=${event => change({ behaviour: event.target.value }, w.now(w.behaviours[event.target.value]))}>${options}</select>
      </label>
      <div class="field" role="group" aria-label=${w.speed}>${w.speed}
        <div class="segments">
          ${speeds.map(
            ({ name, runMs }) =>
              html`<button key=${name} type="button" data-testid=${`speed-${name}`} aria-pressed=${speed.runMs === runMs} title=${span(runMs)} onClick=${() => change({ speed: { runMs } }, w.lasts(span(runMs)))}>${w.speeds[name]}</button>`,
          )}
        </div>
      </div>
      <${NumberField} label=${w.credit} testid="credit" value=${credit} step="any" onChange=${value => change({ credit: value }, w.creditNow(value))} />
    </div>
    <details>
      <summary>${w.exact}</summary>
      <div class="switch-row">
        <${NumberField} label=${w.usualTask} testid="speed-run" value=${speed.runMs} onChange=${runMs => change({ speed: { runMs } }, words.office.accepted)} />
        <${NumberField} label=${w.slowTask} testid="speed-slow" value=${speed.slowMs} onChange=${slowMs => change({ speed: { slowMs } }, words.office.accepted)} />
        <${NumberField} label=${w.seenAfter} testid="speed-visible" value=${speed.visibleMs} onChange=${visibleMs => change({ speed: { visibleMs } }, words.office.accepted)} />
      </div>
    </details>
    <p class="said" role="status" data-testid="upstream-said">${status}</p>
  </section>`
}
