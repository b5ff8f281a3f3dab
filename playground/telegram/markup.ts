import { bad } from './refusal.ts'

export type Entity = {
  type: string
  /** Offset and length in UTF-16 units. */
  offset: number
  length: number
  url?: string
  userId?: number
  language?: string
  customEmojiId?: string
}
export type Formatted = { text: string; entities: Entity[] }

const TYPES: Record<string, string> = {
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
}

type Open = { tag: string; start: number; value: string }
const NAMED: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"' }

/**
 * Telegram's HTML: only its own tags, every tag closed in order, `&lt; &gt; &amp; &quot;` and numeric characters.
 * Throws 400 "can't parse entities: …" with the byte offset, as the real server does.
 */
export function parseHtml(source: string): Formatted {
  const entities: Entity[] = []
  const open: Open[] = []
  let text = ''
  let at = 0
  const no = (what: string, index: number, tail = '') =>
    bad(`can't parse entities: ${what} at byte offset ${Buffer.byteLength(source.slice(0, index))}${tail}`)

  while (at < source.length) {
    if (source[at] === '<') {
      if (source[at + 1] === '/') closeTag(at)
      else openTag(at)
      continue
    }
    const [decoded, length] = source[at] === '&' ? character(source, at) : [source[at]!, 1]
    text += decoded
    at += length
  }
  const unclosed = open.at(-1)
  if (unclosed) throw bad(`can't parse entities: Can't find end tag corresponding to start tag "${unclosed.tag}"`)
  // A language belongs to "pre" only; on a lone "code" Telegram forgets it.
  for (const entity of entities) if (entity.type === 'code') delete entity.language
  return { text, entities: entities.sort(outerFirst) }

  function openTag(begin: number) {
    at++
    const tag = word(/[\s>]/).toLowerCase()
    if (at >= source.length) throw no('Unclosed start tag', begin)
    if (!Object.hasOwn(TYPES, tag)) throw no(`Unsupported start tag "${tag}"`, begin)
    const attributes = readAttributes(tag, begin)
    at++
    if (tag === 'span' && attributes.class !== 'tg-spoiler') {
      throw no('Tag "span" must have class "tg-spoiler"', begin)
    }
    if (tag === 'tg-emoji' && !/^\d+$/.test(attributes['emoji-id'] ?? '')) {
      throw bad("can't parse entities: Invalid custom emoji identifier specified")
    }
    const language = tag === 'code' ? (/^language-(.+)$/.exec(attributes.class ?? '')?.[1] ?? '') : ''
    const value = attributes.href ?? attributes['emoji-id'] ?? ('expandable' in attributes ? 'expandable' : language)
    open.push({ tag, start: text.length, value })
  }

  function closeTag(begin: number) {
    at += 2
    const name = word(/[\s>]/).toLowerCase()
    skipSpace()
    if (source[at] !== '>') throw no('Unclosed end tag', begin)
    at++
    const last = open.pop()
    if (!last) throw no('Unexpected end tag', begin)
    if (name !== '' && name !== last.tag) {
      throw no('Unmatched end tag', begin, `, expected "</${last.tag}>", found "</${name}>"`)
    }
    finish(last)
  }

  function word(stop: RegExp) {
    const from = at
    while (at < source.length && !stop.test(source[at]!)) at++
    return source.slice(from, at)
  }
  function skipSpace() {
    while (at < source.length && /\s/.test(source[at]!)) at++
  }

  function readAttributes(tag: string, begin: number) {
    const attributes: Record<string, string> = {}
    for (;;) {
      skipSpace()
      if (at >= source.length) throw no('Unclosed start tag', begin)
      if (source[at] === '>') return attributes
      const name = word(/[\s>=]/).toLowerCase()
      if (name === '') throw no(`Empty attribute name in the tag "${tag}"`, begin)
      skipSpace()
      if (source[at] !== '=') {
        // Only this attribute stands alone.
        if (name !== 'expandable')
          throw no(`Expected equal sign in declaration of an attribute of the tag "${tag}"`, at)
        attributes[name] = ''
        continue
      }
      at++
      skipSpace()
      attributes[name] = attributeValue(tag, begin)
    }
  }

  function attributeValue(tag: string, begin: number) {
    const quote = source[at]
    if (quote !== '"' && quote !== "'") {
      const bare = word(/[\s>]/)
      if (!/^[\w.-]+$/.test(bare)) throw no(`Unexpected end of name token`, at)
      return bare.toLowerCase()
    }
    const end = source.indexOf(quote, at + 1)
    if (end < 0) throw no(`Unclosed start tag "${tag}"`, begin)
    const raw = source.slice(at + 1, end)
    at = end + 1
    return decode(raw)
  }

  function finish({ tag, start, value }: Open) {
    const length = text.length - start
    if (length === 0) return
    const entity: Entity = { type: TYPES[tag]!, offset: start, length }
    if (tag === 'a') {
      const target = link(value || text.slice(start))
      if (target) entities.push({ ...entity, ...target })
      return
    }
    if (tag === 'tg-emoji') entity.customEmojiId = value
    if (tag === 'blockquote' && value === 'expandable') entity.type = 'expandable_blockquote'
    if (tag === 'code' && value) entity.language = value
    if (tag === 'pre') {
      // <pre><code class="language-x"> is one entity: a "pre" with a language.
      const inner = entities.findIndex(
        e => e.type === 'code' && e.offset === start && e.length === length && e.language,
      )
      if (inner >= 0) entity.language = entities.splice(inner, 1)[0]!.language!
    }
    entities.push(entity)
  }
}

const outerFirst = (a: Entity, b: Entity) => a.offset - b.offset || b.length - a.length

/** A link that Telegram would not open gives plain text, without an error. */
function link(href: string): Partial<Entity> | undefined {
  const mention = /^tg:\/\/user\?id=(\d+)$/i.exec(href)
  if (mention) return { type: 'text_mention', userId: Number(mention[1]) }
  const url = httpUrl(href)
  return url ? { type: 'text_link', url } : undefined
}

/** The address as Telegram keeps it, or nothing: http, https, tg and ton only; a bare host becomes http. */
export function httpUrl(address: string): string | undefined {
  const trimmed = address.trim()
  if (/^(tg|ton):\/\/\S+$/i.test(trimmed)) return trimmed
  const full =
    /^[a-z][a-z0-9+.-]*:/i.test(trimmed) && !/^[^/:]+:\d+(\/|$)/.test(trimmed) ? trimmed : `http://${trimmed}`
  if (!/^https?:\/\//i.test(full) || /\s/.test(full)) return
  try {
    const { hostname } = new URL(full)
    return hostname.includes('.') ? full : undefined
  } catch {
    return
  }
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
