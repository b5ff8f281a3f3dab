import { price } from '../format.js'
import { html, Icon } from '../html.js'
import { words } from '../words.js'

/** The buttons under a message. As in Telegram a caption has one line, and one too long ends in an ellipsis. */
export function Keyboard({ message, act, pressing }) {
  const { invoice, buttons: rows = [] } = message
  const shown = invoice && !rows.flat().some(({ pay }) => pay) ? [[{ pay: true }], ...rows] : rows
  if (shown.length === 0) return null
  return html`<div class="keyboard">
    ${shown.map(
      (row, r) =>
        html`<div class="keys" key=${r}>
          ${row.map((button, c) => {
            if (button.pay) return html`<${PayKey} message=${message} onPress=${act.pay} />`
            const busy = pressing === `${message.messageId}:${r}:${c}`
            return html`<button class=${['key', button.style].filter(Boolean).join(' ')} key=${c} data-testid=${`button-${r}-${c}`} data-callback=${button.data} data-style=${button.style} aria-busy=${busy} disabled=${button.disabled}
              onClick=${() => act.press(message, r, c, button)}>
              <span class="key-text">${button.text}</span><${Mark} button=${button} />${busy && html`<i class="spinner" role="status" aria-label=${words.chat.waiting}></i>`}
            </button>`
          })}
        </div>`,
    )}
  </div>`
}

/** In the corner: what a press does other than ask the bot. */
function Mark({ button }) {
  const icon = button.switchTo ? 'forward' : button.copy && 'copy'
  const mark = button.url ? '↗' : icon && html`<${Icon} name=${icon} size=${13} />`
  return mark && html`<i class="away" aria-hidden="true">${mark}</i>`
}

function PayKey({ message, onPress }) {
  const { invoice } = message
  const amount = invoice ? price(invoice.currency, invoice.amount) : ''
  const label = invoice?.paid ? words.pay.again(amount) : words.pay.pay(amount)
  return html`<button class="key pay" data-testid="pay" onClick=${() => onPress(message)}><span class="key-text">${label}</span></button>`
}
