import { bad } from '../api/refusal.ts'
import type { ApiVersion } from '../stand-in.ts'
import { isTimeFormat, isUnixTime } from './times.ts'

/** A text of HTML and the place of the next character to read. */
export type Source = { html: string; at: number; version: ApiVersion }
/** `value` is the link, the emoji's id, the Unix time, the language, or "expandable". */
export type Tag = { tag: string; value: string; format?: string }

/** 400 "can't parse entities: …" with the byte offset of `place`. */
export const fault = ({ html }: Pick<Source, 'html'>, what: string, place: number, tail = '') =>
  bad(`can't parse entities: ${what} at byte offset ${Buffer.byteLength(html.slice(0, place))}${tail}`)

/** The type of entity that each tag makes. */
export const TYPES: Record<string, string> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  'tg-spoiler': 'spoiler',
  span: 'spoiler',
  code: 'code',
  pre: 'pre',
  blockquote: 'blockquote',
  a: 'text_link',
  'tg-emoji': 'custom_emoji',
  'tg-time': 'date_time',
}
const NAMED: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"' }

/** Reads `<tag …>`. Throws 400. */
export function readOpeningTag(source: Source): Tag {
  const begin = source.at++
  const tag = word(source, /[\s>]/).toLowerCase()
  if (source.at >= source.html.length) throw fault(source, 'Unclosed start tag', begin)
  if (!Object.hasOwn(TYPES, tag) || (tag === 'tg-time' && source.version === '7.1'))
    throw fault(source, `Unsupported start tag "${tag}"`, begin)
  const attributes = readAttributes(source, tag, begin)
  source.at++
  if (tag === 'span' && attributes.class !== 'tg-spoiler') {
    throw fault(source, 'Tag "span" must have class "tg-spoiler"', begin)
  }
  if (tag === 'tg-emoji' && !/^\d+$/.test(attributes['emoji-id'] ?? '')) {
    throw bad("can't parse entities: Invalid custom emoji identifier specified")
  }
  if (tag === 'tg-time') return timeTag(source, begin, attributes)
  const language = tag === 'code' ? (/^language-(.+)$/.exec(attributes.class ?? '')?.[1] ?? '') : ''
  const value = attributes.href ?? attributes['emoji-id'] ?? ('expandable' in attributes ? 'expandable' : language)
  return { tag, value }
}

function timeTag(source: Source, begin: number, { unix = '', format = '' }: Record<string, string>): Tag {
  if (!/^\d+$/.test(unix) || !isUnixTime(Number(unix))) {
    throw fault(source, 'Tag "tg-time" must have a valid Unix time in "unix"', begin)
  }
  if (!isTimeFormat(format)) throw fault(source, 'Tag "tg-time" has an invalid date-time "format"', begin)
  return { tag: 'tg-time', value: unix, format }
}

/** Reads `</tag>` and returns its name, which may be empty. Throws 400. */
export function readClosingTag(source: Source): string {
  const begin = source.at
  source.at += 2
  const name = word(source, /[\s>]/).toLowerCase()
  skipSpace(source)
  if (source.html[source.at] !== '>') throw fault(source, 'Unclosed end tag', begin)
  source.at++
  return name
}

function word(source: Source, stop: RegExp) {
  const from = source.at
  while (source.at < source.html.length && !stop.test(source.html[source.at]!)) source.at++
  return source.html.slice(from, source.at)
}

function skipSpace(source: Source) {
  while (source.at < source.html.length && /\s/.test(source.html[source.at]!)) source.at++
}

function readAttributes(source: Source, tag: string, begin: number) {
  const attributes: Record<string, string> = {}
  for (;;) {
    skipSpace(source)
    if (source.at >= source.html.length) throw fault(source, 'Unclosed start tag', begin)
    if (source.html[source.at] === '>') return attributes
    const name = word(source, /[\s>=]/).toLowerCase()
    if (name === '') throw fault(source, `Empty attribute name in the tag "${tag}"`, begin)
    skipSpace(source)
    if (source.html[source.at] !== '=') {
      // The only attribute without a value.
      if (name !== 'expandable' || source.version === '7.1') {
        throw fault(source, `Expected equal sign in declaration of an attribute of the tag "${tag}"`, source.at)
      }
      attributes[name] = ''
      continue
    }
    source.at++
    skipSpace(source)
    attributes[name] = attributeValue(source, tag, begin)
  }
}

function attributeValue(source: Source, tag: string, begin: number) {
  const quote = source.html[source.at]
  if (quote !== '"' && quote !== "'") {
    const bare = word(source, /[\s>]/)
    if (!/^[\w.-]+$/.test(bare)) throw fault(source, 'Unexpected end of name token', source.at)
    return bare.toLowerCase()
  }
  const end = source.html.indexOf(quote, source.at + 1)
  if (end < 0) throw fault(source, `Unclosed start tag "${tag}"`, begin)
  const raw = source.html.slice(source.at + 1, end)
  source.at = end + 1
  return decode(raw)
}

/** Reads one character, or a reference such as `&amp;` or `&#60;`. */
export function readCharacter(source: Source): string {
  const [decoded, length] =
    source.html[source.at] === '&' ? character(source.html, source.at) : [source.html[source.at]!, 1]
  source.at += length
  return decoded
}

function character(source: string, at: number): [string, number] {
  const found = /^&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(lt|gt|amp|quot));?/i.exec(source.slice(at, at + 12))
  if (!found) return ['&', 1]
  const [whole, decimal, hex, name] = found
  if (name) return [NAMED[name.toLowerCase()]!, whole.length]
  const code = decimal ? Number(decimal) : Number.parseInt(hex!, 16)
  return code > 0 && code <= 0x10ffff ? [String.fromCodePoint(code), whole.length] : ['&', 1]
}

function decode(raw: string) {
  let text = ''
  for (let at = 0; at < raw.length; ) {
    const [decoded, length] = raw[at] === '&' ? character(raw, at) : [raw[at]!, 1]
    text += decoded
    at += length
  }
  return text
}
