import { DEPRECATED, openTokens, type Tokens } from './tokens.ts'

/** A type as its declaration spells it; `other` is one that no parameter of the Bot API uses. */
export type Type =
  | { is: 'name'; name: string; args: Type[]; space: string }
  | { is: 'union' | 'both'; of: Type[] }
  | { is: 'list'; of: Type }
  | { is: 'value'; value: string | number }
  | { is: 'object'; members: Member[] }
  | { is: 'keys'; of: Type }
  | { is: 'other' }
/** A field, or a method with its argument. */
export type Member = { name: string; required: boolean; type: Type; isMethod: boolean }
/** Types by their full names, such as `Message.TextMessage`. */
export type Declarations = Map<string, Type>

const OTHER: Type = { is: 'other' }
const NONE: Type = { is: 'object', members: [] }

/**
 * Reads the declarations of one `.d.ts` file in the plain style of the Bot API's typings: interfaces, type aliases,
 * namespaces, fields and methods. Members marked as deprecated are left out. Throws on what it cannot read.
 */
export function readDeclarations(source: string, into: Declarations) {
  const tokens = openTokens(source)
  while (!tokens.isAtEnd()) readStatement(tokens, '', into)
}

/** `space` is the namespace around the statement with its dot. */
function readStatement(tokens: Tokens, space: string, into: Declarations) {
  const word = tokens.take()
  if (word === 'export' || word === 'declare' || word === DEPRECATED) return
  if (word === 'interface') return readInterface(tokens, space, into)
  if (word === 'type') return readAlias(tokens, space, into)
  if (word !== 'namespace') return tokens.skipPast(';')
  const inner = `${space}${tokens.take()}.`
  tokens.need('{')
  while (!tokens.taken('}')) readStatement(tokens, inner, into)
}

function readInterface(tokens: Tokens, space: string, into: Declarations) {
  const name = `${space}${tokens.take()}`
  skipParameters(tokens)
  const parents: Type[] = []
  if (tokens.taken('extends')) {
    do parents.push(readSingle(tokens, space))
    while (tokens.taken(','))
  }
  const own = readSingle(tokens, space)
  into.set(name, parents.length > 0 ? { is: 'both', of: [...parents, own] } : own)
}

function readAlias(tokens: Tokens, space: string, into: Declarations) {
  const name = `${space}${tokens.take()}`
  skipParameters(tokens)
  tokens.need('=')
  const type = readType(tokens, space)
  // The few conditional types describe the typings themselves and no parameter.
  if (tokens.peek() === ';') into.set(name, type)
  tokens.skipPast(';')
}

function readType(tokens: Tokens, space: string): Type {
  tokens.taken('|')
  const of = [readBoth(tokens, space)]
  while (tokens.taken('|')) of.push(readBoth(tokens, space))
  return of.length > 1 ? { is: 'union', of } : of[0]!
}

function readBoth(tokens: Tokens, space: string): Type {
  const of = [readSingle(tokens, space)]
  while (tokens.taken('&')) of.push(readSingle(tokens, space))
  return of.length > 1 ? { is: 'both', of } : of[0]!
}

function readSingle(tokens: Tokens, space: string): Type {
  let type = readPrimary(tokens, space)
  while (tokens.taken('[')) {
    const isList = tokens.taken(']')
    if (!isList) tokens.skipPast(']')
    type = isList ? { is: 'list', of: type } : OTHER
  }
  return type
}

function readPrimary(tokens: Tokens, space: string): Type {
  const token = tokens.take()
  if (token === 'readonly') return readSingle(tokens, space)
  if (token === 'keyof') return { is: 'keys', of: readSingle(tokens, space) }
  if (token === '{') return readObject(tokens, space)
  if (token === '(') {
    const inner = readType(tokens, space)
    tokens.need(')')
    return inner
  }
  if (token === 'typeof') {
    tokens.take()
    return OTHER
  }
  if (token.startsWith('"')) return { is: 'value', value: JSON.parse(token) as string }
  if (token.startsWith('`')) return { is: 'name', name: 'string', args: [], space }
  if (/^\d/.test(token)) return { is: 'value', value: Number(token) }
  return readName(tokens, token, space)
}

function readName(tokens: Tokens, first: string, space: string): Type {
  let name = first
  while (tokens.taken('.')) name += `.${tokens.take()}`
  const args: Type[] = []
  if (tokens.taken('<')) {
    do args.push(readType(tokens, space))
    while (tokens.taken(','))
    tokens.need('>')
  }
  return { is: 'name', name, args, space }
}

/** The members after an opening brace, the closing one with them. */
function readObject(tokens: Tokens, space: string): Type {
  const members: Member[] = []
  while (!tokens.taken('}')) {
    if (tokens.peek() === '[') {
      while (!tokens.taken('}')) tokens.skipPast(';') // a mapped type
      return NONE
    }
    const isDeprecated = tokens.taken(DEPRECATED)
    const member = readMember(tokens, space)
    if (!isDeprecated) members.push(member)
  }
  return { is: 'object', members }
}

function readMember(tokens: Tokens, space: string): Member {
  const name = tokens.take().replaceAll('"', '')
  const isMethod = tokens.taken('(')
  if (isMethod && tokens.taken(')')) {
    tokens.skipPast(';')
    return { name, isMethod, required: false, type: NONE }
  }
  if (isMethod) tokens.take() // the name of the argument
  const required = !tokens.taken('?')
  tokens.need(':')
  const type = readType(tokens, space)
  if (isMethod) tokens.need(')')
  tokens.skipPast(';')
  return { name, isMethod, required, type }
}

function skipParameters(tokens: Tokens) {
  if (tokens.peek() === '<') tokens.skipPairs('<', '>')
}
