import { useState } from 'preact/hooks'
import { html, Icon } from '../html.js'
import { words } from '../words.js'
import { startPayload } from './rich-text.js'

const w = words.chat

/**
 * The bot's name, what it is doing, and a field for a link to it. onOpen(payload) resolves to false when it was refused;
 * `intro` is whether the hints are shown.
 */
export function ChatHeader({ person, bot, action, intro, onIntro, onPane, onOpen, onWrongLink }) {
  const [linking, setLinking] = useState(false)
  const [link, setLink] = useState('')
  async function submit(event) {
    event.preventDefault()
    const text = link.trim()
    const payload = startPayload(text, bot.username) ?? (/^[A-Za-z0-9_-]{1,64}$/.test(text) ? text : undefined)
    if (payload === undefined) {
      onWrongLink(w.wrongLink(bot.username))
    } else if (await onOpen(payload)) {
      setLinking(false)
      setLink('')
    }
  }
  return html`<header class="chat-header">
    <button class="round only-narrow" data-testid="open-people" aria-label=${words.people.title} onClick=${() => onPane('people')}><${Icon} name="people" /></button>
    <span class="avatar bot" aria-hidden="true"></span>
    <div class="who">
      <h1>${person.profile.name}</h1>
      <p><span class=${action ? 'action' : ''} data-testid="action" data-action=${action}>${w.actions[action] ?? w.bot}</span> · ${w.youAre(person.firstName)}</p>
    </div>
    <button class="round" data-testid="intro-toggle" aria-label=${words.intro.show} title=${words.intro.show} aria-expanded=${intro} onClick=${() => onIntro(!intro)}><${Icon} name="hint" /></button>
    <button class="round" data-testid="deep-link-toggle" aria-label=${w.byLink} title=${w.byLink} aria-expanded=${linking} onClick=${() => setLinking(!linking)}><${Icon} name="link" /></button>
    <button class="round only-medium" data-testid="open-office" aria-label=${w.office} onClick=${() => onPane('office')}><${Icon} name="office" /></button>
    ${
      linking &&
      html`<form class="deep-link" onSubmit=${event => void submit(event)} onKeyDown=${event => event.key === 'Escape' && setLinking(false)}>
        <label>${w.byLink}
          <input data-testid="deep-link" value=${link} onInput=${event => setLink(event.target.value)} spellcheck="false" autocapitalize="off"
            placeholder="t.me/…?start=m_z-image" ref=${field => field?.focus()} />
        </label>
        <button class="primary" data-testid="deep-link-open">${w.openLink}</button>
      </form>`
    }
  </header>`
}
