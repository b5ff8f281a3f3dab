import { useState } from 'preact/hooks'
import { html, Icon } from '../html.js'
import { words } from '../words.js'

const w = words.intro
const introKey = 'intro-closed'
const paidPicture = 'm_flux-2-pro-text-to-image' // has no free runs, so the ledger moves
const suggestions = [
  { text: w.picture, payload: paidPicture },
  { text: w.photo, payload: 'm_kling-2-6-image-to-video', photo: true },
  { text: w.failure, payload: paidPicture, breaks: true },
]

/** Whether the hints are shown, which is remembered: [shown, show(yes)]. */
export function useIntro() {
  const [shown, setShown] = useState(() => localStorage.getItem(introKey) !== 'yes')
  const show = yes => {
    localStorage.setItem(introKey, yes ? 'no' : 'yes')
    setShown(yes)
  }
  return [shown, show]
}

/** A line about the playground and first things to try, above the messages; onSuggest gets one of `suggestions`. */
export function Intro({ onSuggest, onClose }) {
  return html`<section class="intro" aria-label=${w.title} data-testid="intro">
    <p>${w.about}</p>
    <div class="suggestions">
      ${suggestions.map(
        (suggestion, index) =>
          html`<button key=${index} class="suggestion" data-testid=${`suggestion-${index + 1}`} onClick=${() => onSuggest(suggestion)}>${suggestion.text}</button>`,
      )}
    </div>
    <button class="round small" aria-label=${w.close} data-testid="intro-close" onClick=${onClose}><${Icon} name="close" size=${14} /></button>
  </section>`
}

/** What a chat shows before its first message: the bot's picture, name and description, in the person's language. */
export function Profile({ name, description, shortDescription, photo }) {
  return html`<section class="bot-profile" aria-label=${w.profile(name)} data-testid="bot-profile">
    ${photo && html`<img src=${`/api/files/${encodeURIComponent(photo)}`} alt=${w.pictureOf(name)} width="96" height="96" data-testid="bot-photo" />`}
    <h2 data-testid="bot-name">${name}</h2>
    ${shortDescription && html`<p class="short" data-testid="bot-short-description">${shortDescription}</p>`}
    <p data-testid="bot-description">${description || words.chat.empty}</p>
  </section>`
}
