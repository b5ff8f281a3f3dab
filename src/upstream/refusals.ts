import { ofAccount } from './wordings/account.ts'
import { ofContent } from './wordings/content.ts'
import { ofInput } from './wordings/input.ts'
import { ofModel } from './wordings/model.ts'
import type { Cause, Wording } from './wordings/wording.ts'

export type { Cause } from './wordings/wording.ts'

/**
 * The provider's words, and those of the models behind it, which it hands through. Signs are for a text in lower case
 * whose words are apart (`plain`). The first sign found decides: what is surely ours stands first, what says least last.
 * A new wording is a new row, and that is its test too.
 */
export const wordings: readonly Wording[] = [...ofAccount, ...ofContent, ...ofInput, ...ofModel]

// Names of parameters of ours, which say nothing of what a person sent.
const parameterNames = /nsfw_checker|(enable_)?safety_checker|safety_tolerance/gi

/**
 * What a text of the provider is about. Such texts quote what they refuse, so a sign that the person wrote (`own`) speaks
 * against nobody else: a prompt about an empty balance would close our account for everybody.
 */
export function causeOf(text: string, own: readonly string[] = []): Cause {
  const said = plain(text.replace(parameterNames, ''))
  const isQuoted = (sign: RegExp) => own.some(one => sign.test(plain(one)))
  const found = wordings.find(({ is, sign }) => sign?.test(said) && (isOfPerson(is) || !isQuoted(sign)))
  return found?.is ?? 'unknown'
}

const isOfPerson = (cause: Cause) => cause === 'content' || cause === 'input'

/** In lower case, with plain quotes, the words of `a_name`, `aName` and `a-name` apart. */
const plain = (text: string): string =>
  text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[‘’ʼ`]/g, "'")
    .replace(/[\s_‐-―-]+/g, ' ')

// Deeper than any input of ours; what a stranger nests further is not read.
const deepest = 6

/** All texts in what a person sent, at any depth. */
export function textsIn(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null || depth >= deepest) return []
  return Object.values(value).flatMap(inner => textsIn(inner, depth + 1))
}
