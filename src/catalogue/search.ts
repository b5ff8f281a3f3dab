import { formatAliases, formatOf, type Model } from './models.ts'

/**
 * Returns the models that every word of the text speaks of, the best first; models that fit as well keep their order.
 * Words are found in any form, in the letters of either alphabet, typed in the wrong keyboard layout, and, if there is
 * nothing better, with one typing error in a word of five letters or more.
 */
export function search(models: readonly Model[], text: string): Model[] {
  for (const isSame of [isForm, isTypo]) {
    for (const typed of [text, retyped(text)]) {
      const words = wordsOf(typed).filter(word => !idle.has(word))
      const wanted = words.map(keyOf)
      const found = models
        .map(model => ({ model, hits: hitsOf(indexOf(model), wanted, isSame) }))
        .filter(({ hits }) => hits !== undefined)
        .sort((a, b) => b.hits! - a.hits!)
      if (found.length > 0) return found.map(({ model }) => model)
    }
  }
  return []
}

/** How many of the words are in its names; undefined if one is nowhere. */
function hitsOf({ names, about }: Index, wanted: Key[], isSame: Same): number | undefined {
  if (wanted.length === 0) return undefined
  const isIn = (keys: Key[], word: Key) => keys.some(key => isSame(word, key))
  const hits = wanted.filter(word => isIn(names, word)).length
  return wanted.every(word => isIn(names, word) || isIn(about, word)) ? hits : undefined
}

/** A word in Latin letters as it sounds, whole and without its ending. */
type Key = { whole: string; stem: string }
type Same = (wanted: Key, key: Key) => boolean
type Index = { names: Key[]; about: Key[] }

const indexes = new WeakMap<Model, Index>()

function indexOf(model: Model): Index {
  const known = indexes.get(model)
  if (known) return known
  const { id, provider, name, short, mark, aliases, description } = model
  const called = [id, provider, ...[name, short, mark ?? []].flatMap(text => Object.values(text)), ...aliases]
  const index = {
    names: keysOf([...called, ...formatAliases(formatOf(model))]),
    about: keysOf(Object.values(description)),
  }
  indexes.set(model, index)
  return index
}

function keysOf(texts: string[]): Key[] {
  const words = texts.flatMap(text => {
    const each = wordsOf(text)
    return each.length > 1 ? [...each, each.join('')] : each // «нанобанана»
  })
  return [...new Set(words)].map(keyOf)
}

// Numbers apart from letters: «sora2», and «2.6» in one.
const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/(\d),(?=\d)/g, '$1.')
    .match(/\p{L}+|\d+(?:\.\d+)*/gu) ?? []

// Words that say nothing of a model.
const idle = new Set(
  [
    'a an the to of from with and in on for by my me i v want need make please model ai neural network',
    'в во на из с со по и для от до к о у а я мне мой моё надо нужно нужна нужен хочу сделать сделай сделайте создать создай',
    'пожалуйста модель нейросеть нейронка ии через как какая',
  ].flatMap(words => words.split(' ')),
)

const keyOf = (word: string): Key => ({ whole: sounded(word), stem: sounded(stemOf(word)) })

const russianEnding =
  /(?:иями|ениями|ением|ениям|ениях|ение|ения|ению|ений|анием|ание|ания|ировать|овать|ывать|ивать|ить|ать|ять|еть|уть|ай|яй|ите|ами|ями|ого|его|ому|ему|ыми|ими|ый|ий|ой|ая|яя|ое|ее|ые|ие|ым|им|ых|их|ую|юю|ам|ям|ах|ях|ов|ев|ей|ом|ем|ою|ею|[аяоеыиуюьй])$/
const englishEnding = /(?:ations?|ions?|ings?|ers?|ors?|als?|ed|es|s|e)$/

/** The word without its ending, if three letters or more are left. */
function stemOf(word: string): string {
  const stem = word.replace(/[а-яё]$/.test(word) ? russianEnding : englishEnding, '')
  return stem.length >= 3 ? stem : word
}

const latin: Record<string, string> = Object.fromEntries(
  'а:a б:b в:v г:g д:d е:e ё:e ж:zh з:z и:i й:i к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:h ц:ts ч:ch ш:sh щ:sh ъ: ы:i ь: э:e ю:yu я:ya'
    .split(' ')
    .map(pair => pair.split(':') as [string, string]),
)

/** The word in Latin letters, with one letter for each sound: «клинг» and «Kling» are the same. */
const sounded = (word: string): string =>
  word
    .replace(/[а-яё]/g, letter => latin[letter] ?? '')
    .replace(/ph/g, 'f')
    .replace(/kh/g, 'h')
    .replace(/c(?!h)|q/g, 'k')
    .replace(/x/g, 'ks')
    .replace(/w/g, 'v')
    .replace(/y/g, 'i')
    .replace(/(\p{L})\1+/gu, '$1')

/** The same word, or another form of it. A beginning of three letters is enough. */
const isForm: Same = (wanted, key) => {
  if (wanted.whole === key.whole) return true
  if (/^\d/.test(wanted.whole)) return key.whole.startsWith(`${wanted.whole}.`)
  return wanted.stem.length >= 3 && key.whole.startsWith(wanted.stem)
}

const fewestForTypo = 5

/** The same but for one letter: another, missing, too many, or two in each other's place. */
const isTypo: Same = (wanted, key) =>
  isForm(wanted, key) ||
  [
    [wanted.whole, key.whole],
    [wanted.stem, key.stem],
  ].some(([a = '', b = '']) => Math.min(a.length, b.length) >= fewestForTypo - 1 && isOneOff(a, b) && isLong(wanted))

const isLong = ({ whole }: Key) => whole.length >= fewestForTypo && !/^\d/.test(whole)

function isOneOff(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false
  let same = 0
  while (same < a.length && a[same] === b[same]) same++
  const [x, y] = [a.slice(same), b.slice(same)]
  const isSwapped = x[0] === y[1] && x[1] === y[0] && x.slice(2) === y.slice(2)
  return x.slice(1) === y || x === y.slice(1) || x.slice(1) === y.slice(1) || (x.length > 1 && isSwapped)
}

const [us, ru] = ["qwertyuiop[]asdfghjkl;'zxcvbnm,.`", 'йцукенгшщзхъфывапролджэячсмитьбюё']

/** The text as the same keys type it in the other layout. */
const retyped = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[\s\S]/g, key =>
      us.includes(key) ? ru[us.indexOf(key)]! : ru.includes(key) ? us[ru.indexOf(key)]! : key,
    )
