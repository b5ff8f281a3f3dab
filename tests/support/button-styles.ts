import type { BotCall } from '../../playground/telegram/stand-in.ts'
import { parse, type Route } from '../../src/bot/routes.ts'
import { isOldServer } from './messages.ts'

/** A button as it goes over the wire. */
export type WireButton = {
  text: string
  callback_data?: string
  url?: string
  pay?: boolean
  style?: string
  copy_text?: { text: string }
}

type Keyboard = { inline_keyboard: WireButton[][] }
/** A screen as it was sent, with the effect that plays over it. */
export type Shown = { text: string; rows: WireButton[][]; effect?: unknown }

/** Every screen of these calls that was sent or edited. */
export const screensOf = (calls: BotCall[]): Shown[] =>
  calls.flatMap(({ method, status, fields }) => {
    if (status !== 200 || !/^(send(Message|Document|Photo|Invoice)|edit(MessageText|MessageReplyMarkup))$/.test(method))
      return []
    const keyboard = fields.reply_markup as Keyboard | string | undefined
    const rows = (typeof keyboard === 'string' ? (JSON.parse(keyboard) as Keyboard) : keyboard)?.inline_keyboard ?? []
    const text = String(fields.text ?? fields.caption ?? fields.title ?? '')
    return [{ text, rows, effect: fields.message_effect_id }]
  })

/** Everything that deletes or cancels with one press, or asks for that. */
function destroys(route: Route | undefined): boolean {
  switch (route?.name) {
    case 'forget':
    case 'exampleDrop':
      return true
    case 'quote':
      return route.args[1] === 'cancel'
    case 'draft':
      return route.args[2] === 'cancel' || route.args[2] === 'anew' || route.args[2] === 'clear'
    case 'generation':
      return route.args[1] === 'cancel' || route.args[1] === 'noExample'
    case 'template':
      return route.args[1] === 'delete'
    case 'adminSwitch':
      return route.args[1] === 'off'
    default:
      return false
  }
}

const isRight = ({ callback_data: data = '', style }: WireButton): boolean => {
  const route = parse(data)
  // What it confirms is not in its data: red or green, never grey.
  if (route?.name === 'adminYes') return style === 'danger' || style === 'success'
  return destroys(route) === (style === 'danger')
}

/** The screens with a second main button, and the buttons whose colour does not say what they do. */
export const wrongStyles = (screens: Shown[]): string[] => [
  ...new Set(
    // Colours came with Bot API 9.4: an older server passes over them.
    (isOldServer ? [] : screens).flatMap(({ text, rows }) => {
      const all = rows.flat()
      const main = all.filter(({ style }) => style === 'success' || style === 'primary')
      const title = text.split('\n')[0]?.slice(0, 60)
      return [
        ...(main.length > 1 ? [`${title}: ${main.map(one => one.text).join(' | ')}`] : []),
        ...all.filter(one => !isRight(one)).map(one => `${title}: «${one.text}» is ${one.style ?? 'grey'}`),
      ]
    }),
  ),
]
