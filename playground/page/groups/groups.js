import { useState } from 'preact/hooks'
import { Dialog } from '../dialog.js'
import { clock } from '../format.js'
import { html, Icon } from '../html.js'
import { briefly } from '../people.js'
import { patch, post } from '../server.js'
import { words } from '../words.js'

const w = words.groups

/** The groups in the list of chats, and what can be done with the open one. `acting` is who the reader is there. */
export function Groups({ groups, people, current, acting, unread, onChoose, onError }) {
  const [adding, setAdding] = useState(false)
  const open = groups.find(({ id }) => id === current)
  return html`<section class="groups" aria-label=${w.title} data-testid="groups">
    <header><h2>${w.title}</h2>
      <button class="plain small" data-testid="group-add" onClick=${() => setAdding(true)}><${Icon} name="plus" size=${16} /> ${w.add}</button>
    </header>
    <ul>
      ${groups.map(
        group => html`<li key=${group.id}>
          <button class="person" data-testid=${`group-${group.id}`} aria-current=${group.id === current ? 'true' : undefined} onClick=${() => onChoose(group.id)}>
            <span class="avatar group" style=${{ '--hue': (-group.id * 47) % 360 }} aria-hidden="true"><${Icon} name="people" size=${20} /></span>
            <span class="person-name">${group.title}</span>
            ${group.last && html`<time>${clock(group.last.date)}</time>`}
            <span class="person-last">${group.last ? said(group.last) : w.members(group.members.length)}</span>
            ${unread.has(group.id) && html`<span class="dot" role="img" aria-label=${words.people.unread}></span>`}
          </button>
        </li>`,
      )}
    </ul>
    ${open && acting && html`<${GroupCard} group=${open} acting=${acting} onError=${onError} />`}
    ${
      adding &&
      html`<${NewGroup} people=${people} onClose=${() => setAdding(false)}
        onAdd=${async fields => {
          const { id } = await post('/api/groups', fields)
          setAdding(false)
          onChoose(id, fields.creator)
        }} />`
    }
  </section>`
}

const said = last => (last.author && !last.service ? `${last.author.firstName}: ${briefly(last)}` : briefly(last))

/** What the bot is in the group, as the acting person sets it. */
function GroupCard({ group, acting, onError }) {
  const change = async bot => {
    try {
      await patch(`/api/groups/${group.id}`, { bot, by: acting.id })
    } catch (error) {
      onError(error.message)
    }
  }
  return html`<div class="group-card">
    <label class="field">${w.bot}
      <select data-testid="group-bot" value=${group.bot} onChange=${event => void change(event.target.value)}>
        ${Object.entries(w.statuses).map(([status, label]) => html`<option key=${status} value=${status} disabled=${status === 'left'}>${label}</option>`)}
      </select>
    </label>
  </div>`
}

function NewGroup({ people, onAdd, onClose }) {
  const [error, setError] = useState(null)
  async function submit(event) {
    event.preventDefault()
    const form = new FormData(event.target)
    const [creator, ...members] = form.getAll('members').map(Number)
    if (creator === undefined) return setError(w.nobody)
    try {
      await onAdd({ title: form.get('title'), creator, members })
    } catch (refused) {
      setError(refused.message)
    }
  }
  return html`<${Dialog} label=${w.newTitle} testid="group-sheet" onClose=${onClose}>
    <form onSubmit=${event => void submit(event)}>
      <h2>${w.newTitle}</h2>
      <label class="field">${w.name} <input name="title" required maxlength="128" data-testid="group-title" /></label>
      <fieldset class="group-members"><legend>${w.who}</legend>
        ${people.map(
          ({ id, firstName }) =>
            html`<label key=${id}><input type="checkbox" name="members" value=${id} defaultChecked data-testid=${`group-member-${id}`} /> ${firstName}</label>`,
        )}
      </fieldset>
      ${error && html`<p class="error" role="alert">${error}</p>`}
      <div class="choices">
        <button type="button" class="plain" onClick=${onClose}>${words.cancel}</button>
        <button class="primary" data-testid="group-create">${words.people.create}</button>
      </div>
    </form>
  </>`
}
