import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { parse } from 'acorn'

/** A regular expression and the line it stands in. */
export type Pattern = { at: string; regex: RegExp }

/** Every regular expression below `root`: literals, and texts given to `RegExp` or named `pattern` in a schema. */
export function patternsBelow(root: string): Pattern[] {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(file => /\.[jt]s$/.test(file))
  return files.flatMap(file => {
    const text = readFileSync(`${root}/${file}`, 'utf8')
    // The types become blanks, so that lines stay where they are.
    return patternsIn(file.endsWith('.ts') ? stripTypeScriptTypes(text) : text, file)
  })
}

export function patternsIn(code: string, file: string): Pattern[] {
  const found: Pattern[] = []
  type Seen = { type: { label: string }; value?: unknown; start: number }
  const tokens: { label: string; value: unknown; start: number }[] = []
  const onToken = ({ type, value, start }: Seen) => tokens.push({ label: type.label, value, start })
  parse(code, { ecmaVersion: 'latest', sourceType: 'module', onToken })
  const add = (start: number, source: string, flags: string) =>
    found.push({ at: `${file}:${code.slice(0, start).split('\n').length}`, regex: new RegExp(source, flags) })
  for (const [index, { label, value, start }] of tokens.entries()) {
    const before = (back: number) => tokens[index - back]?.value
    if (label === 'regexp') {
      const { pattern, flags } = value as { pattern: string; flags: string }
      add(start, pattern, flags)
    } else if (label === 'string' && (before(2) === 'pattern' || before(2) === 'RegExp')) add(start, String(value), '')
  }
  return found
}

/** Milliseconds of processor, not of the clock: others work on this machine too. */
function costMs({ source, flags }: RegExp, text: string): number {
  const regex = new RegExp(source, flags)
  const before = process.cpuUsage()
  // With `g` it goes on from where the last match ended.
  text.replace(regex, '')
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const short = 8_000
const long = 32_000
// What is linear reads the long text in well under a millisecond; what is quadratic takes tens to hundreds.
const suspectMs = 6

/** The text that makes the time of a pattern grow faster than the text: four times the length, over eight times the time. */
export function attackOn(regex: RegExp): string | undefined {
  for (const { name, make } of attacksOn(regex)) {
    const once = costMs(regex, make(long))
    if (once < suspectMs) continue
    const least = (text: string) => Math.min(...[1, 2, 3, 4, 5].map(() => costMs(regex, text)))
    const cost = once > 20 * suspectMs ? once : least(make(long))
    if (cost >= suspectMs && cost > 8 * least(make(short))) return name
  }
  return undefined
}

type Attack = { name: string; make: (length: number) => string }

/** One or two parts of the pattern over and over, behind and before something that belongs to none of them. */
function attacksOn(regex: RegExp): Attack[] {
  const parts = partsOf(regex)
  const bodies = [...parts, ...parts.flatMap(a => parts.filter(b => b !== a).map(b => a + b))]
  const edges = ['', '\0', ...parts.filter(part => part.length > 1)]
  return bodies.flatMap(body =>
    edges.flatMap(edge =>
      ['', '\0'].map(end => ({
        name: JSON.stringify([edge, body, end]),
        make: (length: number) => edge + body.repeat(Math.ceil(length / body.length)) + end,
      })),
    ),
  )
}

const kinds: Record<string, string> = { d: '0', w: 'a', s: ' ', S: 'x', D: 'x', W: '-', b: ' ', B: 'a', p: 'я', P: '-' }
const maxParts = 9

/** Signs that the pattern names or that its classes hold, and its words whole. */
function partsOf({ source, flags }: RegExp): string[] {
  const plain = source
    .replace(/\\(?:u|x)([\da-f]{4}|[\da-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\([nrt])/g, (_, sign) => ({ n: '\n', r: '\r', t: '\t' })[sign as 'n'])
  const classes = [...plain.matchAll(/\\([dwsSDWbBpP])/g)].map(([, kind]) => kinds[kind!]!)
  const rest = plain.replace(/\\[pP]\{[^}]*\}|\\[dwsSDWbBpP]|\(\?(<?[=!]|:)|\{\d+(,\d*)?\}/g, '\0')
  // Of `[a-z]` its ends; a word is what stands between signs that mean something.
  const words = rest
    .replace(/\[(\\.|[^\]\\])*\]/g, '\0')
    .replace(/\\(.)/g, '\x01$1')
    .split(/[\0^$.*+?()|[\]{}]/)
    .map(word => word.replaceAll('\x01', ''))
  const signs = [...rest.replace(/[\0^$*+?()|[\]{}\\]/g, '')]
  const escaped = [...rest.matchAll(/\\(.)/g)].map(([, sign]) => sign!)
  const negated = /\[\^/.test(plain) || /\./.test(rest) ? ['x'] : []
  const longest = words.filter(word => word.length > 1)
  const all = [
    ...(longest.length > 1 ? [`${longest.join('')}${flags.includes('m') ? '\r' : '\n'}`] : []),
    ...classes,
    ...negated,
    ...longest,
    ...escaped,
    ...signs,
  ]
  return [...new Set(all)].filter(Boolean).slice(0, maxParts)
}
