// «Поздравь [имя] с днём рождения»: a pair of brackets on one line, with a short name in it.
const place = /\[([^[\]\n]{1,60})\]/g

/** The names of the places to fill in, each once, in the order in which they stand. */
export function placesOf(words: string): string[] {
  const names = [...words.matchAll(place)].map(([, name = '']) => name.trim())
  return [...new Set(names)].filter(name => name !== '')
}

/** Whether a bracket stands without its partner: it is no place, and stays as it is written. */
export const hasLooseBracket = (words: string): boolean => /[[\]]/.test(words.replace(place, ''))

/** The words with a value for each place; brackets in the values are theirs. */
export function filledWords(words: string, values: string[]): string {
  const names = placesOf(words)
  return words.replace(place, (bracketed, name: string) => values[names.indexOf(name.trim())] ?? bracketed)
}

/**
 * The values that a message gives to the next of `left` places: its lines one after another, if there are several places left
 * and several lines. Lines over the last place belong to it.
 */
export function valuesIn(text: string, left: number): string[] {
  const lines = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  if (left <= 1 || lines.length <= 1) return [text.trim()]
  return lines.length <= left ? lines : [...lines.slice(0, left - 1), lines.slice(left - 1).join('\n')]
}
