/** Text in Telegram's HTML. Everything from outside is already escaped. */
export type Html = { readonly html: string }

/** Builds an Html text. The template is markup; values are escaped unless they are Html. */
export function html(strings: TemplateStringsArray, ...values: (string | number | Html | Html[])[]): Html {
  return { html: strings.map((text, index) => (index === 0 ? text : render(values[index - 1]!) + text)).join('') }
}

/** Joins the pieces with a separator, a line feed by default. */
export const join = (pieces: readonly Html[], separator: string | Html = '\n'): Html => ({
  html: pieces.map(piece => piece.html).join(render(separator)),
})

/**
 * A moment: shown in the reader's own time zone, in these parts (`t` the time, `d` the date; Bot API 9.5). Older clients
 * and servers show `text`.
 */
export const momentTag = (at: Date, format: 't' | 'dt', text: string): Html =>
  html`<tg-time unix="${Math.floor(at.getTime() / 1000)}" format="${format}">${text}</tg-time>`

/** Returns the text as a reader sees it: without tags, with entities decoded. */
export const toPlain = ({ html }: Html): string => tokensOf(html).map(visible).join('')

/**
 * The length that Telegram limits (4096 for a text, 1024 for a caption), after entities are parsed. Counted in UTF-16
 * units, the stricter of the two ways to count.
 */
export const plainLength = (h: Html): number => toPlain(h).length

/**
 * Splits a long text into messages: at the last line feed, else at the last space, else between two characters. It
 * never cuts a tag or a character in two. Tags that are open at a cut are closed there and reopened in the next piece.
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

/** Cuts a text to at most `max` code points. The last one is … if something was cut. */
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

// Telegram refuses the whole call if the text holds half a surrogate pair, which a cut elsewhere may leave.
const escaped = (text: string) => unturned(text.toWellFormed()).replace(/[&<>"]/g, character => names[character]!)

/**
 * Removes the marks that override text direction. In a name, they would show the amount beside it backwards. Hebrew and
 * Arabic are readable without them.
 */
export const unturned = (text: string): string => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, '')

/** Cuts a source into tags, entities and characters. */
export const tokensOf = (source: string): string[] =>
  source.match(/<[^<>]*>|&(?:lt|gt|amp|quot|#\d+|#x[\da-f]+);|./gisu) ?? []

const isTag = (token: string) => token.length > 1 && token.startsWith('<')
const endOf = (tag: string) => `</${/^<([\w-]+)/.exec(tag)?.[1]}>`

const characters: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"' }

/** Returns what a reader sees of one token: nothing of a tag. */
export function visible(token: string): string {
  if (isTag(token)) return ''
  if (token.length < 4 || !token.startsWith('&')) return token
  const number = /^&#(x?)([\da-f]+);$/i.exec(token)
  if (!number) return characters[token.toLowerCase()] ?? token
  const code = Number.parseInt(number[2]!, number[1] ? 16 : 10)
  return code <= 0x10ffff ? String.fromCodePoint(code) : token
}

/**
 * Returns where the piece that starts at `from` ends. Takes as much as fits and cuts after a line feed or a space,
 * unless the piece would then be less than half full.
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
