import { intOf, isObject, textOf } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import { httpUrl } from './links.ts'

export type WireButton = {
  text: string
  callback_data?: string
  url?: string
  pay?: true
  /** Any other kind, kept as it came. */
  [other: string]: unknown
}
export type InlineKeyboard = { inline_keyboard: WireButton[][] }

// "Exactly one of the fields other than text" (and the looks) must be there.
const KINDS = [
  'url',
  'callback_data',
  'web_app',
  'login_url',
  'switch_inline_query',
  'switch_inline_query_current_chat',
  'switch_inline_query_chosen_chat',
  'copy_text',
  'callback_game',
  'pay',
]
const LOOKS = ['text', 'icon_custom_emoji_id', 'style']
const MOST_BUTTONS = 100

/**
 * The inline keyboard of a reply_markup, or nothing for the other kinds, which leave no buttons on a message.
 * Edits take inline keyboards only. Throws 400.
 */
export function readKeyboard(
  markup: Record<string, unknown> | undefined,
  { use }: { use: 'message' | 'edit' | 'invoice' },
): InlineKeyboard | undefined {
  if (!markup || Object.keys(markup).length === 0) return
  if ('inline_keyboard' in markup) return inline(markup.inline_keyboard, use)
  if (use !== 'message') throw bad('inline keyboard expected')
  if ('keyboard' in markup) return checkReplyKeyboard(markup.keyboard)
  if (markup.remove_keyboard === true || markup.force_reply === true) return
  throw bad("can't parse reply markup: unknown kind")
}

function inline(rows: unknown, use: string): InlineKeyboard | undefined {
  if (!Array.isArray(rows)) throw bad('can\'t parse inline keyboard: Field "inline_keyboard" must be of type Array')
  const keyboard = rows.map((row, y) => {
    if (!Array.isArray(row))
      throw bad('can\'t parse inline keyboard: Field "inline_keyboard" must be an Array of Arrays')
    return row.map((button, x) => readButton(button, use === 'invoice' && x === 0 && y === 0))
  })
  const filled = keyboard.filter(row => row.length > 0)
  if (filled.flat().length > MOST_BUTTONS) throw bad('REPLY_MARKUP_TOO_LONG')
  // The pay button must come first, and an invoice with its own buttons needs one:
  // https://core.telegram.org/bots/api#sendinvoice
  if (use === 'invoice' && filled.length > 0 && !filled[0]![0]!.pay) throw bad('BUTTON_POS_INVALID')
  return filled.length > 0 ? { inline_keyboard: filled } : undefined
}

function readButton(button: unknown, mayPay: boolean): WireButton {
  const no = (what: string) => bad(`can't parse inline keyboard button: ${what}`)
  if (!isObject(button)) throw no('InlineKeyboardButton must be an Object')
  const text = textOf(button, 'text')
  if (text === undefined || text.trim() === '') throw no('Button text must be non-empty')
  const extra = Object.keys(button).filter(key => !KINDS.includes(key) && !LOOKS.includes(key))
  if (extra.length > 0) throw no(`unknown field "${extra[0]}"`)
  const kinds = KINDS.filter(kind => button[kind] !== undefined && button[kind] !== null && button[kind] !== false)
  if (kinds.length === 0) throw no('Text buttons are unallowed in the inline keyboard')
  if (kinds.length > 1) throw no(`exactly one kind expected, found ${kinds.join(' and ')}`)
  const looks = Object.fromEntries(LOOKS.slice(1).flatMap(key => (key in button ? [[key, button[key]]] : [])))
  switch (kinds[0]!) {
    case 'callback_data': {
      const data = textOf(button, 'callback_data') ?? ''
      const bytes = Buffer.byteLength(data)
      if (bytes < 1 || bytes > 64) throw bad('BUTTON_DATA_INVALID')
      return { text, callback_data: data, ...looks }
    }
    case 'url': {
      const url = httpUrl(textOf(button, 'url') ?? '')
      if (!url) throw bad(`inline keyboard button URL '${String(button.url)}' is invalid: Wrong HTTP URL`)
      return { text, url, ...looks }
    }
    case 'pay':
      if (!mayPay) throw bad('BUTTON_TYPE_INVALID')
      return { text, pay: true, ...looks }
    case 'web_app': {
      const app = button.web_app
      if (!isObject(app) || !/^https:\/\//i.test(textOf(app, 'url') ?? '')) throw bad('BUTTON_URL_INVALID')
      return { text, web_app: { url: app.url }, ...looks }
    }
    case 'copy_text': {
      const copied = isObject(button.copy_text) ? (textOf(button.copy_text, 'text') ?? '') : ''
      if (copied.length < 1 || copied.length > 256) throw bad('BUTTON_COPY_TEXT_INVALID')
      return { text, copy_text: { text: copied }, ...looks }
    }
    default:
      return { text, [kinds[0]!]: button[kinds[0]!], ...looks }
  }
}

function checkReplyKeyboard(rows: unknown): undefined {
  if (!Array.isArray(rows)) throw bad('can\'t parse reply keyboard: Field "keyboard" must be of type Array')
  for (const row of rows) {
    if (!Array.isArray(row)) throw bad('can\'t parse reply keyboard: Field "keyboard" must be an Array of Arrays')
    for (const button of row) {
      const text = typeof button === 'string' ? button : isObject(button) ? textOf(button, 'text') : undefined
      if (!text) throw bad("can't parse keyboard button: Button text must be non-empty")
    }
  }
}

/** The message that `reply_parameters` name. */
export function replyTarget(parameters: Record<string, unknown> | undefined) {
  const messageId = parameters && intOf(parameters, 'message_id')
  return messageId === undefined ? undefined : { messageId, optional: parameters?.allow_sending_without_reply === true }
}
