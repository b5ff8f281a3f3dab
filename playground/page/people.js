import { useState } from 'preact/hooks'
import { Dialog } from './dialog.js'
import { clock } from './format.js'
import { html, Icon } from './html.js'
import { SubscriptionsSheet } from './payments/subscriptions.js'
import { patch, post } from './server.js'
import { language, languages as pageLanguages, switchLanguage, words } from './words.js'

const w = words.people

/** The people who use the bot here. `unread` holds the ids of people with messages that they have not seen. */
export function People({ people, current, unread, onChoose, onClose, onError, children }) {
  const [adding, setAdding] = useState(false)
  const chosen = people.find(({ id }) => id === current)
  return html`<nav class="people" aria-label=${w.title} data-testid="people">
    <header class="pane-header">
      <h2>${w.title}</h2>
      <button class="plain small" data-testid="person-add" onClick=${() => setAdding(true)}><${Icon} name="plus" size=${16} /> ${w.add}</button>
      <button class="round only-narrow" aria-label=${words.close} data-testid="people-close" onClick=${onClose}><${Icon} name="close" /></button>
    </header>
    <ul class="person-list">
      ${people.map(
        person =>
          html`<li key=${person.id}>
            <button class="person" data-testid=${`person-${person.id}`} aria-current=${person.id === current ? 'true' : undefined} onClick=${() => onChoose(person.id)}>
              <${Avatar} person=${person} />
              <span class="person-name">${person.firstName}</span>
              ${person.last && html`<time>${clock(person.last.date)}</time>`}
              <span class="person-last">${person.blocked ? html`<i class="chip bad">${w.blocked}</i>` : preview(person.last)}</span>
              ${unread.has(person.id) && html`<span class="dot" role="img" aria-label=${w.unread}></span>`}
            </button>
          </li>`,
      )}
    </ul>
    ${children}
    ${chosen && html`<${PersonCard} person=${chosen} onError=${onError} />`}
    <${PageLanguage} />
    ${
      adding &&
      html`<${NewPerson} onClose=${() => setAdding(false)}
        onAdd=${async fields => {
          const person = await post('/api/people', fields)
          setAdding(false)
          onChoose(person.id)
        }} />`
    }
  </nav>`
}

export function Avatar({ person }) {
  const initials = person.firstName
    .split(/\s+/)
    .slice(0, 2)
    .map(word => [...word][0] ?? '')
    .join('')
    .toUpperCase()
  return html`<span class="avatar" style=${{ '--hue': (person.id * 47) % 360 }} aria-hidden="true">${initials}</span>`
}

/** A message in a few words of one line. */
export function briefly({ byLink, service, text, media, invoice }) {
  if (byLink) return '/start'
  return service ?? text ?? (media ? words.media[media.kind] : (invoice?.title ?? ''))
}

function preview(last) {
  if (!last) return w.notStarted
  return `${last.from === 'person' ? w.you : ''}${briefly(last)}`
}

function PersonCard({ person, onError }) {
  const [subscriptions, setSubscriptions] = useState(false)
  const change = async fields => {
    try {
      await patch(`/api/people/${person.id}`, fields)
    } catch (error) {
      onError(error.message)
    }
  }
  return html`<section class="person-card" aria-label=${w.settings(person.firstName)}>
    <p><b>${person.firstName}</b> <span class="quiet">id ${person.id}${person.username ? ` · @${person.username}` : ''}</span></p>
    <label class="field">${w.language}
      <select data-testid="person-language" value=${person.languageCode} onChange=${event => void change({ languageCode: event.target.value })}>
        ${[...new Set(['ru', 'en', 'uk', 'de', person.languageCode])].map(code => html`<option key=${code} value=${code}>${languages[code] ?? code}</option>`)}
      </select>
    </label>
    <button class="plain" data-testid="person-topics" aria-pressed=${person.topics === true} onClick=${() => void change({ topics: !person.topics })}>
      ${person.topics ? words.topics.off : words.topics.on}
    </button>
    <button class="plain" data-testid="person-subscriptions" onClick=${() => setSubscriptions(true)}>${words.subscription.title}</button>
    ${subscriptions && html`<${SubscriptionsSheet} path=${`/api/people/${person.id}`} onClose=${() => setSubscriptions(false)} />`}
    <button class="plain" data-testid="person-block" aria-pressed=${person.blocked} onClick=${() => void change({ blocked: !person.blocked })}>
      ${person.blocked ? w.unblock : w.block}
    </button>
  </section>`
}

const languages = { ru: 'Русский', en: 'English', uk: 'Українська', de: 'Deutsch' }

function PageLanguage() {
  return html`<div class="page-language segments" role="group" aria-label=${words.pageLanguage}>
    ${Object.entries(pageLanguages).map(
      ([name, label]) =>
        html`<button key=${name} lang=${name} data-testid=${`page-${name}`} aria-pressed=${name === language} onClick=${() => switchLanguage(name)}>${label}</button>`,
    )}
  </div>`
}

function NewPerson({ onAdd, onClose }) {
  const [error, setError] = useState(null)
  async function submit(event) {
    event.preventDefault()
    const form = new FormData(event.target)
    const username = form.get('username').trim().replace(/^@/, '')
    try {
      await onAdd({
        firstName: form.get('firstName'),
        languageCode: form.get('languageCode'),
        ...(username ? { username } : {}),
      })
    } catch (refused) {
      setError(refused.message)
    }
  }
  return html`<${Dialog} label=${w.newTitle} testid="person-sheet" onClose=${onClose}>
    <form onSubmit=${event => void submit(event)}>
      <h2>${w.newTitle}</h2>
      <label class="field">${w.name} <input name="firstName" required maxlength="64" data-testid="person-name" /></label>
      <label class="field">${w.username} <input name="username" pattern="@?[A-Za-z][A-Za-z0-9_]{3,31}" data-testid="person-username" placeholder="@anna" /></label>
      <label class="field">${w.language}
        <select name="languageCode" data-testid="person-new-language">
          ${Object.entries(languages).map(([code, name]) => html`<option key=${code} value=${code}>${name}</option>`)}
        </select>
      </label>
      ${error && html`<p class="error" role="alert">${error}</p>`}
      <div class="choices">
        <button type="button" class="plain" onClick=${onClose}>${words.cancel}</button>
        <button class="primary" data-testid="person-create">${w.create}</button>
      </div>
    </form>
  </>`
}
