import { html } from '../html.js'
import { words } from '../words.js'

const w = words.groups

/** Whether a message is the reader's own: in a group (`viewerId`) others write too. */
export const isMine = ({ from, author }, viewerId) =>
  from === 'person' && (viewerId === undefined || author?.id === viewerId)

/** Above a message of a group: who wrote it, by way of the bot or not. */
export function Author({ message, viewerId }) {
  const { author, viaBot } = message
  const isOther = author && viewerId !== undefined && author.id !== viewerId
  if (!isOther && !viaBot) return null
  return html`<p class="author" style=${{ '--hue': ((author?.id ?? 0) * 47) % 360 }} data-testid="author">
    ${isOther && author.firstName}${viaBot && html`<span class="quiet"> ${w.viaBot}</span>`}
  </p>`
}

/** That nobody else in the group sees it. */
export function OnlyYou({ message }) {
  return message.onlyYou ? html`<p class="only-you" data-testid="only-you">${w.onlyYou}</p>` : null
}

export function Reactions({ message }) {
  if (!message.reactions?.length) return null
  return html`<p class="reactions" data-testid="reactions">
    ${message.reactions.map(({ emoji, count }) => html`<span key=${emoji} class="chip">${emoji}${count > 1 && ` ${count}`}</span>`)}
  </p>`
}
