import type { WireEntity } from './entity.ts'
import { httpUrl } from './links.ts'

/** The text as HTML with Telegram's own tags only; everything else escaped, so a page may show it as it is. */
export function renderHtml(text: string, entities: WireEntity[]): string {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length)
  let next = 0
  return part(0, text.length)

  function part(from: number, to: number): string {
    let html = ''
    let at = from
    while (next < sorted.length && sorted[next]!.offset < to) {
      const entity = sorted[next++]!
      const start = Math.max(at, entity.offset)
      // Entities that cross each other come only from explicit lists; the inner one is cut at the border.
      const end = Math.min(to, entity.offset + entity.length)
      if (end <= start) continue
      html += escaped(text.slice(at, start))
      const [before, after] = tags(entity, text.slice(start, end))
      html += before + part(start, end) + after
      at = end
    }
    return html + escaped(text.slice(at, to))
  }
}

export const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** The tag of each entity that has nothing but its kind. */
export const SIMPLE: Record<string, string> = {
  bold: 'b',
  italic: 'i',
  underline: 'u',
  strikethrough: 's',
  spoiler: 'tg-spoiler',
  code: 'code',
  blockquote: 'blockquote',
}

function tags(entity: WireEntity, inner: string): [string, string] {
  const simple = SIMPLE[entity.type]
  if (simple) return [`<${simple}>`, `</${simple}>`]
  const anchor = (href: string): [string, string] => [`<a href="${escaped(href)}">`, '</a>']
  switch (entity.type) {
    case 'pre':
      return entity.language
        ? [`<pre><code class="language-${escaped(entity.language)}">`, '</code></pre>']
        : ['<pre>', '</pre>']
    case 'expandable_blockquote':
      return ['<blockquote expandable>', '</blockquote>']
    case 'date_time':
      return [`<tg-time unix="${entity.unix_time}" format="${escaped(entity.date_time_format ?? '')}">`, '</tg-time>']
    case 'custom_emoji':
      return [`<tg-emoji emoji-id="${escaped(entity.custom_emoji_id ?? '')}">`, '</tg-emoji>']
    case 'text_link':
    case 'url': {
      const href = httpUrl(entity.url ?? inner)
      return href ? anchor(href) : ['', '']
    }
    case 'text_mention':
      return anchor(`tg://user?id=${entity.user?.id ?? 0}`)
    default:
      return ['', '']
  }
}
