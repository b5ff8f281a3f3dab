/** Removes every known secret from a text, by value and by shape: error messages, stacks and URLs contain them too. */
export type Scrub = (text: string) => string

/** Shorter secrets are found only as separate words. The configuration refuses them in production. */
export const shortestSecret = 4

// The form of a bot token (docs/providers/telegram.md, "The library"), searched where its digits begin, and the
// password in any URL.
const shapes = [
  { name: 'token', regex: /(?<!\d)\d{6,16}(?::|%3[aA])[\w-]{30,}/g },
  { name: 'secret', regex: /(?<=:\/\/[^\s:/@]{0,200}:)[^\s/@]+(?=@)/g },
]

/**
 * `secrets` are the configuration's values that must never be written anywhere. Each is found in its plain form and as
 * JSON (also JSON within JSON), URLs, HTML, base64 and hexadecimal write it.
 */
export function scrubber(secrets: readonly string[]): Scrub {
  const known = partsOf(secrets)
  const mark = markFor(known)
  const finders = known.map(secret => ({ mark: mark('secret'), regex: new RegExp(finderOf(secret), 'g') }))
  finders.push(...shapes.map(({ name, regex }) => ({ mark: mark(name), regex })))
  return text => {
    const found = finders.flatMap(({ mark, regex }) => placesOf(text, regex).map(place => ({ ...place, mark })))
    const cut = cutSecret(text, known)
    if (cut !== undefined) found.push({ mark: mark('secret'), from: cut, to: text.length })
    return withMarks(text, found)
  }
}

/** A part of a text, from an index up to another. */
export type Place = { from: number; to: number }

/**
 * Replaces each place with a mark. Places that touch or overlap become one: the rest of one may be the end of another.
 */
export function withMarks(text: string, places: (Place & { mark: string })[]): string {
  if (places.length === 0) return text
  let left = ''
  let end = -1
  for (const { from, to, mark } of places.toSorted((a, b) => a.from - b.from)) {
    if (from > end) left += text.slice(Math.max(end, 0), from) + mark
    end = Math.max(end, to)
  }
  return left + text.slice(end)
}

/** Scrubs a line of JSON: every text in it, including keys, and numbers. Returns valid JSON. */
export function lineScrubber(secrets: readonly string[]): Scrub {
  const scrub = scrubber(secrets)
  const known = partsOf(secrets)
  const sources = known.map(secret => `(?:${formsOf(secret)})`)
  // Lines that may hold a secret after parsing. Most lines do not match and are not parsed.
  const suspect = new RegExp([...sources, ...shapes.map(({ regex }) => regex.source)].join('|'))
  return line => {
    if (!suspect.test(line)) return line
    try {
      return `${JSON.stringify(scrubbed(JSON.parse(line), scrub))}\n`
    } catch {
      return scrub(line)
    }
  }
}

function scrubbed(value: unknown, scrub: Scrub): unknown {
  if (typeof value === 'string') return scrub(value)
  if (typeof value === 'number') {
    const text = String(value)
    const clean = scrub(text)
    return clean === text ? value : clean
  }
  if (Array.isArray(value)) return value.map(one => scrubbed(one, scrub))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [scrub(key), scrubbed(one, scrub)]))
}

/** Adds the part of a token after its last colon: that part gives access. */
function partsOf(secrets: readonly string[]): string[] {
  const lasts = secrets.filter(secret => /^\d+:/.test(secret)).map(secret => secret.slice(secret.lastIndexOf(':') + 1))
  return [...new Set([...secrets, ...lasts.filter(last => last.length >= 8)])].filter(Boolean)
}

/** Returns where `regex` matches, including within another match of its own. */
function placesOf(text: string, regex: RegExp): Place[] {
  const places: Place[] = []
  regex.lastIndex = 0
  for (let match = regex.exec(text); match; match = regex.exec(text)) {
    places.push({ from: match.index, to: match.index + match[0].length })
    regex.lastIndex = match.index + 1
  }
  return places
}

// A text that was cut may end within a secret. A shorter beginning may be an ordinary word.
const shortestCut = 6

function cutSecret(text: string, secrets: readonly string[]): number | undefined {
  for (const secret of secrets) {
    for (let length = Math.min(secret.length - 1, text.length); length >= shortestCut; length--) {
      if (text.endsWith(secret.slice(0, length))) return text.length - length
    }
  }
  return undefined
}

/** Returns a mark that neither contains a secret nor forms one with the text beside it. */
function markFor(secrets: readonly string[]): (name: string) => string {
  const isFit = (mark: string) =>
    !secrets.some(secret => mark.includes(secret) || secret.includes(mark.at(0)!) || secret.includes(mark.at(-1)!))
  const [open, close] = ['[]', '‹›', '⟦⟧', '\u2592\u2592'].find(pair => isFit(pair)) ?? '\ue000\ue001'
  return name => {
    const mark = `${open}${name}${close}`
    return isFit(mark) ? mark : `${open}${close}`
  }
}

// A short secret must be a separate word: `pw` in «password pw refused», not in «pwd». An escape before it is not part
// of a word.
const alone = String.raw`(?:(?<![a-zA-Z0-9])|(?<=\\[nrtbf])|(?<=%[\da-fA-F]{2}))`

function finderOf(secret: string): string {
  if (secret.length >= shortestSecret) return formsOf(secret)
  return `${alone}(?:${formsOf(secret)})(?![a-zA-Z0-9])`
}

/** Returns the source of a regular expression for all forms of the secret. */
function formsOf(secret: string): string {
  const written = secret.match(/\\+"?|[^\\]/gsu)?.map(formsOfSign) ?? []
  if (secret.length < shortestSecret) return written.join('')
  const bytes = Buffer.from(secret)
  return [written.join(''), ...base64Of(bytes), digits(bytes.toString('hex'))].join('|')
}

const named: Record<string, string> = { '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f' }
const entities: Record<string, string> = {
  '"': 'quot|#34|#x22',
  "'": '#39|#x27|apos',
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
}

/**
 * One character, or a run of backslashes with the quote after it. All counts are limited: each character is read about
 * once.
 */
function formsOfSign(sign: string): string {
  if (sign.startsWith('\\')) {
    const quote = sign.endsWith('"') ? formsOfSign('"') : ''
    const count = quote ? sign.length - 1 : sign.length
    // JSON doubles a backslash, and JSON within JSON doubles it again.
    return `(?:\\\\{${count},${8 * (count + 1)}}|(?:%(?:25){0,2}5[cC]|\\\\{1,8}u005[cC]){${count}})${quote}`
  }
  const units = [...Array(sign.length).keys()].map(at => digits(sign.charCodeAt(at).toString(16).padStart(4, '0')))
  const bytes = [...Buffer.from(sign)].map(byte => digits(byte.toString(16).padStart(2, '0')))
  const forms = [
    `${/["'/]/.test(sign) ? '\\\\{0,8}' : ''}${plain(sign)}`,
    units.map(unit => `\\\\{1,8}u${unit}`).join(''),
    bytes.map(byte => `%(?:25){0,2}${byte}`).join(''),
  ]
  if (named[sign]) forms.push(`\\\\{1,8}${named[sign]}`)
  if (entities[sign]) forms.push(`&(?:${entities[sign]});`)
  if (sign === ' ') forms.push('\\+')
  return `(?:${forms.join('|')})`
}

const plain = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

const digits = (hex: string) =>
  [...hex].map(digit => (/[a-f]/.test(digit) ? `[${digit}${digit.toUpperCase()}]` : digit)).join('')

/**
 * Returns base64 of the bytes at any offset, in both alphabets, without the characters that hold bits of their
 * neighbours.
 */
function base64Of(bytes: Buffer): string[] {
  return [0, 1, 2].map(before => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '')
    const whole = Math.floor(((before + bytes.length) * 8) / 6)
    const own = text.slice(Math.ceil((before * 8) / 6), whole)
    const either = [...own].map(sign => (sign === '+' ? '[+-]' : sign === '/' ? '[/_]' : sign)).join('')
    return before === 0 && whole < text.length ? `${either}(?:${plain(text.slice(whole))}={0,2})?` : either
  })
}
