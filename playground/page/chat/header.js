import { useState } from 'preact/hooks'
import { html, Icon } from '../html.js'
import { startPayload } from './rich-text.js'

/** The bot's name, and a field for a link to it. onOpen(payload) resolves to false when it was refused. */
export function ChatHeader({ person, bot, onPane, onOpen, onWrongLink }) {
  const [linking, setLinking] = useState(false)
  const [link, setLink] = useState('')
  async function submit(event) {
    event.preventDefault()
    const text = link.trim()
    const payload = startPayload(text, bot.username) ?? (/^[A-Za-z0-9_-]{1,64}$/.test(text) ? text : undefined)
    if (payload === undefined) {
      onWrongLink(`Нужна ссылка t.me/${bot.username}?start=… или её конец: латиница, цифры, _ и -, до 64 знаков`)
    } else if (await onOpen(payload)) {
      setLinking(false)
      setLink('')
    }
  }
  return html`<header class="chat-header">
    <button class="round only-narrow" data-testid="open-people" aria-label="Люди" onClick=${() => onPane('people')}><${Icon} name="people" /></button>
    <span class="avatar bot" aria-hidden="true"></span>
    <div class="who">
      <h1>${bot.firstName}</h1>
      <p>бот · вы здесь ${person.firstName}</p>
    </div>
    <button class="round" data-testid="deep-link-toggle" aria-label="Открыть по ссылке" title="Открыть по ссылке" aria-expanded=${linking} onClick=${() => setLinking(!linking)}><${Icon} name="link" /></button>
    <button class="round only-medium" data-testid="open-office" aria-label="Служебная панель" onClick=${() => onPane('office')}><${Icon} name="office" /></button>
    ${
      linking &&
      html`<form class="deep-link" onSubmit=${event => void submit(event)} onKeyDown=${event => event.key === 'Escape' && setLinking(false)}>
        <label>Открыть по ссылке
          <input data-testid="deep-link" value=${link} onInput=${event => setLink(event.target.value)} spellcheck="false" autocapitalize="off"
            placeholder="t.me/…?start=m_z-image" ref=${field => field?.focus()} />
        </label>
        <button class="primary" data-testid="deep-link-open">Открыть</button>
      </form>`
    }
  </header>`
}
