import { bad } from '../api/refusal.ts'
import type { ApiVersion } from '../stand-in.ts'
import type { Entity, Formatted, WireEntity } from './entity.ts'
import { httpUrl } from './links.ts'
import { parseHtml } from './markup.ts'
import { isTimeFormat, isUnixTime } from './times.ts'

type Source = { text: string; parseMode?: string; entities?: unknown[]; apiVersion?: ApiVersion }

/**
 * What Telegram makes of a text: control characters replaced, markup parsed, ends trimmed, and commands, links,
 * mentions found by themselves. `limit` in UTF-16 units after all that.
 */
export function format(source: Source): Formatted {
  // Telegram drops carriage returns and turns other control characters, tabs too, into spaces.
  const text = [...source.text.replaceAll('\r', '')].map(c => (c < ' ' && c !== '\n' ? ' ' : c)).join('')
  const mode = source.parseMode?.toLowerCase()
  if (mode === 'markdown' || mode === 'markdownv2') {
    throw bad("can't parse entities: this stand-in reads HTML only, Markdown is not supported")
  }
  if (mode && mode !== 'html') throw bad('unsupported parse_mode')
  const parsed = mode
    ? parseHtml(text, source.apiVersion)
    : { text, entities: given(text, source.entities ?? [], source.apiVersion) }
  const trimmed = trim(parsed)
  return { text: trimmed.text, entities: merge(trimmed.entities, detect(trimmed.text)) }
}

/** Commands, links, mentions, hashtags and e-mail addresses, as every client sees them. */
export function detect(text: string): Entity[] {
  const found: Entity[] = []
  const patterns: [string, RegExp][] = [
    ['url', /(?<![\w@.])(?:https?:\/\/|tg:\/\/)[^\s<>"«»]*[^\s<>"«».,:;!?)\]']/giu],
    ['email', /(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gu],
    ['bot_command', /(?<![\w/<>@.])\/[a-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/])/giu],
    ['mention', /(?<![\w@.])@[a-z]\w{3,31}(?!\w)/giu],
    ['hashtag', /(?<![\p{L}\p{N}_#&])#[\p{L}\p{N}_]*[\p{L}_][\p{L}\p{N}_]*/gu],
  ]
  for (const [type, pattern] of patterns) {
    for (const match of text.matchAll(pattern)) {
      const entity = { type, offset: match.index, length: match[0].length }
      if (!found.some(other => overlap(other, entity))) found.push(entity)
    }
  }
  return found.sort((a, b) => a.offset - b.offset)
}

export function toWire(entities: Entity[]): WireEntity[] {
  return entities.map(({ type, offset, length, url, userId, language, customEmojiId, unixTime, timeFormat }) => ({
    offset,
    length,
    type,
    ...(url === undefined ? {} : { url }),
    ...(userId === undefined ? {} : { user: { id: userId, is_bot: false, first_name: String(userId) } }),
    ...(language === undefined ? {} : { language }),
    ...(customEmojiId === undefined ? {} : { custom_emoji_id: customEmojiId }),
    ...(unixTime === undefined ? {} : { unix_time: unixTime, date_time_format: timeFormat ?? '' }),
  }))
}

function given(text: string, entities: unknown[], version: ApiVersion = '10.3'): Entity[] {
  const known: Entity[] = []
  for (const entity of entities) {
    if (typeof entity !== 'object' || entity === null) throw bad("can't parse MessageEntity: expected an Object")
    const { type, offset, length, url, user, language, custom_emoji_id } = entity as Partial<WireEntity>
    if (typeof type !== 'string' || !Number.isInteger(offset) || !Number.isInteger(length)) {
      throw bad("can't parse MessageEntity: type, offset and length are required")
    }
    if (offset! < 0 || length! <= 0 || offset! + length! > text.length) continue
    const target = url === undefined ? undefined : httpUrl(url)
    if (type === 'text_link' && !target) throw bad("can't parse MessageEntity: url is invalid")
    if (type === 'date_time' && version === '7.1') continue
    known.push({
      type,
      offset: offset!,
      length: length!,
      ...(target === undefined ? {} : { url: target }),
      ...(user === undefined ? {} : { userId: user.id }),
      ...(language === undefined ? {} : { language }),
      ...(custom_emoji_id === undefined ? {} : { customEmojiId: custom_emoji_id }),
      ...(type === 'date_time' ? givenTime(entity as Partial<WireEntity>) : {}),
    })
  }
  return known
}

function givenTime({ unix_time, date_time_format = '' }: Partial<WireEntity>) {
  if (!isUnixTime(unix_time)) throw bad("can't parse MessageEntity: unix_time is invalid")
  if (!isTimeFormat(date_time_format)) throw bad("can't parse MessageEntity: date_time_format is invalid")
  return { unixTime: unix_time, timeFormat: date_time_format }
}

function trim({ text, entities }: Formatted): Formatted {
  const cut = text.length - text.trimStart().length
  const trimmed = text.trim()
  const moved = entities.flatMap(entity => {
    const from = Math.max(0, entity.offset - cut)
    const to = Math.min(trimmed.length, entity.offset + entity.length - cut)
    return to > from ? [{ ...entity, offset: from, length: to - from }] : []
  })
  return { text: trimmed, entities: moved }
}

const CLOSED = new Set(['code', 'pre', 'text_link', 'text_mention', 'custom_emoji', 'date_time'])
const overlap = (a: Entity, b: Entity) => a.offset < b.offset + b.length && b.offset < a.offset + a.length

/** What is found by itself yields to code and links, and never crosses the border of a style. */
function merge(own: Entity[], found: Entity[]): Entity[] {
  const crosses = (a: Entity, b: Entity) =>
    overlap(a, b) &&
    !(a.offset <= b.offset && b.offset + b.length <= a.offset + a.length) &&
    !(b.offset <= a.offset && a.offset + a.length <= b.offset + b.length)
  const kept = found.filter(
    f => !own.some(o => (CLOSED.has(o.type) ? overlap(o, f) : crosses(o, f) || o.type === f.type)),
  )
  return [...own, ...kept].sort((a, b) => a.offset - b.offset || b.length - a.length)
}
