import { render } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Chat } from './chat/chat.js'
import { html } from './html.js'
import { Office } from './office/office.js'
import { People } from './people.js'
import { listen, onNews, useLive } from './server.js'

const concerns = new Set(['message', 'edit', 'delete', 'person', 'call'])

function App() {
  const [overview] = useLive('/api/people', news => concerns.has(news.type))
  const [current, setCurrent] = useState(() => Number(new URLSearchParams(location.search).get('person')) || null)
  const [pane, setPane] = useState('chat') // what a narrow screen shows over the chat: people, office or nothing
  const [tab, setTab] = useState('ledger')
  const [away, setAway] = useState(false)
  const [error, setError] = useState(null)
  const read = useRef({}) // the newest message of each person that was on the screen

  useEffect(
    () =>
      onNews(({ type }) => {
        if (type === 'away') setAway(true)
        if (type === 'hello') setAway(false)
      }),
    [],
  )
  useEffect(() => {
    const closePane = event => {
      if (event.key === 'Escape' && !document.querySelector('dialog[open]')) setPane('chat')
    }
    document.addEventListener('keydown', closePane)
    return () => document.removeEventListener('keydown', closePane)
  }, [])

  if (!overview) return html`<p class="starting">Открываем песочницу…</p>`
  const { people, bot } = overview
  const person = people.find(({ id }) => id === current) ?? people[0]
  const unread = new Set()
  for (const { id, last } of people) {
    const newest = last?.messageId ?? 0
    if (id === person?.id || read.current[id] === undefined) read.current[id] = newest
    if (last?.from === 'bot' && newest > read.current[id]) unread.add(id)
  }

  function choose(id) {
    setCurrent(id)
    setPane('chat')
    history.replaceState(null, '', `?person=${id}`)
  }

  return html`<div class="app" data-pane=${pane}>
    <p class="banner" data-testid="banner" role="note">
      <b>Симуляция.</b> ${away ? html`<span class="error" role="alert">Связь с песочницей потеряна, пробуем снова…</span>` : 'Без Telegram, без настоящих денег и без сети: всё на этой машине.'}
      ${error && html`<span class="error" role="alert"> ${error}</span>`}
    </p>
    <${People} people=${people} current=${person?.id} unread=${unread} onChoose=${choose} onClose=${() => setPane('chat')} onError=${setError} />
    ${
      person
        ? html`<${Chat} key=${person.id} person=${person} bot=${bot} onPane=${setPane} onTab=${setTab} />`
        : html`<main class="chat nobody"><p class="empty">Добавьте человека, чтобы начать чат.</p></main>`
    }
    <${Office} tab=${tab} onTab=${setTab} people=${people} current=${person} onClose=${() => setPane('chat')} />
    <button class="backdrop" tabindex="-1" aria-hidden="true" onClick=${() => setPane('chat')}></button>
  </div>`
}

listen()
const root = document.getElementById('app')
root.textContent = ''
render(html`<${App} />`, root)
