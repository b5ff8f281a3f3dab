import { isMine } from '../groups/marks.js'
import { html, Icon } from '../html.js'
import { briefly } from '../people.js'
import { words } from '../words.js'

/** Above the field: the message that is answered or edited. `about` is { what: 'reply' or 'edit', message }. */
export function About({ about, onStop }) {
  const { what, message } = about
  const title = what === 'edit' ? words.composer.editing : words.composer.replying
  return html`<div class="about" data-testid="about" data-what=${what} role="status">
    <${Icon} name=${what} size=${18} />
    <p><b>${title}</b> <span>${briefly(message)}</span></p>
    <button type="button" class="round small" data-testid="about-stop" aria-label=${words.composer.stopAbout} onClick=${onStop}><${Icon} name="close" size=${16} /></button>
  </div>`
}

/** In a bubble: what it answers. `message` is undefined once that was deleted; onShow brings it into view. See isMine. */
export function Replied({ message, viewerId, onShow }) {
  if (!message) return html`<p class="replied gone" data-testid="replied">${words.menu.deleted}</p>`
  return html`<button class="replied" data-testid="replied" aria-label=${words.menu.toReplied} onClick=${onShow}>
    <b>${isMine(message, viewerId) ? words.chat.from.person : (message.author?.firstName ?? words.chat.from[message.from])}</b><span>${briefly(message)}</span>
  </button>`
}
