import { escaped, SIMPLE } from '../messages/render.ts'
import { plainBy } from './plain.ts'
import type { RichMessage, RichText } from './wire.ts'

/** The words of a rich message, line by line as `plainMessage` has them, with Telegram's tags for texts. */
export const renderRich = (message: RichMessage): string => plainBy(inline, message)

function inline(text: RichText | undefined): string {
  if (text === undefined) return ''
  if (typeof text === 'string') return escaped(text)
  if (Array.isArray(text)) return text.map(inline).join('')
  if (text.button) return inline(text.button.text)
  const plain = text.alternative_text ?? text.expression
  if (typeof plain === 'string') return escaped(plain)
  const inner = inline(text.text)
  if (text.type === 'url') return `<a href="${escaped(String(text.url))}">${inner}</a>`
  const tag = SIMPLE[text.type]
  return tag ? `<${tag}>${inner}</${tag}>` : inner
}
