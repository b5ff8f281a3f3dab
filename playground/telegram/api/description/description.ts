import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Declarations, readDeclarations, type Type } from './declarations.ts'
import { type Book, fieldsOf, type Shape } from './shapes.ts'

/** `id` is a number or @name; `obj` and `arr` are JSON; `file` is an upload, a file id or an address. */
export type Kind = 'str' | 'int' | 'num' | 'bool' | 'obj' | 'arr' | 'id' | 'file'
export type Parameter = { kind: Kind; required: boolean; shape: Shape }
export type Method = { name: string; parameters: ReadonlyMap<string, Parameter> }
export type Version = '10.3' | '7.1'
export type Description = {
  version: Version
  /** By their names in lower case: the server does not mind the case. */
  methods: ReadonlyMap<string, Method>
  /** The kinds of update. */
  updates: ReadonlySet<string>
  /** The fields of a documented type, such as `User`, by their names. */
  fieldsOf(type: string): ReadonlySet<string>
}

// The typings are written from https://core.telegram.org/bots/api, each for one version of it.
const ENTRIES: Record<Version, [string, string]> = {
  '10.3': ['@grammyjs/types', 'mod.d.ts'],
  '7.1': ['@telegraf/types', 'index.d.ts'],
}
const read = new Map<Version, Description>()

/** Methods, parameters and fields of the Bot API as published for this version; read once in a process. */
export function describe(version: Version): Description {
  const known = read.get(version) ?? readPackage(version)
  read.set(version, known)
  return known
}

/** The version that a variable of the environment names; nothing is the newest. Throws on any other word. */
export function versionOf(word: string | undefined): Version {
  if (word === undefined || word === '') return '10.3'
  if (word === '10.3' || word === '7.1') return word
  throw new Error(`TELEGEN_BOT_API is "${word}": it must be 10.3 or 7.1`)
}

function readPackage(version: Version): Description {
  const [name, entry] = ENTRIES[version]
  const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
  const declarations: Declarations = new Map()
  for (const [, file] of readFileSync(join(folder, entry), 'utf8').matchAll(/from "\.\/(\w+)\.js"/g)) {
    readDeclarations(readFileSync(join(folder, `${file}.d.ts`), 'utf8'), declarations)
  }
  const api = declarations.get('ApiMethods')
  if (api?.is !== 'object') throw new Error(`${name} declares no methods`)
  const book: Book = { declarations, shapes: new Map() }
  const methods = api.members
    .filter(member => member.isMethod)
    .map(({ name, type }): [string, Method] => [name.toLowerCase(), methodOf(book, name, type)])
  const keysOf = (type: string) => new Set(fieldsOf(book, { is: 'name', name: type, args: [], space: '' }).keys())
  const updates = keysOf('Update')
  updates.delete('update_id')
  return { version, methods: new Map(methods), updates, fieldsOf: keysOf }
}

/** Its parameters are read when it is first called. */
function methodOf(book: Book, name: string, type: Type): Method {
  let parameters: Map<string, Parameter> | undefined
  return {
    name,
    get parameters() {
      parameters ??= new Map(
        [...fieldsOf(book, type)].map(([key, field]) => [key, { ...field, kind: kindOf(field.shape) }]),
      )
      return parameters
    },
  }
}

function kindOf({ scalars, values, objects, items }: Shape): Kind {
  if (scalars.has('file')) return 'file'
  if (scalars.has('str') && scalars.has('int')) return 'id'
  if (objects.length > 0) return 'obj'
  if (items) return 'arr'
  const [only] = scalars
  return only ?? (typeof values[0] === 'number' ? 'int' : 'str')
}
