import type { Test } from 'tap'
import { stringsFor } from '../../src/i18n/strings.ts'
import { type Html, toPlain } from '../../src/telegram/html.ts'

// What a text calls that writes an amount.
const writer = /\b(?:amount|price|priceText|priceLine|priceLabel|formatKop|repriced|moment|held)\(/

type Words = Record<string, unknown>
type Said = string | Html | Html[]

const isWords = (value: unknown): value is Words =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !('html' in value)

/**
 * Every text that names money, found in the words themselves, so a new one is in by being written. What is said from here
 * on is noted; `silent` are the texts that nobody has read yet.
 */
export function moneyTexts() {
  const heard = new Map<string, number>()
  const listen = (words: Words, path: string): void => {
    for (const [key, value] of Object.entries(words)) {
      const name = `${path}${key}`
      if (isWords(value)) listen(value, `${name}.`)
      if (typeof value !== 'function' || !writer.test(String(value))) continue
      heard.set(name, 0)
      words[key] = (...args: unknown[]) => {
        heard.set(name, (heard.get(name) ?? 0) + 1)
        return (value as (...args: unknown[]) => Said)(...args)
      }
    }
  }
  listen(stringsFor('ru') as unknown as Words, '')
  return {
    count: () => heard.size,
    silent: () => [...heard].flatMap(([name, times]) => (times === 0 ? [name] : [])).sort(),
  }
}

/** Amounts in rubles that stand in a text, in kopecks: «2,85 ₽», «−1 250 ₽», «бесплатно» is none. */
export const amountsIn = (text: string): number[] =>
  [...text.matchAll(/([−-]?)(\d[\d\u00a0]*)(?:[.,](\d\d))?\u00a0₽/g)].map(([, sign, whole = '', rest = '00']) => {
    const kop = Number(`${whole.replaceAll('\u00a0', '')}${rest}`)
    return sign ? -kop : kop
  })

/** Reads places that name money, and counts them. */
export function reader() {
  const places = new Set<string>()
  return {
    places,
    /** The amounts of a text are these, whatever their order and however often. */
    names(t: Test, place: string, text: string | Html | undefined, ...kops: number[]) {
      places.add(place)
      const plain = typeof text === 'object' ? toPlain(text) : (text ?? '')
      const sorted = (all: number[]) => [...new Set(all)].sort((a, b) => a - b)
      t.strictSame(sorted(amountsIn(plain)), sorted(kops), `${place}: ${plain}`)
    },
  }
}
