import type { Param } from '../catalogue/models.ts'
import type { Value } from '../catalogue/parameters.ts'
import type { Language } from '../money.ts'
import { scalarText } from './values.ts'

/**
 * A written answer as the parameter's value; undefined when it is nothing of the kind. Numbers take a comma or a point
 * and plain digits only; options and yes or no are known by what their buttons say, in either language.
 */
export function answerOf(param: Param, text: string, language: Language): Value | undefined {
  const said = text.trim()
  if (param.previous_models) return undefined
  switch (param.type) {
    case 'string':
      return param.pattern === undefined ? text : said
    case 'boolean':
      return [true, false].find(value => isNamed(param, value, said, language))
    case 'enum':
      return param.enum?.find(value => isNamed(param, value, said, language))
    case 'integer':
    case 'number':
      return /^[+-]?\d{1,15}([.,]\d{1,10})?$/.test(said) ? Number(said.replace(',', '.')) : undefined
    default:
      return undefined
  }
}

function isNamed(param: Param, value: string | number | boolean, said: string, language: Language): boolean {
  const names = [scalarText(param, value, language), scalarText(param, value, 'ru'), scalarText(param, value, 'en')]
  return [...names, String(value)].some(name => plain(name) === plain(said))
}

// Buttons say «5 с» with a no-break space.
const plain = (text: string) => text.toLowerCase().replace(/\s+/g, ' ')
