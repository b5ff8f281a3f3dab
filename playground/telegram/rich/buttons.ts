import { isObject, textOf } from '../api/fields.ts'
import { KINDS } from '../messages/buttons.ts'
import { httpUrl } from '../messages/links.ts'
import { no } from './meter.ts'
import { plainOf } from './plain.ts'
import type { RichButton, RichText } from './wire.ts'

const STYLES = ['danger', 'success', 'primary', 'link']

/** Reads a RichMessageButton (https://core.telegram.org/bots/api#richmessagebutton). Throws 400. */
export function readButton(from: unknown, readText: (value: unknown) => RichText): RichButton {
  if (!isObject(from)) throw no('RichMessageButton must be an Object')
  const text = readText(from.text)
  if (plainOf(text).trim() === '') throw no('the text of a button is empty')
  if (!isSimple(text)) throw no('the text of a button may be plain, with custom emoji and times')
  const kinds = KINDS.filter(kind => from[kind] !== undefined && from[kind] !== null)
  if (kinds.length !== 1) throw no(`a button has exactly one kind, not ${kinds.length}`)
  const [kind] = kinds as [string]
  const style = textOf(from, 'style')
  if (style !== undefined && !STYLES.includes(style)) throw no(`wrong style "${style}" of a button`)
  if (style === 'link' && kind !== 'callback_data') throw no('the style "link" is for callback buttons only')
  return { text, ...(style === undefined ? {} : { style }), [kind]: actionOf(kind, from) }
}

function isSimple(text: RichText): boolean {
  if (typeof text === 'string') return true
  if (Array.isArray(text)) return text.every(isSimple)
  return text.type === 'custom_emoji' || (text.type === 'date_time' && isSimple(text.text ?? ''))
}

function actionOf(kind: string, from: Record<string, unknown>): unknown {
  const value = from[kind]
  switch (kind) {
    case 'callback_data': {
      const bytes = Buffer.byteLength(textOf(from, kind) ?? '')
      if (bytes < 1 || bytes > 64) throw no('the data of a button has 1-64 bytes')
      return value
    }
    case 'url': {
      const url = httpUrl(textOf(from, kind) ?? '')
      if (!url) throw no(`wrong URL "${String(value)}" of a button`)
      return url
    }
    case 'web_app':
    case 'login_url':
      if (!isObject(value) || !/^https:\/\//i.test(textOf(value, 'url') ?? '')) throw no(`${kind} has no https URL`)
      return { ...value }
    case 'copy_text': {
      const copied = isObject(value) ? (textOf(value, 'text') ?? '') : ''
      if (copied.length < 1 || copied.length > 256) throw no('a button copies 1-256 characters')
      return { text: copied }
    }
    case 'switch_inline_query':
    case 'switch_inline_query_current_chat':
      return textOf(from, kind)
    default:
      if (!isObject(value)) throw no(`${kind} must be an Object`)
      return { ...value }
  }
}
