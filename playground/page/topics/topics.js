import { useEffect, useRef, useState } from 'preact/hooks'
import { Dialog } from '../dialog.js'
import { html, Icon } from '../html.js'
import { words } from '../words.js'

const w = words.topics

/**
 * The topics in a row, «General» first, and a field for a new one. `view` is what useTopics returns; `actions` is what the
 * bot does in each. onAdd(name) resolves to false when it was refused.
 */
export function Topics({ view, actions, onChoose, onAdd, onRemove }) {
  const [adding, setAdding] = useState(false)
  const all = [{ threadId: undefined, name: w.general }, ...view.topics]
  return html`<nav class="topics" aria-label=${w.title} data-testid="topics">
    <ul>
      ${all.map(topic => {
        const key = topic.threadId ?? 0
        const isOpen = topic.threadId === view.threadId
        return html`<li key=${key} class=${isOpen ? 'open' : ''}>
          <${Tab} topic=${topic} isOpen=${isOpen} unread=${view.unread[key] ?? 0} action=${actions[key]} onChoose=${onChoose} />
          ${isOpen && topic.threadId && html`<button class="round small" data-testid="topic-remove" aria-label=${w.remove(topic.name)} onClick=${() => onRemove(topic)}><${Icon} name="close" size=${14} /></button>`}
        </li>`
      })}
    </ul>
    <button class="round small" data-testid="topic-add" aria-label=${w.add} title=${w.add} aria-expanded=${adding} onClick=${() => setAdding(!adding)}><${Icon} name="plus" size=${18} /></button>
    ${adding && html`<${NewTopic} onAdd=${onAdd} onClose=${() => setAdding(false)} />`}
  </nav>`
}

function Tab({ topic, isOpen, unread, action, onChoose }) {
  const tab = useRef()
  useEffect(() => {
    if (isOpen) tab.current.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [isOpen])
  return html`<button ref=${tab} class="topic" data-testid=${`topic-${topic.threadId ?? 'general'}`} aria-current=${isOpen ? 'true' : undefined} onClick=${() => onChoose(topic.threadId)}>
    <span class="topic-name">${topic.name}</span>
    ${action && !isOpen && html`<span class="acting" role="img" data-testid="topic-acting" aria-label=${w.acting}>…</span>`}
    ${unread > 0 && html`<span class="count" data-testid="topic-unread" aria-label=${w.unread(unread)}>${unread}</span>`}
  </button>`
}

function NewTopic({ onAdd, onClose }) {
  async function submit(event) {
    event.preventDefault()
    const name = new FormData(event.target).get('name').trim()
    if (name && (await onAdd(name)) !== false) onClose()
  }
  return html`<form class="new-topic" onSubmit=${event => void submit(event)} onKeyDown=${event => event.key === 'Escape' && onClose()}>
    <input name="name" maxlength="128" required data-testid="topic-name" aria-label=${w.name} placeholder=${w.name} ref=${field => field?.focus()} />
    <button class="primary small" data-testid="topic-create">${w.create}</button>
  </form>`
}

/** Asks before a topic and its messages are deleted. */
export function RemoveTopic({ topic, onRemove, onClose }) {
  const remove = () => {
    onClose()
    onRemove(topic)
  }
  return html`<${Dialog} label=${w.remove(topic.name)} testid="topic-sheet" onClose=${onClose}>
    <p>${w.removeAsk(topic.name)}</p>
    <div class="choices">
      <button class="plain" onClick=${onClose}>${words.cancel}</button>
      <button class="primary danger" data-testid="topic-remove-yes" onClick=${remove}>${w.removeYes}</button>
    </div>
  </>`
}
