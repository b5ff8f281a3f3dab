type Entity = { type?: unknown; offset?: unknown; length?: unknown; url?: unknown }
type Found = { at: number; end: number; url: string }

// With a scheme anything does; without one it is an address by its www. or its path, so that «и т.д.» is none.
const written =
  /https?:\/\/[^\s<>"«»]+|(?<![\w@./-])(?:www\.[a-z0-9-]+(?:\.[a-z0-9-]+)+|(?:[a-z0-9-]+\.)+[a-z]{2,24}\/)[^\s<>"«»]*/giu

/**
 * Returns the addresses of a text in order: marked ones, those behind words, and plain ones. Those without a scheme get
 * https. Entities count in UTF-16 units, as Telegram's do; invalid ones are ignored.
 */
export function linksIn(text: string, entities: unknown): string[] {
  const marked = (Array.isArray(entities) ? (entities as Entity[]) : []).flatMap(one => markedBy(text, one) ?? [])
  const others = [...text.matchAll(written)].map(({ index, 0: words }) => ({
    at: index,
    end: index + words.length,
    url: tidy(words),
  }))
  const found = [...marked, ...others.filter(one => marked.every(other => one.end <= other.at || other.end <= one.at))]
  return found.sort((a, b) => a.at - b.at).map(({ url }) => (/^https?:\/\//i.test(url) ? url : `https://${url}`))
}

function markedBy(text: string, entity: Entity): Found | undefined {
  const { type, offset: at, length, url } = entity ?? {}
  if (!Number.isSafeInteger(at) || !Number.isSafeInteger(length)) return undefined
  const end = Number(at) + Number(length)
  if (Number(at) < 0 || Number(length) <= 0 || end > text.length) return undefined
  const words = type === 'url' ? tidy(text.slice(Number(at), end)) : type === 'text_link' ? String(url) : ''
  // tg:// and mailto: are no web addresses.
  const isPage =
    words !== '' && (!/^[a-z][a-z0-9+.-]*:/i.test(words) || /^https?:\/\//i.test(words) || /^[^/]+:\d/.test(words))
  return isPage ? { at: Number(at), end, url: words } : undefined
}

const endings = {
  image: /\.(?:jpe?g|png|webp|gif|bmp|tiff?|heic|heif|avif)$/i,
  video: /\.(?:mp4|mov|m4v|webm|mkv|avi|mpe?g)$/i,
  audio: /\.(?:mp3|wav|m4a|aac|ogg|oga|opus|flac|wma)$/i,
}

/**
 * So many of the addresses, in their order: where there are more, those first that end as a file of a wanted kind does. The
 * rest of a message from a share sheet names the application.
 */
export function likely(links: string[], kinds: readonly (keyof typeof endings)[], most: number): string[] {
  if (links.length <= most) return links
  const isLikely = (link: string) => kinds.some(kind => endings[kind].test(link.replace(/[?#].*/s, '')))
  return [...links.filter(isLikely), ...links.filter(link => !isLikely(link))].slice(0, most)
}

const opening: Record<string, string> = { ')': '(', ']': '[', '}': '{' }

/** Without what closes the sentence around an address: «(см. example.com/a_(b)).» ends with the inner bracket. */
function tidy(words: string): string {
  // How many more of each bracket are closed than opened.
  const over = new Map(
    Object.entries(opening).map(([close, open]) => [close, count(words, close) - count(words, open)]),
  )
  let end = words.length
  for (; end > 0; end--) {
    const last = words[end - 1]!
    const surplus = over.get(last)
    if (surplus === undefined ? !/[.,;:!?…'"`*_~>»”’“„]/.test(last) : surplus <= 0) break
    if (surplus !== undefined) over.set(last, surplus - 1)
  }
  return words.slice(0, end)
}

const count = (text: string, sign: string) => text.split(sign).length - 1
