import { checked, checkWord, type Report } from './check.ts'
import type { Description, Kind } from './description/description.ts'
import { bad, Refusal } from './refusal.ts'

export type Upload = { fileName: string; mime: string; bytes: Uint8Array }

/** One call of the bot, its parameters already of the right kind. */
export type Call = {
  /** As the documentation spells it. */
  method: string
  fields: Record<string, unknown>
  /** Parts of a multipart body by their names. */
  uploads: Map<string, Upload>
  /** Parameters and fields that the description does not have, by their paths. */
  unknown: string[]
  /** What the description refuses, the worst first. */
  faults: string[]
}

/**
 * Checks names and kinds against the description of the method. Form fields and query parameters arrive as strings,
 * JSON as itself; both end as numbers, booleans, objects. Throws 404 for a method that does not exist, 400 for a kind;
 * what else is wrong is left in `faults`, so that the journal can show the call first.
 */
export function readCall(
  description: Description,
  name: string,
  raw: Record<string, unknown>,
  uploads: Map<string, Upload>,
): Call {
  const known = description.methods.get(name.toLowerCase())
  if (!known) throw new Refusal(404, 'Not Found: method not found')
  const fields: Record<string, unknown> = {}
  const report: Report = { lenient: description.version === '7.1', unknown: [], faults: [] }
  for (const [key, value] of Object.entries(raw)) {
    const parameter = known.parameters.get(key)
    // A form may name its method once more, as an answer to an update must.
    if (!parameter && key === 'method' && String(value).toLowerCase() === name.toLowerCase()) continue
    if (!parameter) {
      report.unknown.push(key)
      report.faults.push(`unknown parameter "${key}" of ${known.name}`)
    } else if (isGiven(value, parameter.kind)) {
      const converted = convert(key, parameter.kind, value)
      const isJson = parameter.kind === 'obj' || parameter.kind === 'arr'
      if (!isJson) checkWord(converted, parameter.shape, key, report)
      const isChecked = isJson && !(key === 'reply_markup' && isNothing(converted))
      fields[key] = isChecked ? checked(converted, parameter.shape, key, report) : converted
    }
  }
  for (const key of uploads.keys()) if (known.parameters.get(key)?.kind === 'file') fields[key] = `attach://${key}`
  for (const [key, { required }] of known.parameters) {
    if (required && fields[key] === undefined && !(report.lenient && key === EMPTY_WHEN_OLD)) {
      throw missing(known.name, key)
    }
  }
  // An old server passes over what it does not know.
  const faults = report.lenient ? report.faults.filter(fault => !fault.startsWith('unknown parameter')) : report.faults
  return { method: known.name, fields, uploads, unknown: report.unknown, faults }
}

/** An empty word for anything but a text and JSON's null both mean "not given". */
const isGiven = (value: unknown, kind: Kind) =>
  value !== null && value !== undefined && !(value === '' && kind !== 'str')

// Before Stars it was documented as required, but the published server has always read a missing one as empty
// (https://github.com/tdlib/telegram-bot-api, Client.cpp), which is what invoices in Stars need.
const EMPTY_WHEN_OLD = 'provider_token'

// An empty reply_markup is no markup.
const isNothing = (value: unknown) => isObject(value) && Object.keys(value).length === 0

export function text(call: Call, key: string): string | undefined {
  const value = call.fields[key]
  return typeof value === 'string' ? value : undefined
}

export function int(call: Call, key: string): number | undefined {
  const value = call.fields[key]
  return typeof value === 'number' ? value : undefined
}

export const flag = (call: Call, key: string): boolean => call.fields[key] === true

export function object(call: Call, key: string): Record<string, unknown> | undefined {
  const value = call.fields[key]
  return isObject(value) ? value : undefined
}

export function list(call: Call, key: string): unknown[] | undefined {
  const value = call.fields[key]
  return Array.isArray(value) ? value : undefined
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A string of an object that came from outside; throws 400 if it is something else. */
export function textOf(from: Record<string, unknown>, key: string): string | undefined {
  const value = from[key]
  if (value === undefined || value === null) return
  if (typeof value !== 'string') throw bad(`field "${key}" must be of type String`)
  return value
}

export function intOf(from: Record<string, unknown>, key: string): number | undefined {
  const value = from[key]
  if (value === undefined || value === null) return
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw bad(`field "${key}" must be of type Number`)
  return number
}

function convert(key: string, kind: Kind, value: unknown): unknown {
  const no = (wanted: string) => bad(`can't parse parameter "${key}": ${wanted} expected`)
  const number = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value
  switch (kind) {
    case 'str':
    case 'file':
      if (typeof value === 'object') throw no('a string')
      return String(value)
    case 'int':
      if (!Number.isSafeInteger(number)) throw no('an integer')
      return number
    case 'num':
      if (typeof number !== 'number' || !Number.isFinite(number)) throw no('a number')
      return number
    case 'id':
      if (typeof value === 'string' && /^@\w+$/.test(value)) return value
      if (!Number.isSafeInteger(number)) throw no('an identifier')
      return number
    case 'bool': {
      const word = String(value).toLowerCase()
      if (typeof value !== 'object' && ['true', '1', 'yes'].includes(word)) return true
      if (typeof value !== 'object' && ['false', '0', 'no'].includes(word)) return false
      throw no('a boolean')
    }
    default: {
      const parsed = typeof value === 'string' ? parse(value) : value
      if (kind === 'arr' ? !Array.isArray(parsed) : !isObject(parsed)) {
        throw bad(kind === 'arr' ? `can't parse ${key} JSON array` : `object expected as ${key.replaceAll('_', ' ')}`)
      }
      return parsed
    }
  }

  function parse(json: string): unknown {
    try {
      return JSON.parse(json)
    } catch {
      throw bad(`can't parse ${key.replaceAll('_', ' ')} JSON object`)
    }
  }
}

function missing(method: string, key: string) {
  if (key === 'text' && method !== 'answerCallbackQuery') return bad('message text is empty')
  if (key === 'chat_id' || key === 'user_id') return bad(`${key} is empty`)
  if (key === 'message_id') return bad('message identifier is not specified')
  if (key === 'callback_query_id' || key === 'pre_checkout_query_id') return bad('invalid query ID specified')
  if (key === 'file_id') return bad('file_id not specified')
  if (method.startsWith('send')) return bad(`there is no ${key} in the request`)
  return bad(`parameter "${key}" is required`)
}
