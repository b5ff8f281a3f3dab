import { useState } from 'preact/hooks'
import { html, Icon } from '../html.js'
import { words } from '../words.js'

/** A quotation that shows its first lines until it is opened. */
export function LongQuote({ children }) {
  const [isOpen, setOpen] = useState(false)
  return html`<blockquote class=${isOpen ? 'long' : 'long folded'}>
    <div>${children}</div>
    <button class="round small" data-testid="quote" aria-expanded=${isOpen} aria-label=${isOpen ? words.chat.fold : words.chat.unfold} onClick=${() => setOpen(!isOpen)}><${Icon} name="down" size=${14} /></button>
  </blockquote>`
}
