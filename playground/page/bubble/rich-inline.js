import { Link, linked, Spoiler } from '../chat/rich-text.js'
import { html } from '../html.js'

const tags = {
  bold: 'b',
  italic: 'i',
  underline: 'u',
  strikethrough: 's',
  code: 'code',
  marked: 'mark',
  subscript: 'sub',
  superscript: 'sup',
}

/** A formatted text inside of a block: a string, a list, or one of Telegram's objects. */
export function Inline({ text, of }) {
  if (text === undefined) return null
  if (typeof text === 'string') return linked(text, of.act)
  if (Array.isArray(text)) return text.map(one => html`<${Inline} text=${one} of=${of} />`)
  const inner = html`<${Inline} text=${text.text} of=${of} />`
  const tag = tags[text.type]
  if (tag) return html`<${tag}>${inner}</${tag}>`
  if (text.type === 'spoiler') return html`<${Spoiler}>${inner}</>`
  if (text.type === 'url') return html`<${Link} url=${text.url} act=${of.act}>${inner}</>`
  if (text.type === 'button') return html`<${RichKey} button=${text.button} of=${of} />`
  if (text.type === 'custom_emoji') return text.alternative_text
  if (text.type === 'mathematical_expression') return html`<code>${text.expression}</code>`
  return inner
}

/** A button inside of the text; one that calls back is pressed like those below a message. */
export function RichKey({ button, of }) {
  const { message, act } = of
  const text = plainOf(button.text)
  const press = () => {
    if (button.callback_data) return act.press(message, 'rich', text, { text, data: button.callback_data })
    if (button.url) act.onLink(button.url)
    if (button.copy_text) void navigator.clipboard?.writeText(button.copy_text.text)
  }
  return html`<button class="rich-key" data-style=${button.style} disabled=${button.disabled !== undefined} onClick=${press}>${text}</button>`
}

/** The words alone. */
export function plainOf(text) {
  if (typeof text !== 'object') return text ?? ''
  return Array.isArray(text) ? text.map(plainOf).join('') : (text.alternative_text ?? plainOf(text.text))
}
