import { useEffect, useState } from 'preact/hooks'
import { html } from '../html.js'
import { words } from '../words.js'

// An effect is for who sees the message arrive: not for one that was there long before. Milliseconds.
const freshMs = 60_000
const pieces = [-3, -2, -1, 1, 2, 3]
const played = new Set()

/** The effect of a message: played once over it, and again on a press. Who asked for less motion sees its emoji only. */
export function Effect({ message }) {
  const { effect, messageId, date } = message
  const [times, setTimes] = useState(0)
  const [playing, setPlaying] = useState(false)
  function play() {
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return
    setTimes(before => before + 1)
    setPlaying(true)
  }
  useEffect(() => {
    if (played.has(messageId)) return
    played.add(messageId)
    if (Date.now() - date * 1000 < freshMs) play()
  }, [])
  const ended = event => event.target === event.currentTarget && setPlaying(false)
  return html`<button class="effect" data-testid="effect" aria-label=${words.chat.effect(effect.emoji)} onClick=${play}>${effect.emoji}</button>
    ${
      playing &&
      html`<span class="effect-play" key=${times} data-testid="effect-play" aria-hidden="true" onAnimationEnd=${ended}>
        <b>${effect.emoji}</b>
        ${pieces.map(side => html`<i key=${side} style=${{ '--side': side }}>${effect.emoji}</i>`)}
      </span>`
    }`
}
