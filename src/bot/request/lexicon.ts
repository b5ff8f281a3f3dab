/** Kinds by word: words apart by blanks, `*` for any ending (`деньг*`), `_` within what counts as one (`never_mind`). */
export type Lists<Kind extends string> = Partial<Record<Kind, string>>
/** Returns the kinds of every word of a text, an empty set for a word that is in no list; phrases count as one word. */
export type Reader<Kind extends string> = (words: string[]) => Set<Kind>[]

/** The words of a text as they are compared: see `canonical`. */
export const wordsOf = (text: string): string[] =>
  (
    text
      .normalize('NFKC')
      .toLowerCase()
      .replace(/['’ʼ`´]/g, '')
      .match(/[\p{L}\p{N}]+/gu) ?? []
  ).map(canonical)

const sameSounds: Record<string, string> = { ё: 'е', э: 'е', й: 'и', ы: 'и', щ: 'ш', ц: 'тс', ь: '', ъ: '' }

// All sums and durations are one word to the lists: `0`.
const sum = /^\p{N}+(?:р|руб|rub|usd|мин|min)?$/u

// «cтоит» with a Latin c: typed in the wrong layout in the middle of a Russian word.
const lookalikes = 'aceopxyktmhb'
const russianTwins = 'асеорхуктмнв'
const isMixed = (word: string) => /[a-z]/.test(word) && /[а-яё]/.test(word)
const unmixed = (word: string): string =>
  isMixed(word) ? word.replace(/[aceopxyktmhb]/g, letter => russianTwins[lookalikes.indexOf(letter)]!) : word

/** People double letters, leave out soft signs and write ы for и: none of it makes another word. */
const canonical = (word: string): string =>
  sum.test(word)
    ? '0'
    : unmixed(word)
        .replace(/[ёэйыщцьъ]/g, letter => sameSounds[letter]!)
        .replace(/(\p{L})\1+/gu, '$1')

/** Builds the reader of some lists. A word of six letters or more may have one typo. */
export function readerOf<Kind extends string>(...lists: Lists<Kind>[]): Reader<Kind> {
  const whole = new Map<string, Set<Kind>>()
  const stems = new Map<string, Set<Kind>>()
  for (const [kind, entries] of lists.flatMap(list => Object.entries(list) as [Kind, string][]))
    for (const entry of entries.trim().split(/\s+/)) {
      const key = wordsOf(entry.replaceAll('_', ' ')).join(' ')
      const map = entry.endsWith('*') ? stems : whole
      map.set(key, (map.get(key) ?? new Set()).add(kind))
    }
  const known = { whole, stems: byLetter(stems), long: byLetter(whole) }
  return words => {
    const found: Set<Kind>[] = []
    for (let at = 0; at < words.length; ) {
      const phrase = [3, 2].map(length => words.slice(at, at + length)).find(words => whole.has(words.join(' ')))
      found.push(phrase ? whole.get(phrase.join(' '))! : kindsOf(words[at]!, known))
      at += phrase?.length ?? 1
    }
    return found
  }
}

type Entry<Kind> = [key: string, kinds: Set<Kind>]
type ByLetter<Kind> = Map<string, Entry<Kind>[]>
type Known<Kind> = { whole: Map<string, Set<Kind>>; stems: ByLetter<Kind>; long: ByLetter<Kind> }

const byLetter = <Kind>(entries: Map<string, Set<Kind>>): ByLetter<Kind> => Map.groupBy(entries, ([key]) => key[0]!)

function kindsOf<Kind>(word: string, known: Known<Kind>): Set<Kind> {
  const exact = exactKindsOf(word, known)
  if (exact.size > 0) return exact
  // Shorter words in Latin letters are English too often: «hay» is not «хай».
  const inRussian = /^[a-z]{4,}$/.test(word) ? exactKindsOf(canonical(transliterated(word)), known) : exact
  if (inRussian.size > 0 || word.length < shortestTypo || realWords.has(word)) return inRussian
  const whole = known.long.get(word[0]!)?.find(([key]) => key.length >= shortestTypo && isOneTypo(word, key, false))
  const stem = known.stems.get(word[0]!)?.find(([key]) => key.length >= shortestStem && isOneTypo(word, key, true))
  return (whole ?? stem)?.[1] ?? new Set()
}

const exactKindsOf = <Kind>(word: string, { whole, stems }: Known<Kind>): Set<Kind> =>
  new Set([
    ...(whole.get(word) ?? []),
    ...(stems.get(word[0]!) ?? []).flatMap(([key, kinds]) => (word.startsWith(key) ? [...kinds] : [])),
  ])

const shortestTypo = 6
const shortestStem = 5
// One letter away from a word of the lists, and no slip of the finger.
const realWords = new Set(wordsOf('change changed changes cancer cancers примета дорога дороги дорогу walking'))

/** Whether one letter is wrong, missing, too many or swapped with its neighbour; the first letter is right. */
function isOneTypo(word: string, key: string, isStem: boolean): boolean {
  const fits = (rest: string, of: string) => (isStem ? rest.startsWith(of) : rest === of)
  let at = 0
  while (at < key.length && word[at] === key[at]) at += 1
  // Without its last letter a stem begins other words: «открытие» is no «открытка».
  if (at === 0 || (isStem && at === key.length - 1)) return false
  const [rest, of] = [word.slice(at), key.slice(at)]
  const isSwapped = rest[0] === of[1] && rest[1] === of[0] && fits(rest.slice(2), of.slice(2))
  return isSwapped || fits(rest.slice(1), of.slice(1)) || fits(rest.slice(1), of) || fits(rest, of.slice(1))
}

const latin: [string, string][] = Object.entries({
  ...{ shch: 'щ', sch: 'щ', zh: 'ж', kh: 'х', ch: 'ч', sh: 'ш', yu: 'ю', ya: 'я', yo: 'е', ye: 'е', ju: 'ю', ja: 'я' },
  ...{ a: 'а', b: 'б', c: 'ц', d: 'д', e: 'е', f: 'ф', g: 'г', h: 'х', i: 'и', j: 'й', k: 'к', l: 'л', m: 'м', n: 'н' },
  ...{ o: 'о', p: 'п', q: 'к', r: 'р', s: 'с', t: 'т', u: 'у', v: 'в', w: 'в', x: 'кс', y: 'й', z: 'з' },
})
const cyrillic = new Map(latin)

const transliterated = (word: string): string =>
  word.replace(/shch|sch|zh|kh|ch|sh|y[auoe]|j[ua]|[a-z]/g, letters => cyrillic.get(letters)!)

const russianKeys = 'йцукенгшщзхъфывапролджэячсмитьбю'
const englishKeys = "qwertyuiop[]asdfghjkl;'zxcvbnm,."

/** The text as the same keys write it in the other layout, Russian or English: «ghbdtn» is «привет». */
export function inOtherLayout(text: string): string {
  const small = text.toLowerCase()
  const [from, to] = /[а-яё]/.test(small) ? [russianKeys, englishKeys] : [englishKeys, russianKeys]
  // A comma that ends a word is a comma.
  return small.replace(/[a-zа-яё]|[[\];',.](?=[a-z])/g, key => to[from.indexOf(key)] ?? key)
}
