import type { Declarations, Type } from './declarations.ts'

export type Scalar = 'str' | 'int' | 'num' | 'bool' | 'file'
/** What a value may be: any of the scalars, one of the objects, a list; `values` are the only scalars allowed, if any. */
export type Shape = {
  /** As the documentation calls it: «InlineKeyboardButton». */
  name: string
  scalars: Set<Scalar>
  values: (string | number)[]
  objects: Shaped[]
  items?: Shape
  /** Something that the reader does not understand; no parameter has it. */
  any?: true
}
export type Field = { required: boolean; shape: Shape }
export type Shaped = { name: string; fields: ReadonlyMap<string, Field> }
/** The declared types, and the shapes that were made of them: types name each other in circles. */
export type Book = { declarations: Declarations; shapes: Map<string, Shape> }
type Named = Type & { is: 'name' }

// The typings say "number" for both; these are the fields that the documentation calls Float.
const FLOATS =
  /^(latitude|longitude|horizontal_accuracy|scale|temperature|rotation_angle|[xy]_shift|\w+_percentage|\w+_frame_timestamp)$/
const SCALARS: Record<string, Scalar> = {
  string: 'str',
  number: 'int',
  boolean: 'bool',
  Boolean: 'bool',
  true: 'bool',
  false: 'bool',
  // The list of languages is not complete: the server takes any code of ISO 639-1.
  LanguageCode: 'str',
}
const WRAPPERS = new Set(['NonNullable', 'Readonly', 'Required', 'Partial'])

/**
 * `files` says what the type parameter F of the typings is: an upload, or nothing where a method takes none; `field`
 * is the name of what has this type.
 */
export function shapeOf(book: Book, type: Type, files = true, field = ''): Shape {
  switch (type.is) {
    case 'value':
      return { ...empty(), values: [type.value] }
    case 'object':
      return { ...empty(), objects: [shaped(book, '', type, files)] }
    case 'list':
      return { ...empty(), items: shapeOf(book, type.of, files, field) }
    case 'keys':
      return { ...empty(), values: [...fieldsOf(book, type.of, files).keys()] }
    case 'union':
      return merged(type.of.map(part => shapeOf(book, part, files, field)))
    case 'both':
      return isOpenString(type) ? scalar('str') : { ...empty(), objects: [shaped(book, '', type, files)] }
    case 'name':
      return shapeOfName(book, type, files, field)
    case 'other':
      return { ...empty(), any: true }
  }
}

/** The fields of an object type, those of its parents too. */
export function fieldsOf(book: Book, type: Type, files = true): Map<string, Field> {
  switch (type.is) {
    case 'object':
      return new Map(
        type.members.map(({ name, required, type }) => [name, { required, shape: shapeOf(book, type, files, name) }]),
      )
    case 'both':
    case 'union':
      return new Map(type.of.flatMap(part => [...fieldsOf(book, part, files)]))
    case 'name':
      return fieldsOfName(book, type, files)
    default:
      return new Map()
  }
}

function shapeOfName(book: Book, type: Named, files: boolean, field: string): Shape {
  const [first, second] = type.args
  if (type.name === 'number' && FLOATS.test(field)) return scalar('num')
  const kind = SCALARS[type.name]
  if (kind) return scalar(kind)
  if (WRAPPERS.has(type.name)) return shapeOf(book, first!, files, field)
  switch (type.name) {
    case 'F':
      return files ? scalar('file') : empty()
    case 'never':
      return empty()
    case 'Array':
    case 'ReadonlyArray':
      return { ...empty(), items: shapeOf(book, first!, files, field) }
    case 'UnionKeys':
      return { ...empty(), values: [...fieldsOf(book, first!, files).keys()] }
    case 'Exclude': {
      const without = shapeOf(book, second!, files).values
      const from = shapeOf(book, first!, files)
      return { ...from, values: from.values.filter(value => !without.includes(value)) }
    }
    case 'Omit':
    case 'Pick':
      return { ...empty(), objects: [shaped(book, first!.is === 'name' ? first!.name : '', type, files)] }
    default:
      return shapeOfDeclared(book, type, files)
  }
}

function shapeOfDeclared(book: Book, type: Named, files: boolean): Shape {
  const found = declared(book, type)
  if (!found) return { ...empty(), any: true }
  const { name, declaration } = found
  const withFiles = takesFiles(type, files)
  const key = `${name} ${withFiles}`
  const known = book.shapes.get(key)
  if (known) return known
  // Put down before it is filled, so that a type may name itself.
  const shape: Shape = { ...empty(), name }
  book.shapes.set(key, shape)
  const isObject = declaration.is === 'object' || declaration.is === 'both'
  if (isObject) shape.objects.push(shaped(book, name, declaration, withFiles))
  else Object.assign(shape, shapeOf(book, declaration, withFiles), { name })
  return shape
}

function fieldsOfName(book: Book, type: Named, files: boolean): Map<string, Field> {
  const [of, keys] = type.args
  if (type.name === 'Omit' || type.name === 'Pick') {
    const listed = shapeOf(book, keys!, files).values
    const isPick = type.name === 'Pick'
    return new Map([...fieldsOf(book, of!, files)].filter(([key]) => listed.includes(key) === isPick))
  }
  if (WRAPPERS.has(type.name)) return fieldsOf(book, of!, files)
  const found = declared(book, type)
  return found ? fieldsOf(book, found.declaration, takesFiles(type, files)) : new Map()
}

/** A name inside of a namespace means its neighbour there first. */
function declared({ declarations }: Book, { name, space }: Named) {
  for (const full of [`${space}${name}`, name]) {
    const declaration = declarations.get(full)
    if (declaration) return { name: full, declaration }
  }
  return
}

/** An object whose fields are read when they are first asked for. */
function shaped(book: Book, name: string, type: Type, files: boolean): Shaped {
  let fields: Map<string, Field> | undefined
  return {
    name,
    get fields() {
      fields ??= fieldsOf(book, type, files)
      return fields
    },
  }
}

const takesFiles = ({ args: [first] }: Named, files: boolean) =>
  files && !(first?.is === 'name' && first.name === 'never')

/** `string & Record<never, never>` is how the typings keep a string open beside its usual values. */
const isOpenString = (type: Type & { is: 'both' | 'union' }) =>
  type.of.some(part => part.is === 'name' && part.name === 'string')

const empty = (): Shape => ({ name: '', scalars: new Set(), values: [], objects: [] })
const scalar = (kind: Scalar): Shape => ({ ...empty(), scalars: new Set([kind]) })

function merged(parts: Shape[]): Shape {
  const items = parts.flatMap(part => part.items ?? [])
  const scalars = new Set(parts.flatMap(part => [...part.scalars]))
  return {
    name: '',
    scalars,
    // Beside a free string its usual values say nothing.
    values: scalars.has('str') ? [] : parts.flatMap(part => part.values),
    objects: parts.flatMap(part => part.objects),
    ...(items.length === 0 ? {} : { items: items.length === 1 ? items[0]! : merged(items) }),
    ...(parts.some(part => part.any) ? { any: true as const } : {}),
  }
}
