import type { Shape, Shaped } from './description/shapes.ts'

/** What is wrong with one call, in the order of finding. */
export type Report = {
  /** An old server passes over fields that it does not know; today's description refuses them. */
  lenient: boolean
  /** Fields that are not in the description, by their paths. */
  unknown: string[]
  faults: string[]
}

// The methods themselves check these, in any case of letters and with the server's own words.
const CHECKED_LATER = new Set(['parse_mode', 'action'])
// Of a person in a mention the server reads the id alone, whatever the description of a received User says.
const ID_ALONE = 'User'

/**
 * Checks a JSON value against its documented type, all the way down: unknown fields, missing ones, wrong types.
 * Returns it without what is unknown and without nulls, which mean "not given".
 */
export function checked(value: unknown, shape: Shape, path: string, report: Report): unknown {
  if (shape.any) return value
  if (Array.isArray(value)) return checkedList(value, shape, path, report)
  if (typeof value === 'object' && value !== null) {
    return checkedObject(value as Record<string, unknown>, shape, path, report)
  }
  if (!fits(value, shape)) report.faults.push(`field "${path}" must be of type ${wanted(shape)}`)
  else checkWord(value, shape, path, report)
  return value
}

/** Refuses a word that is not among the few that the description allows. */
export function checkWord(value: unknown, { scalars, values }: Shape, path: string, report: Report) {
  const key = path.replace(/^.*\./, '')
  if (report.lenient || values.length === 0 || CHECKED_LATER.has(key)) return
  const isFree = typeof value === 'number' ? scalars.has('int') || scalars.has('num') : typeof value !== 'string'
  if (!isFree && !values.some(allowed => String(allowed) === String(value))) {
    report.faults.push(`unknown ${key} "${String(value)}" in ${path}: ${values.slice(0, 20).join(', ')} expected`)
  }
}

function checkedList(list: unknown[], { items, ...shape }: Shape, path: string, report: Report) {
  if (!items) {
    report.faults.push(`field "${path}" must be of type ${wanted(shape)}`)
    return list
  }
  const isWords = items.values.length > 0 && items.scalars.size === 0
  const known = report.lenient && isWords ? list.filter(item => items.values.includes(item as string)) : list
  return known.map((item, index) => checked(item, items, `${path}[${index}]`, report))
}

function checkedObject(value: Record<string, unknown>, shape: Shape, path: string, report: Report) {
  const given = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined)
  const kinds = ofItsType(value, shape, path, report)
  if (kinds.length === 0) return value
  const lacking = kinds.map(kind => missing(value, kind))
  const whole = kinds.filter((_, index) => lacking[index]!.length === 0)
  if (whole.length === 0) report.faults.push(lack(value, shape, kinds, lacking, path))
  const candidates = whole.length > 0 ? whole : kinds
  const kept: Record<string, unknown> = {}
  for (const [key, inner] of given) {
    const field = candidates.find(kind => kind.fields.has(key))?.fields.get(key)
    if (field) kept[key] = checked(inner, field.shape, `${path}.${key}`, report)
    else if (!report.lenient) {
      report.unknown.push(`${path}.${key}`)
      report.faults.unshift(`unknown field "${key}" of ${titleOf(shape, candidates)} in ${path}`)
    }
  }
  return kept
}

/** Of the kinds of an object those whose words for a kind, such as `type`, are the given ones. */
function ofItsType(value: Record<string, unknown>, shape: Shape, path: string, report: Report): Shaped[] {
  const { objects } = shape
  if (objects.length === 0) {
    report.faults.push(`field "${path}" must be of type ${wanted(shape)}`)
    return []
  }
  const left = objects.filter(({ fields }) => {
    for (const [key, field] of fields) {
      if (field.required && isWord(field.shape) && !field.shape.values.includes(value[key] as string)) return false
    }
    return true
  })
  if (left.length === 0) {
    const [tag = 'type'] = [...objects[0]!.fields].find(([, field]) => field.required && isWord(field.shape)) ?? []
    const title = titleOf(shape, objects)
    report.faults.push(
      value[tag] === undefined || value[tag] === null
        ? `field "${tag}" of ${title} in ${path} is required`
        : `unknown ${tag} "${String(value[tag])}" of ${title} in ${path}`,
    )
  }
  return left
}

const isWord = ({ values, scalars, objects, items }: Shape) =>
  values.length > 0 && scalars.size === 0 && objects.length === 0 && !items

function missing(value: Record<string, unknown>, { name, fields }: Shaped): string[] {
  const required = [...fields].filter(([key, field]) => field.required && (name !== ID_ALONE || key === 'id'))
  return required.map(([key]) => key).filter(key => value[key] === undefined || value[key] === null)
}

function lack(value: object, shape: Shape, kinds: Shaped[], lacking: string[][], path: string): string {
  if (shape.name === 'InlineKeyboardButton' && 'text' in value) {
    return "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
  }
  const fewest = lacking.reduce((a, b) => (b.length < a.length ? b : a))
  return `field "${fewest[0]}" of ${titleOf(shape, kinds)} in ${path} is required`
}

const titleOf = ({ name }: Shape, kinds: Shaped[]) =>
  (kinds.length === 1 ? kinds[0]!.name : name) || name || kinds.map(kind => kind.name).join(' or ') || 'this object'

function fits(value: unknown, { scalars, values }: Shape): boolean {
  const ofType = (type: 'string' | 'number') => values.some(allowed => typeof allowed === type)
  switch (typeof value) {
    case 'string':
      // What has no String beside its InputFile cannot be reused: it is always sent anew.
      if (scalars.has('file') && !scalars.has('str')) return value.startsWith('attach://')
      // The server reads whole numbers out of strings too.
      return scalars.has('str') || ofType('string') || (isWhole(value) && scalars.has('int'))
    case 'number':
      return Number.isSafeInteger(value)
        ? scalars.has('int') || scalars.has('num') || ofType('number')
        : scalars.has('num') && Number.isFinite(value)
    case 'boolean':
      return scalars.has('bool')
    default:
      return false
  }
}

const isWhole = (text: string) => /^-?\d{1,15}$/.test(text)

const NAMES = { str: 'String', file: 'InputFile or String', int: 'Number', num: 'Number', bool: 'Boolean' }

function wanted({ scalars, values, objects, items }: Shape): string {
  const words = [...scalars].map(scalar => NAMES[scalar])
  if (scalars.size === 0 && values.length > 0) words.push(typeof values[0] === 'number' ? 'Number' : 'String')
  if (items) words.push('Array')
  if (objects.length > 0) words.push('Object')
  return [...new Set(words)].join(' or ')
}
