import { useState } from 'preact/hooks'
import { html, Icon } from '../html.js'

const introKey = 'intro-closed'
const paidPicture = 'm_flux-2-pro-text-to-image' // has no free runs, so the ledger moves
const suggestions = [
  { text: 'Создать картинку', payload: paidPicture },
  { text: 'Оживить фото', payload: 'm_kling-2-6-image-to-video', photo: true },
  { text: 'Сломать исполнителя и вернуть деньги', payload: paidPicture, breaks: true },
]

/** A line about the playground and first things to try; onSuggest gets one of `suggestions`. */
export function Intro({ onSuggest }) {
  const [closed, setClosed] = useState(() => localStorage.getItem(introKey) === 'yes')
  function close() {
    localStorage.setItem(introKey, 'yes')
    setClosed(true)
  }
  return html`<section class=${closed ? 'intro brief' : 'intro'} aria-label="С чего начать">
    ${
      !closed &&
      html`<p>Бот настоящий, понарошку здесь только Telegram, исполнитель и деньги.
        <button class="round small" aria-label="Убрать пояснение" data-testid="intro-close" onClick=${close}><${Icon} name="close" size=${14} /></button></p>`
    }
    <div class="suggestions">
      ${suggestions.map(
        (suggestion, index) =>
          html`<button key=${index} class="suggestion" data-testid=${`suggestion-${index + 1}`} onClick=${() => onSuggest(suggestion)}>${suggestion.text}</button>`,
      )}
    </div>
  </section>`
}
