/** Words in code, letters on the wire. Old buttons keep their letters for ever: add letters, never change them. */
function coded<Word extends string>(letters: Record<Word, string>) {
  const words = new Map(Object.entries<string>(letters).map(([word, letter]) => [letter, word as Word]))
  return {
    pattern: `(?:${[...words.keys()].join('|')})`,
    letters: (word: Word): string => letters[word],
    /** Call it with a matched letter only. */
    word: (text: string | undefined): Word => words.get(text ?? '')!,
  }
}
const formats = { image: 'ti', edit: 'ii', video: 'tv', animate: 'iv', audio: 'au', tools: 'to' } as const
export const format = coded(formats)
export const list = coded({ ...formats, all: 'all', free: 'free', popular: 'pop', find: 'find' })
export const draftOp = coded({
  skip: 's',
  usual: 'u',
  back: 'b',
  cancel: 'x',
  option: 'v',
  done: 'a',
  clear: 'c',
  edit: 'e',
  extras: 'o',
  go: 'k',
  resume: 'r',
  anew: 'n',
  template: 'p',
  improve: 'i',
  hear: 'h',
})
export const quoteOp = coded({ start: 'ok', startFree: 'fr', startBonus: 'rf', change: 'ed', cancel: 'x', show: 'go' })
export const generationOp = coded({
  status: 'st',
  cancel: 'cx',
  why: 'why',
  repeat: 'rp',
  change: 'ed',
  resend: 'rs',
  original: 'or',
  support: 'sp',
  more: 'mo',
  fold: 'fo',
  example: 'ex',
  noExample: 'ux',
})
export const followUp = coded({ enlarge: 'up', animate: 'an' })
export const galleryList = coded({ all: 'a', starred: 's', found: 'f' })
export const historyFilter = coded({ all: 'a', done: 's', failed: 'f' })
export const task = coded({
  image: 'ti',
  video: 'tv',
  speech: 'sp',
  sound: 'so',
  edit: 'ed',
  animate: 'an',
  enlarge: 'up',
  cutout: 'co',
  talk: 'ta',
  clean: 'cl',
  remake: 're',
  unmark: 'um',
})
export const requestPress = coded({ show: 's', style: 'y', words: 'w', more: 'm', keep: 'k' })
export const templateOp = coded({ use: 'u', delete: 'x', restore: 'r' })
export const seriesKind = coded({ several: 'n', compare: 'c', photos: 'p' })
export const seriesOp = coded({ start: 'ok', show: 'go' })
export const groupQuoteOp = coded({ start: 'ok', cancel: 'x', show: 'go', self: 'me' })
export const groupOp = coded({
  show: 's',
  on: 'n',
  off: 'f',
  each: 'e',
  together: 'g',
  ledger: 'm',
  give: 't',
})
export const planOp = coded({ stop: 'x', resume: 'r' })
export const requestOp = coded({ proof: 'p', approve: 'o', otherAmount: 'a', deny: 'd' })

export type HelpTopic = 'start' | 'money' | 'free' | 'files' | 'topup' | 'late' | 'contact'
/** What the card of a person offers an admin. */
export type PersonAction = 'credit' | 'take' | 'ban' | 'unban' | 'message'

export type ModelSwitch = 'on' | 'off' | 'auto' | 'no'

export type WordOf<Code extends { letters: (word: never) => string }> = Parameters<Code['letters']>[0]
export type List = WordOf<typeof list>
/** Operations of a question; `option`, `edit` and `template` carry a number. */
export type DraftOp = WordOf<typeof draftOp>
export type QuoteOp = WordOf<typeof quoteOp>
export type GenerationOp = WordOf<typeof generationOp>
export type FollowUp = WordOf<typeof followUp>
export type GalleryList = WordOf<typeof galleryList>
export type HistoryFilter = WordOf<typeof historyFilter>
/**
 * What to do with the person's request: its price once more, a style for its photo, its words as a wish after all, several
 * orders made of it, a template.
 */
export type RequestPress = WordOf<typeof requestPress>
/** Several orders made of one request: the same several times, with two models, each photo by itself. */
export type SeriesKind = WordOf<typeof seriesKind>
export type TemplateOp = WordOf<typeof templateOp>
export type SeriesOp = WordOf<typeof seriesOp>
/** Operations of a price that was asked for in a group; `self`: the person pays instead of the group. */
export type GroupQuoteOp = WordOf<typeof groupQuoteOp>
/** What an admin of a group does with it; `give`: what any member may. */
export type GroupOp = WordOf<typeof groupOp>
export type PlanOp = WordOf<typeof planOp>
/** Operations of a request to credit a bank transfer. */
export type RequestOp = WordOf<typeof requestOp>

/**
 * How the data of a button is written and parsed. Telegram allows 64 bytes, a client can send any string, and a button
 * lives for ever. So arguments are short and plain, and all are checked when parsed.
 */
export const id = '[a-z2-7]{12}'
export const key = '[a-z0-9-]{1,41}'
export const page = '\\d{1,2}'
export const shapeName = '(?:\\d{1,2}-\\d{1,2}|portrait|landscape)'
export const count = '\\d{1,9}'
export const person = '\\d{1,15}'
/** The account of a group without its minus. */
export const account = '\\d{1,15}'

type Entry<Args extends unknown[]> = {
  to: (...args: Args) => string
  shape: RegExp
  from: (parts: string[]) => Args
}
/** A button whose data has this pattern. */
export const route = <Args extends unknown[]>(
  pattern: string,
  to: Entry<Args>['to'],
  from: Entry<Args>['from'],
): Entry<Args> => ({
  to,
  shape: new RegExp(`^${pattern}$`),
  from,
})
/** A button without arguments. */
export const plain = (data: string) =>
  route<[]>(
    data,
    () => data,
    () => [],
  )
export const part = (parts: string[], n: number) => parts[n] ?? ''
/** A letter or two and the key of a model. */
export const ofModel = (letters: string) =>
  route<[string]>(
    `${letters}:${key}`,
    model => `${letters}:${model}`,
    p => [part(p, 1)],
  )
/** A letter or two and the id of what it is about. */
export const about = (letters: string) =>
  route<[string]>(
    `${letters}:${id}`,
    it => `${letters}:${it}`,
    p => [part(p, 1)],
  )
