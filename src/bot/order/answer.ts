import type { Param, Scalar } from '../../catalogue/models.ts'
import type { Value } from '../../catalogue/parameters.ts'
import type { Language } from '../../money.ts'
import { isLink, isNumeric, scalarText, shiftOf } from '../parameter-texts.ts'

/**
 * Parses a written answer as a value of the parameter; returns undefined when it is none. Numbers are plain digits with a
 * comma or a point. Options and yes or no match the texts of their buttons, in either language.
 */
export function answerOf(param: Param, text: string, language: Language): Value | undefined {
  const typed = text.trim()
  if (param.previous_models) return undefined
  switch (param.type) {
    case 'string':
      if (isNumeric(param)) return /^-?\d{1,15}$/.test(typed) ? typed : undefined
      if (param.pattern === undefined) return text
      return isLink(param) ? typed : typed.toLowerCase()
    case 'boolean':
      return [true, false].find(value => isNamed(param, value, typed, language))
    case 'enum':
      return (
        param.enum?.find(value => isNamed(param, value, typed, language)) ?? onlyOne(matches(param, typed, language))
      )
    case 'integer':
    case 'number':
      return numberOf(param, typed)
    default:
      return undefined
  }
}

/** The options whose name begins with these words or contains them as whole words: «Xavier» is one voice. */
export function matches(param: Param, text: string, language: Language): Scalar[] {
  const typed = plain(text.trim())
  if (typed.length < 3) return []
  const words = (value: Scalar) => plain(scalarText(param, value, language))
  return (param.enum ?? []).filter(value => words(value).startsWith(typed) || hasWords(words(value), typed))
}

const hasWords = (name: string, typed: string) =>
  ` ${name.replace(/[^\p{L}\p{N}]+/gu, ' ')} `.includes(` ${typed.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()} `)

const onlyOne = (found: Scalar[]) => (found.length === 1 ? found[0] : undefined)

function numberOf(param: Param, typed: string): number | undefined {
  // «10 000» is how the question itself writes it.
  const digits = typed.replace(/(?<=\d)\s(?=\d{3}(\D|$))/g, '')
  if (!/^[+-]?\d{1,15}([.,]\d{1,10})?$/.test(digits)) return undefined
  return Number(digits.replace(',', '.')) - shiftOf(param)
}

function isNamed(param: Param, value: string | number | boolean, typed: string, language: Language): boolean {
  const names = [scalarText(param, value, language), scalarText(param, value, 'ru'), scalarText(param, value, 'en')]
  return [...names, String(value)].some(name => plain(name) === plain(typed))
}

// Buttons say «5 с» with a no-break space.
const plain = (text: string) => text.toLowerCase().replace(/\s+/g, ' ')
