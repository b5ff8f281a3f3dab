import { isObject, textOf } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import type { Rules } from '../rules.ts'
import type { Button, ChatKind } from '../stand-in.ts'
import { httpUrl } from './links.ts'

export type WireButton = {
  text: string
  callback_data?: string
  url?: string
  pay?: true
  style?: NonNullable<Button['style']>
  icon_custom_emoji_id?: string
  copy_text?: { text: string }
  switch_inline_query?: string
  switch_inline_query_current_chat?: string
  switch_inline_query_chosen_chat?: ChosenChat
  disabled?: object
  /** Any other kind, kept as it came. */
  [other: string]: unknown
}
type ChosenChat = { query?: string } & Partial<Record<`allow_${ChatKind}_chats`, boolean>>

// "Exactly one of the fields other than text, icon_custom_emoji_id, and style":
// https://core.telegram.org/bots/api#inlinekeyboardbutton
export const KINDS = [
  'url',
  'callback_data',
  'web_app',
  'login_url',
  'switch_inline_query',
  'switch_inline_query_current_chat',
  'switch_inline_query_chosen_chat',
  'copy_text',
  'disabled',
  'callback_game',
  'pay',
]
const STYLES = ['primary', 'success', 'danger']
export const CHAT_KINDS: ChatKind[] = ['user', 'bot', 'group', 'channel']

const no = (what: string) => bad(`can't parse inline keyboard button: ${what}`)

/** One button of an inline keyboard; its fields are those of the description. Throws 400. */
export function readButton(button: unknown, mayPay: boolean, rules: Rules): WireButton {
  if (!isObject(button)) throw no('InlineKeyboardButton must be an Object')
  const text = textOf(button, 'text')
  if (text === undefined || text.trim() === '') throw no('Button text must be non-empty')
  const kinds = KINDS.filter(kind => button[kind] !== undefined && button[kind] !== null && button[kind] !== false)
  const [kind] = kinds
  if (kind === undefined) throw no('Text buttons are unallowed in the inline keyboard')
  if (kinds.length > 1) throw no(`exactly one kind expected, found ${kinds.join(' and ')}`)
  return { text, ...readKind(kind, button, mayPay, rules), ...readLooks(button, rules) }
}

/** Colour and icon of a button, of a keyboard of any kind. Throws 400. */
export function readLooks(button: Record<string, unknown>, { customEmoji }: Pick<Rules, 'customEmoji'>) {
  const style = textOf(button, 'style')
  const icon = textOf(button, 'icon_custom_emoji_id')
  if (style !== undefined && !STYLES.includes(style)) throw no(`unknown style "${style}" of a button`)
  if (icon !== undefined && !/^\d+$/.test(icon)) throw bad('invalid custom emoji identifier specified')
  if (icon !== undefined && !customEmoji) throw bad("the bot can't use custom emoji in buttons")
  return {
    ...(style === undefined ? {} : { style: style as NonNullable<WireButton['style']> }),
    ...(icon === undefined ? {} : { icon_custom_emoji_id: icon }),
  }
}

function readKind(kind: string, button: Record<string, unknown>, mayPay: boolean, rules: Rules): object {
  switch (kind) {
    case 'callback_data': {
      const data = textOf(button, 'callback_data') ?? ''
      const bytes = Buffer.byteLength(data)
      if (bytes < 1 || bytes > 64) throw bad('BUTTON_DATA_INVALID')
      return { callback_data: data }
    }
    case 'url': {
      const url = httpUrl(textOf(button, 'url') ?? '')
      if (!url) throw bad(`inline keyboard button URL '${String(button.url)}' is invalid: Wrong HTTP URL`)
      return { url }
    }
    case 'pay':
      if (!mayPay) throw bad('BUTTON_TYPE_INVALID')
      return { pay: true }
    case 'web_app': {
      const app = button.web_app
      if (!isObject(app) || !/^https:\/\//i.test(textOf(app, 'url') ?? '')) throw bad('BUTTON_URL_INVALID')
      return { web_app: { url: app.url } }
    }
    case 'copy_text': {
      const copied = isObject(button.copy_text) ? (textOf(button.copy_text, 'text') ?? '') : ''
      if (copied.length < 1 || copied.length > 256) throw bad('BUTTON_COPY_TEXT_INVALID')
      return { copy_text: { text: copied } }
    }
    case 'switch_inline_query':
    case 'switch_inline_query_current_chat':
    case 'switch_inline_query_chosen_chat':
      if (!rules.inlineMode) throw bad('BUTTON_TYPE_INVALID')
      return { [kind]: kind.endsWith('chosen_chat') ? readChosen(button[kind]) : readQuery(textOf(button, kind)) }
    default:
      return { [kind]: button[kind] }
  }
}

const MOST_QUERY = 256

function readQuery(query: string | undefined) {
  // An inline query has "up to 256 characters": https://core.telegram.org/bots/api#inlinequery
  if ((query ?? '').length > MOST_QUERY) throw bad('BUTTON_DATA_INVALID')
  return query ?? ''
}

function readChosen(chosen: unknown): ChosenChat {
  if (!isObject(chosen)) throw no('SwitchInlineQueryChosenChat must be an Object')
  const kinds = CHAT_KINDS.filter(kind => chosen[`allow_${kind}_chats`] === true)
  if (kinds.length === 0) throw no('at least one chat type must be allowed')
  return {
    query: readQuery(textOf(chosen, 'query')),
    ...Object.fromEntries(kinds.map(kind => [`allow_${kind}_chats`, true])),
  }
}
