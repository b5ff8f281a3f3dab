import { intOf, isObject, textOf } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import type { Rules } from '../rules.ts'
import { readButton, readLooks, type WireButton } from './buttons.ts'

export type InlineKeyboard = { inline_keyboard: WireButton[][] }
type Options = { use: 'message' | 'edit' | 'invoice'; world: Rules }

const MOST_BUTTONS = 100

/**
 * The inline keyboard of a reply_markup, or nothing for the other kinds, which leave no buttons on a message.
 * Edits take inline keyboards only. Throws 400.
 */
export function readKeyboard(
  markup: Record<string, unknown> | undefined,
  { use, world }: Options,
): InlineKeyboard | undefined {
  if (!markup || Object.keys(markup).length === 0) return
  if ('inline_keyboard' in markup) return inline(markup.inline_keyboard, { use, world })
  if (use !== 'message') throw bad('inline keyboard expected')
  if ('keyboard' in markup) return checkReplyKeyboard(markup.keyboard, world)
  if (markup.remove_keyboard === true || markup.force_reply === true) return
  throw bad("can't parse reply markup: unknown kind")
}

function inline(rows: unknown, { use, world }: Options): InlineKeyboard | undefined {
  if (!Array.isArray(rows)) throw bad('can\'t parse inline keyboard: Field "inline_keyboard" must be of type Array')
  const keyboard = rows.map((row, y) => {
    if (!Array.isArray(row))
      throw bad('can\'t parse inline keyboard: Field "inline_keyboard" must be an Array of Arrays')
    return row.map((button, x) => readButton(button, use === 'invoice' && x === 0 && y === 0, world))
  })
  const filled = keyboard.filter(row => row.length > 0)
  if (filled.flat().length > MOST_BUTTONS) throw bad('REPLY_MARKUP_TOO_LONG')
  // The pay button must come first, and an invoice with its own buttons needs one:
  // https://core.telegram.org/bots/api#sendinvoice
  if (use === 'invoice' && filled.length > 0 && !filled[0]![0]!.pay) throw bad('BUTTON_POS_INVALID')
  return filled.length > 0 ? { inline_keyboard: filled } : undefined
}

function checkReplyKeyboard(rows: unknown, world: Rules): undefined {
  if (!Array.isArray(rows)) throw bad('can\'t parse reply keyboard: Field "keyboard" must be of type Array')
  for (const row of rows) {
    if (!Array.isArray(row)) throw bad('can\'t parse reply keyboard: Field "keyboard" must be an Array of Arrays')
    for (const button of row) {
      const text = typeof button === 'string' ? button : isObject(button) ? textOf(button, 'text') : undefined
      if (!text) throw bad("can't parse keyboard button: Button text must be non-empty")
      if (isObject(button) && world.apiVersion !== '7.1') readLooks(button, world)
    }
  }
}

/** `reply_parameters`, or the older reply_to_message_id. */
export function replyTarget(parameters: Record<string, unknown> | undefined, older: number | undefined) {
  const messageId = parameters ? intOf(parameters, 'message_id') : older
  return messageId === undefined ? undefined : { messageId, optional: parameters?.allow_sending_without_reply === true }
}
