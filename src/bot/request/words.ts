import { inOtherLayout, readerOf, wordsOf } from './lexicon.ts'
import { outputWords, photoWords, resultWords } from './wish-words.ts'
import { type WordKind, wordsEn } from './words.en.ts'
import { wordsRu } from './words.ru.ts'

/** What words ask of the bot itself. */
export type Intent = 'refund' | 'where' | 'price' | 'balance' | 'help' | 'stop' | 'greeting' | 'thanks' | 'abuse'

/** `needs`: sets of kinds that are enough, each set in one text. `allows`: what may stand beside, fillers aside. */
type Rule = { intent: Intent; needs: string; allows: string }

// The first rule that fits is taken: a greeting before a question is part of the question.
const rules: Rule[] = [
  {
    intent: 'refund',
    needs:
      'refund | back money | back paid | where money | money neg came | money neg result | money gone' +
      ' | money scam | took neg | took money | took you | took number | took twice | took why | money broken' +
      ' | took broken | took where | demand number | paid neg | paid scam',
    allows:
      'result came order time still wait howlong abuse scam weak go arrange how what can when make number help ' +
      'account thanks product broken status lost praise balance',
  },
  {
    intent: 'where',
    needs:
      'where | neg came | neg result | when ready | when came | when result | howlong | ready | still wait' +
      ' | wait time | wait result | wait howmuch | howmuch time | came still | status | what came result' +
      ' | lost result | lost order | broken order | broken result | broken you | passed time | done still' +
      ' | done result | done when',
    allows:
      'result came order time still wait howlong abuse scam weak go can how what number help thanks paid money ' +
      'took product make see gone neg understand',
  },
  {
    intent: 'balance',
    needs: 'balance | topup | howmuch money have | howmuch money left | howmuch left | howmuch have | howmuch account',
    allows: 'money how what where see can account make number help thanks still result product came',
  },
  {
    intent: 'price',
    needs: 'howmuch | price | free | cost result | what cost',
    allows: 'cost result product make can what number help use money order thanks time how took see understand',
  },
  {
    intent: 'stop',
    needs: 'stop',
    allows: 'order result came nay thanks can how time number abuse weak wait still money took make product',
  },
  {
    intent: 'help',
    needs:
      'help | how use | how make | how can | how arrange | what can | what you | what this | what use' +
      ' | where use | neg understand | neg use',
    allows: 'order result what can make how use understand number arrange see ready time',
  },
  {
    intent: 'abuse',
    needs: 'abuse | weak you | go abuse',
    allows: 'weak go you scam result neg what can use product how',
  },
  {
    intent: 'thanks',
    needs: 'thanks | bravo',
    allows: 'bravo praise help result came order ready use can make money',
  },
  { intent: 'greeting', needs: 'greeting', allows: 'you how' },
]

type Kind = WordKind | 'number'
const readWords = readerOf<Kind>(wordsRu, wordsEn, { number: '0' })
const isKind = (name: string): name is Kind => name in wordsEn || name === 'number'

function kindsIn(names: string): Kind[] {
  const kinds = names.split(' ').filter(isKind)
  if (kinds.join(' ') !== names) throw new Error(`a rule names a kind of words that no list has: ${names}`)
  return kinds
}

const anywhere = kindsIn('filler greeting you this have twice why')
const compiled = rules.map(({ intent, needs, allows }) => {
  const sets = needs.split(' | ').map(kindsIn)
  return { intent, sets, allowed: new Set([...anywhere, ...sets.flat(), ...kindsIn(allows)]) }
})
// The longest complaint has a few dozen words; whoever writes more describes something.
const longest = { characters: 300, words: 25, answer: 60, caption: 1000 }

/** Returns what the words ask of the bot itself; undefined for a wish, and in doubt. */
export function intentOf(text: string): Intent | undefined {
  // Brackets are places to fill in: the words are a template.
  if (text.length > longest.characters || /[[\]]/.test(text)) return undefined
  return intentIn(text) ?? intentIn(inOtherLayout(text))
}

/** A rule fits when the text has one of its sets, and every word of the text is one that the rule knows. */
function intentIn(text: string): Intent | undefined {
  const words = wordsOf(text)
  if (words.length > longest.words) return undefined
  const read = readWords(words)
  if (isScene(read)) return undefined
  const has = new Set(read.flatMap(kinds => [...kinds]))
  const isMet = (set: Kind[]) => set.every(kind => has.has(kind))
  return compiled.find(({ sets, allowed }) => sets.some(isMet) && read.every(kinds => isOneOf(kinds, allowed)))?.intent
}

/** «Видео, где я и ты» says what is in it; «картинка где?» asks. */
const isScene = (read: Set<Kind>[]) =>
  read.some((kinds, at) => kinds.has('where') && at < read.length - 1 && read[at - 1]?.has('result'))

/** What a text without any file wants made. */
export type Output = 'image' | 'video' | 'speech' | 'sound'

const readOutput = readerOf(outputWords)

/** Returns what the words ask to be made, 'image' where they do not say. */
export function outputOf(text: string): Output {
  const read = readOutput(wordsOf(text.slice(0, longest.characters)))
  const is = (at: number, kind: keyof typeof outputWords) => read[at]?.has(kind) ?? false
  const start = read.findIndex(kinds => !kinds.has('lead'))
  const isFollowedBy = (kind: keyof typeof outputWords, most: number) =>
    read.slice(start + 1, start + 1 + most).some(kinds => kinds.has(kind))
  if (is(start, 'video') && !is(start + 1, 'thing')) return 'video'
  if (is(start, 'film') && !isFollowedBy('photo', 2)) return 'video'
  if (is(start, 'speak') || (is(start, 'say') && isFollowedBy('aloud', 8))) return 'speech'
  if (is(start, 'sound')) return 'sound'
  // «Кот танцует, видео», but not «обложка для видео».
  const end = read.length - 1
  const isOfVideo = read.some(kinds => kinds.has('frame')) || is(end - 1, 'from') || is(end - 2, 'from')
  return is(end, 'video') && !isOfVideo ? 'video' : 'image'
}

/** What an answer to a result may ask for in one or two words: the same as the buttons. */
export type ResultWord = 'repeat' | 'enlarge' | 'animate'
const readResult = readerOf(resultWords)

/** Returns what the words ask of a result when they say nothing else. */
export function resultWordOf(text: string): ResultWord | undefined {
  if (text.length > longest.answer) return undefined
  const read = readResult(wordsOf(text))
  const has = (kind: keyof typeof resultWords) => read.some(kinds => kinds.has(kind))
  if (read.some(kinds => kinds.size === 0)) return undefined
  if (has('enlarge')) return 'enlarge'
  if (has('animate')) return 'animate'
  if (has('repeat')) return 'repeat'
  return has('video') ? 'animate' : undefined
}

/** What words beside a photo ask for: an edit unless they say otherwise. */
export type PhotoWish = 'edit' | 'animate' | 'enlarge' | 'cutout'
const readPhoto = readerOf({ filler: wordsRu.filler }, { filler: wordsEn.filler }, photoWords)

/** Returns what words beside a photo ask for. A larger copy and a cutout take no further wishes: with such it is an edit. */
export function photoWishOf(text: string): PhotoWish {
  const read = readPhoto(wordsOf(text.slice(0, longest.caption)))
  type Kind = keyof typeof photoWords | 'filler'
  const has = (kind: Kind) => read.some(kinds => kinds.has(kind))
  const isOnly = (...allowed: Kind[]) =>
    read.every(kinds => isOneOf(kinds, new Set<Kind>([...allowed, 'filler', 'same'])))
  if (has('animate')) return 'animate'
  const isVideo = read.some((kinds, at) => kinds.has('video') && !read[at + 1]?.has('thing'))
  if (isVideo && !has('frame')) return 'animate'
  const isMotion = (at: number) => read.slice(at + 1, at + 6).some(kinds => kinds.has('motion'))
  if (read.some((kinds, at) => kinds.has('let') && isMotion(at))) return 'animate'
  if (has('enlarge') && isOnly('enlarge')) return 'enlarge'
  const isCutout = has('cutout') || (has('clear') && has('ground'))
  if (isCutout && isOnly('cut', 'cutout', 'person', 'ground', 'clear')) return 'cutout'
  return has('cut') && has('ground') && isOnly('cut', 'ground') ? 'cutout' : 'edit'
}

const isOneOf = <Kind>(kinds: Set<Kind>, allowed: Set<Kind>) => [...kinds].some(kind => allowed.has(kind))

// How people ask for speech, at the beginning of what is to be spoken.
const speechCommand =
  /^\s*(?:озвучь(?:те)?|прочитай(?:те)?(?: вслух)?|прочти(?: вслух)?|скажи(?:те)?(?: голосом)?|произнеси(?:те)?|voice ?over|read(?: this)?(?: aloud| out loud)?|say)\s*[:—–-]\s*/iu

/** Returns the text to be spoken, without the words that ask for it: «озвучь: добрый вечер» says «добрый вечер». */
export function spokenOf(text: string): string {
  const spoken = text.replace(speechCommand, '')
  return spoken.trim() === '' ? text : spoken
}
