import { intOf, isObject, textOf } from '../api/fields.ts'
import { httpUrl } from '../messages/links.ts'
import { readButton } from './buttons.ts'
import { type Meter, no } from './meter.ts'
import type { RichEntity, RichText } from './wire.ts'

const WORDED = ['bold', 'italic', 'underline', 'strikethrough', 'spoiler', 'subscript', 'superscript', 'marked', 'code']
/** Texts with one more string, by its name. */
const NAMED: Record<string, string> = {
  email_address: 'email_address',
  phone_number: 'phone_number',
  bank_card_number: 'bank_card_number',
  mention: 'username',
  hashtag: 'hashtag',
  cashtag: 'cashtag',
  bot_command: 'bot_command',
  anchor_link: 'anchor_name',
  reference: 'name',
  reference_link: 'reference_name',
}

/** Reads a RichText of the bot: a string, a list of them, or one of the described objects. Throws 400. */
export function readText(value: unknown, meter: Meter): RichText {
  if (typeof value === 'string') {
    meter.characters(value)
    return value
  }
  if (Array.isArray(value)) return value.map(one => readText(one, meter))
  if (!isObject(value)) throw no('RichText must be a String, an Array or an Object')
  return meter.inside(() => readEntity(value, meter))
}

function readEntity(from: Record<string, unknown>, meter: Meter): RichEntity {
  const { type } = from
  if (typeof type !== 'string') throw no('RichText has no type')
  const within = () => readText(from.text, meter)
  if (WORDED.includes(type)) return { type, text: within() }
  const name = NAMED[type]
  if (name) return { type, text: within(), [name]: required(from, name, type) }
  switch (type) {
    case 'url': {
      const url = httpUrl(required(from, 'url', type))
      if (!url) throw no(`wrong URL "${String(from.url)}"`)
      return { type, text: within(), url }
    }
    case 'date_time':
      return { type, text: within(), ...moment(from) }
    case 'text_mention': {
      if (!isObject(from.user) || intOf(from.user, 'id') === undefined) throw no('text_mention has no user')
      return { type, text: within(), user: { id: intOf(from.user, 'id') } }
    }
    case 'custom_emoji': {
      const alternative_text = required(from, 'alternative_text', type)
      meter.characters(alternative_text)
      return { type, custom_emoji_id: required(from, 'custom_emoji_id', type), alternative_text }
    }
    case 'mathematical_expression': {
      const expression = required(from, 'expression', type)
      meter.characters(expression)
      return { type, expression }
    }
    case 'anchor':
      return { type, name: required(from, 'name', type) }
    case 'button':
      return { type, button: readButton(from.button, value => readText(value, meter)) }
    default:
      throw no(`RichText of the unknown type "${type}"`)
  }
}

function moment(from: Record<string, unknown>) {
  const unix_time = intOf(from, 'unix_time')
  const date_time_format = textOf(from, 'date_time_format') ?? ''
  if (unix_time === undefined) throw no('date_time has no unix_time')
  if (!/^(?:r|w?[dD]?[tT]?)$/.test(date_time_format)) throw no(`wrong date_time_format "${date_time_format}"`)
  return { unix_time, date_time_format }
}

/** A string that must be there and not be empty; the name of an anchor to link to may be. */
export function required(from: Record<string, unknown>, key: string, type: string): string {
  const value = textOf(from, key)
  if (value === undefined || (value === '' && key !== 'anchor_name')) throw no(`${type} has no ${key}`)
  return value
}
