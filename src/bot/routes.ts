import {
  type DraftOp,
  draftOp,
  type FollowUp,
  followUp,
  type GalleryList,
  type GenerationOp,
  galleryList,
  generationOp,
  type HistoryFilter,
  historyFilter,
  type List,
  list,
  type QuoteOp,
  quoteOp,
  type RequestOp,
  type RequestPress,
  requestOp,
  requestPress,
  task,
  type WordOf,
} from './codes.ts'

/**
 * The table of all buttons: how their data is written and parsed. Telegram allows 64 bytes, a client can send any string,
 * and a button lives for ever. So arguments are short and plain, and all are checked when parsed.
 */
const id = '[a-z2-7]{12}'
const key = '[a-z0-9-]{1,41}'
const page = '\\d{1,2}'
const count = '\\d{1,9}'
const person = '\\d{1,15}'

export type HelpTopic = 'start' | 'money' | 'free' | 'files' | 'topup' | 'late' | 'contact'
/** What the card of a person offers an admin. */
export type PersonAction = 'credit' | 'take' | 'ban' | 'unban' | 'message'

type Entry<Args extends unknown[]> = {
  to: (...args: Args) => string
  shape: RegExp
  from: (parts: string[]) => Args
}
const route = <Args extends unknown[]>(
  pattern: string,
  to: Entry<Args>['to'],
  from: Entry<Args>['from'],
): Entry<Args> => ({
  to,
  shape: new RegExp(`^${pattern}$`),
  from,
})
const plain = (data: string) =>
  route<[]>(
    data,
    () => data,
    () => [],
  )
/** A letter or two and the id of what it is about. */
const about = (letters: string) =>
  route<[string]>(
    `${letters}:${id}`,
    it => `${letters}:${it}`,
    p => [part(p, 1)],
  )
const part = (parts: string[], n: number) => parts[n] ?? ''
const isNumbered = (op: DraftOp) => op === 'option' || op === 'edit' || op === 'template'

const table = {
  menu: plain('h'),
  nothing: plain('z'),
  list: route<[List, number]>(
    `f:${list.pattern}:${page}`,
    (name, n) => `f:${list.letters(name)}:${n}`,
    p => [list.word(p[1]), Number(p[2])],
  ),
  card: route<[string, List | undefined, number]>(
    `m:${key}(?::${list.pattern}:${page})?`,
    (model, from, n) => `m:${model}${from ? `:${list.letters(from)}:${n}` : ''}`,
    p => [part(p, 1), p[2] === undefined ? undefined : list.word(p[2]), Number(p[3] ?? 0)],
  ),
  parameters: route<[string]>(
    `mi:${key}`,
    model => `mi:${model}`,
    p => [part(p, 1)],
  ),
  example: route<[string]>(
    `me:${key}`,
    model => `me:${model}`,
    p => [part(p, 1)],
  ),
  begin: route<[string]>(
    `w:${key}`,
    model => `w:${model}`,
    p => [part(p, 1)],
  ),
  draft: route<[string, number, DraftOp, number]>(
    `d:${id}:\\d{1,6}:${draftOp.pattern}(?::\\d{1,3})?`,
    (draft, rev, op, n) => `d:${draft}:${rev}:${draftOp.letters(op)}${isNumbered(op) ? `:${n}` : ''}`,
    p => [part(p, 1), Number(p[2]), draftOp.word(p[3]), Number(p[4] ?? 0)],
  ),
  quote: route<[string, QuoteOp]>(
    `q:${id}:${quoteOp.pattern}`,
    (quote, op) => `q:${quote}:${quoteOp.letters(op)}`,
    p => [part(p, 1), quoteOp.word(p[2])],
  ),
  generation: route<[string, GenerationOp | undefined]>(
    `g:${id}(?::${generationOp.pattern})?`,
    (generation, op) => `g:${generation}${op ? `:${generationOp.letters(op)}` : ''}`,
    p => [part(p, 1), p[2] === undefined ? undefined : generationOp.word(p[2])],
  ),
  /** What to make of the n-th output of a run; 0 asks which. */
  followUp: route<[string, FollowUp, number]>(
    `fl:${id}:${followUp.pattern}:${page}`,
    (generation, what, n) => `fl:${generation}:${followUp.letters(what)}:${n}`,
    p => [part(p, 1), followUp.word(p[2]), Number(p[3])],
  ),
  /** The n-th output of a run, with this model. */
  follow: route<[string, number, string]>(
    `fu:${id}:${page}:${key}`,
    (generation, n, model) => `fu:${generation}:${n}:${model}`,
    p => [part(p, 1), Number(p[2]), part(p, 3)],
  ),
  /** Pictures after this one; 0: the newest. */
  gallery: route<[GalleryList, string, number]>(
    `gl:${galleryList.pattern}:(?:0|${id}):${page}`,
    (list, after, n) => `gl:${galleryList.letters(list)}:${after}:${n}`,
    p => [galleryList.word(p[1]), part(p, 2), Number(p[3])],
  ),
  galleryFind: plain('gf'),
  picture: route<[string, number]>(
    `gp:${id}:${page}`,
    (generation, n) => `gp:${generation}:${n}`,
    p => [part(p, 1), Number(p[2])],
  ),
  star: route<[string, number, boolean]>(
    `gs:${id}:${page}:[01]`,
    (generation, n, isOn) => `gs:${generation}:${n}:${Number(isOn)}`,
    p => [part(p, 1), Number(p[2]), p[3] === '1'],
  ),
  /** Takes what came after this run had ended. */
  late: about('lt'),
  history: route<[HistoryFilter, string]>(
    `hs:${historyFilter.pattern}:(?:0|${id})`,
    (filter, before) => `hs:${historyFilter.letters(filter)}:${before}`,
    p => [historyFilter.word(p[1]), part(p, 2)],
  ),
  balance: plain('b'),
  operations: route<[number]>(
    `b:o:${count}`,
    before => `b:o:${before}`,
    p => [Number(p[2])],
  ),
  /** A top-up or what became of it: the seq of its entry in the ledger. */
  payment: route<[number]>(
    `b:p:${count}`,
    seq => `b:p:${seq}`,
    p => [Number(p[2])],
  ),
  paymentQuestion: route<[number]>(
    `b:q:${count}`,
    seq => `b:q:${seq}`,
    p => [Number(p[2])],
  ),
  statement: plain('b:csv'),
  promo: plain('pr'),
  referral: plain('rf'),
  forget: route<[1 | 2]>(
    'del:[12]',
    step => `del:${step}`,
    p => [Number(p[1]) as 1 | 2],
  ),
  topUp: route<[string | undefined]>(
    `t(?::${id})?`,
    quote => (quote ? `t:${quote}` : 't'),
    p => [p[1]],
  ),
  stars: route<[number, string | undefined]>(
    `ts:\\d{1,6}(?::${id})?`,
    (rubles, quote) => `ts:${rubles}${quote ? `:${quote}` : ''}`,
    p => [Number(p[1]), p[2]],
  ),
  cardPacks: route<[string | undefined]>(
    `tb(?::${id})?`,
    quote => (quote ? `tb:${quote}` : 'tb'),
    p => [p[1]],
  ),
  cardPack: route<[number, string | undefined]>(
    `tk:\\d{1,6}(?::${id})?`,
    (rubles, quote) => `tk:${rubles}${quote ? `:${quote}` : ''}`,
    p => [Number(p[1]), p[2]],
  ),
  paid: about('tq'),
  language: route<['ru' | 'en' | undefined]>(
    'lg(?::(?:ru|en))?',
    to => (to ? `lg:${to}` : 'lg'),
    p => [p[1] as 'ru' | 'en' | undefined],
  ),
  help: route<[HelpTopic | undefined]>(
    'hp(?::(?:start|money|free|files|topup|late|contact))?',
    topic => (topic ? `hp:${topic}` : 'hp'),
    p => [p[1] as HelpTopic | undefined],
  ),
  /** A request, which its draft holds: do this task. */
  requestTask: route<[string, WordOf<typeof task>]>(
    `rt:${id}:${task.pattern}`,
    (draft, what) => `rt:${draft}:${task.letters(what)}`,
    p => [part(p, 1), task.word(p[2])],
  ),
  request: route<[string, RequestPress]>(
    `rq:${id}:${requestPress.pattern}`,
    (draft, what) => `rq:${draft}:${requestPress.letters(what)}`,
    p => [part(p, 1), requestPress.word(p[2])],
  ),
  /** The models that can do it, with their prices. */
  requestModels: route<[string, number]>(
    `rm:${id}:${page}`,
    (draft, n) => `rm:${draft}:${n}`,
    p => [part(p, 1), Number(p[2])],
  ),
  requestModel: route<[string, string]>(
    `ru:${id}:${key}`,
    (draft, model) => `ru:${draft}:${model}`,
    p => [part(p, 1), part(p, 2)],
  ),
  transfer: route<[string | undefined]>(
    `tm(?::${id})?`,
    quote => (quote ? `tm:${quote}` : 'tm'),
    p => [p[1]],
  ),
  /** The admins' screens. Every `ay` is a row of its own: pressed again, it does nothing (`az`: a large sum, surely). */
  admin: plain('a'),
  adminFailures: plain('ae'),
  adminParked: plain('ak'),
  adminRequests: plain('aq'),
  adminVersion: plain('av'),
  adminStuck: plain('as'),
  adminStuckAll: plain('as:all'),
  adminPerson: route<[number]>(
    `au:${person}`,
    user => `au:${user}`,
    p => [Number(p[1])],
  ),
  /** The runs that the n-th switch of a model stood on. */
  adminLoss: route<[string, number]>(
    `al:${key}:${count}`,
    (model, n) => `al:${model}:${n}`,
    p => [part(p, 1), Number(p[2])],
  ),
  adminRun: about('ar'),
  adminPrompt: about('ap'),
  adminTask: about('at'),
  adminSettle: about('ax'),
  adminGiveBack: about('ag'),
  adminForm: route<[PersonAction, number]>(
    `af:(?:credit|take|ban|unban|message):${person}`,
    (kind, user) => `af:${kind}:${user}`,
    p => [part(p, 1) as PersonAction, Number(p[2])],
  ),
  adminRequest: route<[string, RequestOp]>(
    `aq:${id}:${requestOp.pattern}`,
    (order, op) => `aq:${order}:${requestOp.letters(op)}`,
    p => [part(p, 1), requestOp.word(p[2])],
  ),
  adminYes: route<[string, boolean]>(
    `a[yz]:${id}`,
    (action, isSure) => `a${isSure ? 'z' : 'y'}:${action}`,
    p => [part(p, 1), p[0] === 'az'],
  ),
  adminNo: about('an'),
}

type Table = typeof table
export type RouteName = keyof Table
type Args<Name extends RouteName> = ReturnType<Table[Name]['from']>
/** A parsed press: the name of the route with its arguments. */
export type Route = { [Name in RouteName]: { name: Name; args: Args<Name> } }[RouteName]

/** Writes the data of a button: `to.card('z-image', 'ti', 0)`. */
export const to = Object.fromEntries(Object.entries(table).map(([name, entry]) => [name, entry.to])) as {
  [Name in RouteName]: Table[Name]['to']
}

/** Parses the data of a press. Returns undefined for data that no button of this build has. */
export function parse(data: string): Route | undefined {
  for (const [name, entry] of Object.entries(table)) {
    if (entry.shape.test(data)) return { name, args: entry.from(data.split(':')) } as Route
  }
  return undefined
}

/** Returns the name of an update in logs and traces: the id of its order when its button has one. */
export function requestOf(updateId: number, update: object): string {
  const { data } = (update as { callback_query?: { data?: unknown } | null }).callback_query ?? {}
  const route = typeof data === 'string' ? parse(data) : undefined
  return route?.name === 'quote' || route?.name === 'generation' || route?.name === 'late'
    ? route.args[0]
    : `update ${updateId}`
}
