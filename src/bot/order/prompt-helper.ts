import { characters } from '../../catalogue/inputs.ts'
import type { Hint, PromptKind } from '../../i18n/prompts.ts'
import { stringsFor } from '../../i18n/strings.ts'

/**
 * A prompt with its blanks and commas in order and with what it does not mention yet, in its own language. Every word
 * stays as it was and where it was; nothing is added for which there is no room.
 */
export function improved(text: string, kind: Exclude<PromptKind, 'speech'>, most = Number.POSITIVE_INFINITY): string {
  const tidy = tidied(text)
  const hints = stringsFor(isRussian(text) ? 'ru' : 'en').hints[kind]
  const missing = hints.filter(hint => !isMentioned(tidy, hint))
  const fuller = missing.reduce((so, { add }) => {
    const longer = joined(so, add)
    return characters(longer) <= most ? longer : so
  }, tidy)
  return characters(fuller) <= most ? fuller : text
}

const isRussian = (text: string) => /[а-яё]/i.test(text)

// Addresses keep their commas. No pattern reads a part of the text twice: it may be as long as people like.
const tidied = (text: string): string =>
  text
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/\S+/g, spacedCommas)
    .replace(/ ([,.;!?])(?=\s|$)/g, '$1')
    .replace(/,{2,}/g, ',')
    .replace(/^[\s,;]+/, '')
    .replace(/(?<![\s,;:])[\s,;:]+$/, '')

function spacedCommas(word: string): string {
  const address = word.indexOf('://')
  const before = address < 0 ? word : word.slice(0, address)
  return before.replace(/,(?=\p{L})/gu, ', ') + word.slice(before.length)
}

function isMentioned(text: string, { said }: Hint): boolean {
  const stems = said.split(' ')
  const words = text
    .toLowerCase()
    .replaceAll('ё', 'е')
    .split(/[^\p{L}\p{N}-]+/u)
  return words.some(word => stems.some(stem => word.startsWith(stem)))
}

function joined(text: string, add: string): string {
  if (text === '') return text
  return /[.!?…]$/.test(text) ? `${text} ${add.charAt(0).toUpperCase()}${add.slice(1)}` : `${text}, ${add}`
}
