import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

/** An object of which nothing is known. */
export type Recorded = { [field: string]: unknown }
const Fields = Type.Record(Type.String(), Type.Unknown())

/** The fields of JSON inside JSON, of an object, or of neither: `resultJson` and `param` come in all of these ways. */
export function fieldsOf(value: unknown): Recorded {
  let inner = value
  for (let depth = 0; typeof inner === 'string' && depth < 3; depth += 1) inner = parsed(inner)
  return Value.Check(Fields, inner) ? inner : {}
}

/** JSON, or undefined. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A text of the provider, fit for a row and a log: Postgres refuses NUL and lone surrogates, and nobody needs a megabyte. */
export const said = (value: unknown, most = 500): string =>
  typeof value === 'string'
    ? value
        .slice(0, most)
        .toWellFormed()
        .replace(/\p{Cc}+/gu, ' ')
        .trim()
    : ''

/** The same for what people read: its lines stay. */
export const written = (value: string): string =>
  value
    .slice(0, 100_000)
    .toWellFormed()
    .replace(/[^\P{Cc}\n\t]+/gu, '')
