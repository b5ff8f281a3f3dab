import { useState } from 'preact/hooks'
import { shortId, span } from '../format.js'
import { html } from '../html.js'
import { patch, post, useLive } from '../server.js'
import { NumberField } from './fields.js'
import { Chip, Json, Rows, When } from './rows.js'

const names = {
  normal: 'как обычно',
  slow: 'медленно',
  fail: 'ошибка модели',
  moderation: 'отказ по содержанию',
  silent: 'молчит, не кончается',
  ambiguous: 'принял и оборвал связь',
  http_502: '502 со страницей HTML',
  no_task_id: 'ответ без номера задачи',
  no_credit: 'нет кредита',
  rate_limited: '429, слишком часто',
  maintenance: 'идут работы',
  server_error: '500, не принял',
  unauthorized: 'ключ не подошёл',
  callback_lost: 'вызов обратно потерян',
  callback_twice: 'вызов обратно дважды',
  callback_forged: 'вызов обратно подделан',
  callback_early: 'вызов обратно раньше ответа',
  empty_result: 'успех без файлов',
  odd_state: 'незнакомое состояние',
  dead_result: 'файл результата 404',
  partial_result: 'пришли 3 файла из 4',
  wrong_result: 'вместо файла HTML',
  truncated_result: 'файл оборван',
}

const speeds = [
  { name: 'fast', label: 'быстро', runMs: 200 },
  { name: 'usual', label: 'обычно', runMs: 1_500 },
  { name: 'calm', label: 'медленно', runMs: 12_000 },
]

const states = {
  waiting: ['ждёт', 'wait'],
  generating: ['готовит', 'wait'],
  success: ['готова', 'good'],
  fail: ['отказ', 'bad'],
}

export function Upstream() {
  const [switches] = useLive('/api/switches', news => news.type === 'switches' || news.type === 'task')
  const [tasks] = useLive('/api/tasks', news => ['task', 'refusal', 'callback'].includes(news.type))
  const rows = tasks && merged(tasks)
  return html`
    ${switches && html`<${Switches} upstream=${switches.upstream} />`}
    <h3>Задачи</h3>
    <${Rows} label="Задачи исполнителя" testid="tasks" rows=${rows} rowKey=${row => row.key} empty="Исполнителя ещё ни о чём не просили."
      detail=${row => html`<${Detail} row=${row} />`}
      columns=${[
        { name: 'at', label: 'Время', width: '6rem', cell: row => html`<${When} at=${row.at} />` },
        { name: 'model', label: 'Модель', cell: row => row.model },
        { name: 'state', label: 'Ход', width: '9rem', cell: row => html`<${Chip} tone=${row.tone}>${row.state}</>` },
        { name: 'behaviour', label: 'Поведение', width: '11rem', wide: true, cell: row => row.behaviour },
        { name: 'took', label: 'Длилась', width: '5.4rem', kind: 'money', cell: row => row.took },
        { name: 'id', label: '№ задачи', width: '6.5rem', wide: true, kind: 'mono', cell: row => shortId(row.id) },
      ]} />
  `
}

function merged({ rows, refusals }) {
  const tasks = rows.map(task => ({
    key: task.taskId,
    at: task.createdAt,
    model: task.model,
    state: states[task.state]?.[0] ?? task.state,
    tone: states[task.state]?.[1],
    behaviour: names[task.behaviour] ?? task.behaviour,
    took: task.completedAt ? span(task.completedAt - task.createdAt) : '',
    id: task.taskId,
    task,
  }))
  const refused = refusals.map((refusal, index) => ({
    key: `refusal ${refusal.at} ${refusals.length - index}`,
    at: refusal.at,
    model: refusal.model,
    state: `не принял, ${refusal.code}`,
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
    <p>${row.behaviour}${task.failMsg ? `: ${task.failMsg}` : ''} · чтений состояния: ${task.recordReads}${task.creditsConsumed === undefined ? '' : ` · кредитов: ${task.creditsConsumed}`}</p>
    ${task.callbacks.length > 0 && html`<p>Вызовы обратно: ${task.callbacks.map(({ status, forged }) => `${forged ? 'поддельный ' : ''}${status ?? 'без ответа'}`).join(', ')}</p>`}
    <${Json} value=${task.input} />`
}

function Switches({ upstream }) {
  const { behaviour, behaviours, speed, credit } = upstream
  const [next, setNext] = useState({ behaviour: 'fail', times: 1 })
  const [status, setStatus] = useState('')
  async function turn(move, words) {
    try {
      await move()
      setStatus(words)
    } catch (error) {
      setStatus(error.message)
    }
  }
  const change = (fields, words) => void turn(() => patch('/api/upstream', fields), words)
  const queue = event => {
    event.preventDefault()
    void turn(() => post('/api/upstream/next', next), `Поставлено: ${names[next.behaviour]} × ${next.times}`)
  }
  const options = behaviours.map(name => html`<option key=${name} value=${name}>${names[name] ?? name}</option>`)
  return html`<section class="switches" aria-label="Переключатели исполнителя">
    <form class="switch-row" onSubmit=${queue}>
      <label class="field grow">Следующие задачи
        <select data-testid="next-behaviour" value=${next.behaviour} onChange=${event => setNext({ ...next, behaviour: event.target.value })}>${options}</select>
      </label>
      <label class="field number">Сколько
        <input data-testid="next-times" type="number" min="1" max="1000" value=${next.times} onInput=${event => setNext({ ...next, times: Number(event.target.value) })} />
      </label>
      <button class="primary" data-testid="next-set">Поставить</button>
    </form>
    <div class="switch-row">
      <label class="field grow">Все остальные
        <select data-testid="behaviour" value=${behaviour} onChange=${event => change({ behaviour: event.target.value }, `Теперь: ${names[event.target.value]}`)}>${options}</select>
      </label>
      <div class="field" role="group" aria-label="Скорость">Скорость
        <div class="segments">
          ${speeds.map(
            ({ name, label, runMs }) =>
              html`<button key=${name} type="button" data-testid=${`speed-${name}`} aria-pressed=${speed.runMs === runMs} title=${span(runMs)} onClick=${() => change({ speed: { runMs } }, `Задача длится ${span(runMs)}`)}>${label}</button>`,
          )}
        </div>
      </div>
      <${NumberField} label="Кредиты" testid="credit" value=${credit} step="any" onChange=${value => change({ credit: value }, `Кредитов: ${value}`)} />
    </div>
    <details>
      <summary>Точные времена, мс</summary>
      <div class="switch-row">
        <${NumberField} label="Обычная задача" testid="speed-run" value=${speed.runMs} onChange=${runMs => change({ speed: { runMs } }, 'Принято')} />
        <${NumberField} label="«Медленно»" testid="speed-slow" value=${speed.slowMs} onChange=${slowMs => change({ speed: { slowMs } }, 'Принято')} />
        <${NumberField} label="Видна через" testid="speed-visible" value=${speed.visibleMs} onChange=${visibleMs => change({ speed: { visibleMs } }, 'Принято')} />
      </div>
    </details>
    <p class="said" role="status" data-testid="upstream-said">${status}</p>
  </section>`
}
