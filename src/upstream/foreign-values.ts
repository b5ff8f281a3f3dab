import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

/** An object with unknown fields. */
export type Recorded = { [field: string]: unknown }
const Fields = Type.Record(Type.String(), Type.Unknown())

/**
 * Returns the fields of an object, or of JSON inside a string; none for other values. `resultJson` and `param` come in
 * all these forms.
 */
export function fieldsOf(value: unknown): Recorded {
  let inner = value
  for (let depth = 0; typeof inner === 'string' && depth < 3; depth += 1) inner = parsed(inner)
  return Value.Check(Fields, inner) ? inner : {}
}

/** Parses JSON. Returns undefined if the text is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Returns a text of the provider, safe for a row and a log: without NUL and lone surrogates, which Postgres refuses,
 * and at most `most` characters.
 */
export const shortText = (value: unknown, most = 500): string =>
  typeof value === 'string'
    ? value
        .slice(0, most)
        .toWellFormed()
        .replace(/\p{Cc}+/gu, ' ')
        .trim()
    : ''

/** The same for texts that people read: line breaks stay. */
export const written = (value: string): string =>
  value
    .slice(0, 100_000)
    .toWellFormed()
    .replace(/[^\P{Cc}\n\t]+/gu, '')
