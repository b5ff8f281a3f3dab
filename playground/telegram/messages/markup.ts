import { bad } from '../api/refusal.ts'
import type { ApiVersion } from '../stand-in.ts'
import type { Entity, Formatted } from './entity.ts'
import { linkEntity } from './links.ts'
import { fault, readCharacter, readClosingTag, readOpeningTag, type Source, type Tag, TYPES } from './tags.ts'

type Open = Tag & { start: number }

/**
 * Telegram's HTML: only its own tags, every tag closed in order, `&lt; &gt; &amp; &quot;` and numeric characters
 * (https://core.telegram.org/bots/api#html-style). Throws 400 "can't parse entities: …" with the byte offset.
 */
export function parseHtml(html: string, version: ApiVersion = '10.3'): Formatted {
  const source: Source = { html, at: 0, version }
  const entities: Entity[] = []
  const open: Open[] = []
  let text = ''
  while (source.at < html.length) {
    if (html[source.at] !== '<') text += readCharacter(source)
    else if (html[source.at + 1] === '/') close(source.at)
    else open.push({ start: text.length, ...readOpeningTag(source) })
  }
  const unclosed = open.at(-1)
  if (unclosed) throw bad(`can't parse entities: Can't find end tag corresponding to start tag "${unclosed.tag}"`)
  // A language belongs to "pre" only; on a lone "code" Telegram forgets it.
  for (const entity of entities) if (entity.type === 'code') delete entity.language
  return { text, entities: entities.sort(outerFirst) }

  function close(begin: number) {
    const name = readClosingTag(source)
    const last = open.pop()
    if (!last) throw fault(source, 'Unexpected end tag', begin)
    if (name !== '' && name !== last.tag) {
      throw fault(source, 'Unmatched end tag', begin, `, expected "</${last.tag}>", found "</${name}>"`)
    }
    if (text.length > last.start) addEntity(entities, last, text)
  }
}

const outerFirst = (a: Entity, b: Entity) => a.offset - b.offset || b.length - a.length

/** Adds the entity of a tag that ends at the end of `text`. */
function addEntity(entities: Entity[], { tag, start, value, format = '' }: Open, text: string) {
  const length = text.length - start
  const entity: Entity = { type: TYPES[tag]!, offset: start, length }
  if (tag === 'a') {
    const target = linkEntity(value || text.slice(start))
    if (target) entities.push({ ...entity, ...target })
    return
  }
  if (tag === 'tg-time') Object.assign(entity, { unixTime: Number(value), timeFormat: format })
  if (tag === 'tg-emoji') entity.customEmojiId = value
  if (tag === 'blockquote' && value === 'expandable') entity.type = 'expandable_blockquote'
  if (tag === 'code' && value) entity.language = value
  if (tag === 'pre') {
    // <pre><code class="language-x"> is one entity: a "pre" with a language.
    const inner = entities.findIndex(e => e.type === 'code' && e.offset === start && e.length === length && e.language)
    if (inner >= 0) entity.language = entities.splice(inner, 1)[0]!.language!
  }
  entities.push(entity)
}
