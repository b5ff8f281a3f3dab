import { ofAccount } from './wordings/account.ts'
import { ofContent } from './wordings/content.ts'
import { ofInput } from './wordings/input.ts'
import { ofModel } from './wordings/model.ts'
import type { Cause, Wording } from './wordings/wording.ts'

export type { Cause } from './wordings/wording.ts'

/**
 * Texts of the provider and of the models behind it, which it passes through. Signs match text in lower case with words
 * apart (`plain`). The first match decides: the most certain come first, the vaguest last. To add a wording, add a row:
 * each row is also a test.
 */
export const wordings: readonly Wording[] = [...ofAccount, ...ofContent, ...ofInput, ...ofModel]

// Names of our own parameters. They say nothing about the person's input.
const parameterNames = /nsfw_checker|(enable_)?safety_checker|safety_tolerance/gi

/**
 * Returns what a text of the provider is about. Such texts quote what they refuse, so a sign that is part of the
 * person's own texts (`own`) can only count against that person: otherwise a prompt about an empty balance would stop
 * sales for everybody.
 */
export function causeOf(text: string, own: readonly string[] = []): Cause {
  const lowered = plain(text.replace(parameterNames, ''))
  const isQuoted = (sign: RegExp) => own.some(one => sign.test(plain(one)))
  const found = wordings.find(({ is, sign }) => sign?.test(lowered) && (isOfPerson(is) || !isQuoted(sign)))
  return found?.is ?? 'unknown'
}

const isOfPerson = (cause: Cause) => cause === 'content' || cause === 'input'

/** Lower case, plain quotes, and the words of `a_name`, `aName` and `a-name` apart. */
const plain = (text: string): string =>
  text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[‘’ʼ`]/g, "'")
    .replace(/[\s_‐-―-]+/g, ' ')

// Deeper than any valid input. Texts nested deeper are not read.
const deepest = 6

/** Returns all texts in a person's input, at any depth. */
export function textsIn(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null || depth >= deepest) return []
  return Object.values(value).flatMap(inner => textsIn(inner, depth + 1))
}
