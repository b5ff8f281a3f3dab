export type Tokens = ReturnType<typeof openTokens>

/** The mark of a member that the typings keep for older callers; it is no part of the documentation any more. */
export const DEPRECATED = '@deprecated'
// A comment, a string, a template, a name or a number, or any other single character.
const TOKEN = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\]|\\.)*"|`[^`]*`|[\w$]+|\S/g

/** The tokens of a `.d.ts` file in turn, without its comments. */
export function openTokens(source: string) {
  const tokens: string[] = []
  for (const token of source.match(TOKEN) ?? []) {
    if (!token.startsWith('/')) tokens.push(token)
    else if (token.includes(DEPRECATED)) tokens.push(DEPRECATED)
  }
  let at = 0

  const peek = () => tokens[at]

  function take(): string {
    const token = tokens[at++]
    if (token === undefined) throw new Error('a declaration breaks off')
    return token
  }

  /** Takes the next token if it is this one. */
  function taken(token: string): boolean {
    if (tokens[at] !== token) return false
    at++
    return true
  }

  function need(token: string) {
    const found = take()
    if (found === token) return
    throw new Error(`"${found}" instead of "${token}" after "${tokens.slice(Math.max(0, at - 12), at - 1).join(' ')}"`)
  }

  /** Skips what begins here with the opening sign, up to the closing sign that belongs to it. */
  function skipPairs(open: string, close: string) {
    let depth = 0
    do {
      const token = take()
      depth += token === open ? 1 : token === close ? -1 : 0
    } while (depth > 0)
  }

  function skipPast(end: string) {
    while (peek() !== end) {
      if (peek() === '{') skipPairs('{', '}')
      else take()
    }
    take()
  }

  return { peek, take, taken, need, skipPairs, skipPast, isAtEnd: () => at >= tokens.length }
}
