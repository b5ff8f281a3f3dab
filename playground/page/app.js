import { render } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Chat } from './chat/chat.js'
import { Groups } from './groups/groups.js'
import { actingIn, useChosen } from './groups/use-chosen.js'
import { html } from './html.js'
import { Office } from './office/office.js'
import { People } from './people.js'
import { listen, onNews, useLive } from './server.js'
import { language, words } from './words.js'

const concerns = new Set(['message', 'edit', 'delete', 'person', 'call'])

function App() {
  const [overview] = useLive('/api/people', news => concerns.has(news.type))
  const [pane, setPane] = useState('chat') // what a narrow screen shows over the chat: people, office or nothing
  const { current, groupId, choose, chooseGroup } = useChosen(() => setPane('chat'))
  const [tab, setTab] = useState('ledger')
  const [error, setError] = useState(null)
  const [start, setStart] = useState(startOfAddress) // { payload, of }: `of` is whose chat it opens, or undefined
  const first = useRef()
  const read = useRef({}) // the newest message of each person that was on the screen

  const away = useAway()
  useEscape(() => setPane('chat'))

  if (!overview) return html`<p class="starting">${words.opening}</p>`
  const { bot } = overview
  const people = byLastMessage(overview.people)
  // Whoever was first when the page was opened stays, whatever comes in later.
  first.current ??= people[0]?.id
  const person = people.find(({ id }) => id === (current ?? first.current)) ?? people[0]
  const { group, members, acting } = actingIn({ groups: overview.groups, people, groupId, person })
  const unread = new Set()
  for (const { id, last } of [...people, ...overview.groups]) {
    const newest = last?.messageId ?? 0
    if (id === (group ?? person)?.id || read.current[id] === undefined) read.current[id] = newest
    if (last?.from === 'bot' && newest > read.current[id]) unread.add(id)
  }

  /** The link that the page was opened with is used up: opened once more, the page must not start again. */
  function started() {
    setStart({})
    history.replaceState(null, '', `?person=${person.id}`)
  }

  /** A link to the bot that was pressed in a group waits in the private chat for «start». */
  function goPrivate(payload) {
    choose(acting.id)
    setStart({ payload, of: acting.id })
  }

  return html`<div class="app" data-pane=${pane}>
    <p class="banner" data-testid="banner" role="note">
      <b>${words.banner.simulation}</b> ${away ? html`<span class="error" role="alert">${words.banner.away}</span>` : words.banner.about}
      ${error && html`<span class="error" role="alert"> ${error}</span>`}
    </p>
    <${People} people=${people} current=${group ? undefined : person?.id} unread=${unread} onChoose=${choose} onClose=${() => setPane('chat')} onError=${setError}>
      <${Groups} groups=${overview.groups} people=${people} current=${group?.id} acting=${acting} unread=${unread} onChoose=${(id, as = person?.id) => chooseGroup(id, as)} onError=${setError} />
    </${People}>
    ${
      acting
        ? html`<${Chat} key=${`${group?.id ?? ''}:${acting.id}`} person=${acting} group=${group} members=${members} ways=${{ groups: overview.groups, onGroup: id => chooseGroup(id, acting.id), onPrivate: goPrivate }} onActAs=${id => chooseGroup(group.id, id)} bot=${bot} start=${(start.of ?? acting.id) === acting.id ? start.payload : undefined} onStarted=${started} onPane=${setPane} onTab=${setTab} />`
        : html`<main class="chat nobody"><p class="empty">${words.people.nobody}</p></main>`
    }
    <${Office} tab=${tab} onTab=${setTab} people=${[...people, ...asPeople(overview.groups)]} current=${acting} onClose=${() => setPane('chat')} />
    <button class="backdrop" tabindex="-1" aria-hidden="true" onClick=${() => setPane('chat')}></button>
  </div>`
}

/** What `?start=` carries, as a link t.me/bot?start=… would; Telegram passes over one that is not allowed. */
function startOfAddress() {
  const payload = new URLSearchParams(location.search).get('start') ?? ''
  return /^[A-Za-z0-9_-]{1,64}$/.test(payload) ? { payload } : {}
}

/** Whether the connection to the server is lost. */
function useAway() {
  const [away, setAway] = useState(false)
  useEffect(
    () =>
      onNews(({ type }) => {
        if (type === 'away') setAway(true)
        if (type === 'hello') setAway(false)
      }),
    [],
  )
  return away
}

function useEscape(onEscape) {
  useEffect(() => {
    const keys = event => {
      if (event.key === 'Escape' && !document.querySelector('dialog[open]')) onEscape()
    }
    document.addEventListener('keydown', keys)
    return () => document.removeEventListener('keydown', keys)
  }, [])
}

/** Groups stand among people where money and calls are listed: both have an account and a chat. */
const asPeople = groups => groups.map(({ id, title }) => ({ id, firstName: title }))

/** The newest conversation first, as in Telegram; people without one, who were just added, above it. */
function byLastMessage(people) {
  const at = ({ last }) => last?.messageId ?? Number.POSITIVE_INFINITY
  return people.toSorted((a, b) => (at(a) === at(b) ? b.id - a.id : at(b) - at(a)))
}

document.documentElement.lang = language
document.title = words.title
listen()
const root = document.getElementById('app')
root.textContent = ''
render(html`<${App} />`, root)
