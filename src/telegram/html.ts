/** Text in Telegram's HTML in which everything from outside is already escaped. */
export type Html = { readonly html: string }

/** Builds a text: what stands in the template is markup, what is filled in is escaped, unless it is Html itself. */
export function html(strings: TemplateStringsArray, ...values: (string | number | Html | Html[])[]): Html {
  return { html: strings.map((text, index) => (index === 0 ? text : render(values[index - 1]!) + text)).join('') }
}

/** Puts a separator, a line feed if left out, between the pieces. */
export const join = (pieces: readonly Html[], separator: string | Html = '\n'): Html => ({
  html: pieces.map(piece => piece.html).join(render(separator)),
})

/** What a reader sees: no tags, characters instead of their names. */
export const toPlain = ({ html }: Html): string => tokensOf(html).map(visible).join('')

/**
 * The length that Telegram's limits mean (4096 for a text, 1024 for a caption): characters after the entities are
 * parsed, in UTF-16 units, which is the stricter of the two ways to count.
 */
export const plainLength = (h: Html): number => toPlain(h).length

/**
 * Cuts a long text into messages: at the last line feed, else at the last space, else between two characters; never
 * within a tag or a character. Tags that are open at a cut are closed there and opened again in the next piece.
 */
export function split(h: Html, max = 4096): Html[] {
  if (plainLength(h) <= max) return [h]
  const tokens = tokensOf(h.html)
  const pieces: Html[] = []
  let open: string[] = []
  for (let from = 0; from < tokens.length; ) {
    const to = cut(tokens, from, max)
    let piece = open.join('')
    for (const token of tokens.slice(from, to)) {
      piece += token
      if (token.startsWith('</')) open = open.slice(0, -1)
      else if (isTag(token)) open = [...open, token]
    }
    const whole = { html: piece + open.map(endOf).reverse().join('') }
    // Telegram refuses a message of spaces only.
    if (toPlain(whole).trim() !== '') pieces.push(whole)
    from = to
  }
  return pieces
}

/** At most `max` characters, the last of them … when something was left out. Counts code points. */
export function clip(text: string, max: number): string {
  const points = [...text]
  return points.length <= max
    ? text
    : `${points
        .slice(0, Math.max(0, max - 1))
        .join('')
        .trimEnd()}…`
}

function render(value: string | number | Html | Html[]): string {
  if (Array.isArray(value)) return value.map(render).join('')
  return typeof value === 'object' ? value.html : escaped(String(value))
}

const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

// Half of a surrogate pair, as a cut elsewhere may leave it, makes Telegram refuse the whole call.
const escaped = (text: string) => unturned(text.toWellFormed()).replace(/[&<>"]/g, character => names[character]!)

/**
 * A text without the marks that turn what stands behind them round: a name with one would show the sum beside it
 * backwards. Hebrew and Arabic need none of them.
 */
export const unturned = (text: string): string => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, '')

// One tag, one named or numbered character, or one character.
const tokensOf = (source: string): string[] => source.match(/<[^<>]*>|&(?:lt|gt|amp|quot|#\d+|#x[\da-f]+);|./gisu) ?? []

const isTag = (token: string) => token.length > 1 && token.startsWith('<')
const endOf = (tag: string) => `</${/^<([\w-]+)/.exec(tag)?.[1]}>`

const characters: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"' }

function visible(token: string): string {
  if (isTag(token)) return ''
  if (token.length < 4 || !token.startsWith('&')) return token
  const number = /^&#(x?)([\da-f]+);$/i.exec(token)
  if (!number) return characters[token.toLowerCase()] ?? token
  const code = Number.parseInt(number[2]!, number[1] ? 16 : 10)
  return code <= 0x10ffff ? String.fromCodePoint(code) : token
}

/**
 * Where the piece that begins at `from` ends: after as much as fits, and there behind a line feed or a space, unless
 * that would leave the piece half empty.
 */
function cut(tokens: readonly string[], from: number, max: number): number {
  let length = 0
  let line = 0
  let word = 0
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at]!
    length += visible(token).length
    if (length > max && at > from) {
      const half = (from + at) / 2
      return line > half ? line : word > half ? word : at
    }
    if (token === '\n') line = at + 1
    if (token === ' ') word = at + 1
  }
  return tokens.length
}
