/**
 * Every button of the bot, in one table: how its data is written and how it is read back. Telegram allows 64 bytes, a
 * client can send any string, and a button lives for ever: so only short, plain arguments, all checked on the way in.
 */
const id = '[a-z2-7]{12}'
const key = '[a-z0-9-]{1,41}'
const page = '\\d{1,2}'
const count = '\\d{1,9}'
const person = '\\d{1,15}'
const list = 'ti|ii|tv|iv|au|to|all|free|pop|find'

export type List = 'ti' | 'ii' | 'tv' | 'iv' | 'au' | 'to' | 'all' | 'free' | 'pop' | 'find'
/** s skip, u default, b back, x cancel, v option n, a done adding, c clear files, e edit field n, o extras, k go, r resume, n anew, p template n, i improve. */
export type DraftOp = 's' | 'u' | 'b' | 'x' | 'v' | 'a' | 'c' | 'e' | 'o' | 'k' | 'r' | 'n' | 'p' | 'i'
/** ok start, fr free, rf as a bonus run, ed change, x cancel, go show once more. */
export type QuoteOp = 'ok' | 'fr' | 'rf' | 'ed' | 'x' | 'go'
export type GenerationOp = 'st' | 'cx' | 'why' | 'rp' | 'ed' | 'rs' | 'or' | 'sp'
/** Larger, or moving. */
export type FollowUp = 'up' | 'an'
export type HistoryFilter = 'a' | 's' | 'f'
export type HelpTopic = 'start' | 'money' | 'free' | 'files' | 'topup' | 'late' | 'contact'
/** What the card of a person offers an admin. */
export type PersonAction = 'credit' | 'take' | 'ban' | 'unban' | 'message'
/** Of a request: p show its proof, o credit, a another amount, d deny. */
export type RequestOp = 'p' | 'o' | 'a' | 'd'

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
const part = (parts: string[], n: number) => parts[n] ?? ''

const table = {
  menu: plain('h'),
  nothing: plain('z'),
  list: route<[List, number]>(
    `f:(?:${list}):${page}`,
    (name, n) => `f:${name}:${n}`,
    p => [part(p, 1) as List, Number(p[2])],
  ),
  card: route<[string, List | undefined, number]>(
    `m:${key}(?::(?:${list}):${page})?`,
    (model, from, n) => `m:${model}${from ? `:${from}:${n}` : ''}`,
    p => [part(p, 1), p[2] as List | undefined, Number(p[3] ?? 0)],
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
    `d:${id}:\\d{1,6}:[subxvaceokrnpi](?::\\d{1,3})?`,
    (draft, rev, op, n) => `d:${draft}:${rev}:${op}${'vep'.includes(op) ? `:${n}` : ''}`,
    p => [part(p, 1), Number(p[2]), part(p, 3) as DraftOp, Number(p[4] ?? 0)],
  ),
  quote: route<[string, QuoteOp]>(
    `q:${id}:(?:ok|fr|rf|ed|x|go)`,
    (quote, op) => `q:${quote}:${op}`,
    p => [part(p, 1), part(p, 2) as QuoteOp],
  ),
  generation: route<[string, GenerationOp | undefined]>(
    `g:${id}(?::(?:st|cx|why|rp|ed|rs|or|sp))?`,
    (generation, op) => `g:${generation}${op ? `:${op}` : ''}`,
    p => [part(p, 1), p[2] as GenerationOp | undefined],
  ),
  /** What to make of the n-th output of a run; 0 asks which. */
  followUp: route<[string, FollowUp, number]>(
    `fl:${id}:(?:up|an):${page}`,
    (generation, what, n) => `fl:${generation}:${what}:${n}`,
    p => [part(p, 1), part(p, 2) as FollowUp, Number(p[3])],
  ),
  /** The n-th output of a run, with this model. */
  follow: route<[string, number, string]>(
    `fu:${id}:${page}:${key}`,
    (generation, n, model) => `fu:${generation}:${n}:${model}`,
    p => [part(p, 1), Number(p[2]), part(p, 3)],
  ),
  history: route<[HistoryFilter, string]>(
    `hs:[asf]:(?:0|${id})`,
    (filter, before) => `hs:${filter}:${before}`,
    p => [part(p, 1) as HistoryFilter, part(p, 2)],
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
  paid: route<[string]>(
    `tq:${id}`,
    order => `tq:${order}`,
    p => [p[1]!],
  ),
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
  /** What to make of a text or a file that came out of the blue: the format for the kept draft. */
  keep: route<[List, string]>(
    `k:(?:ti|tv|au|ii|iv|to):${id}`,
    (format, draft) => `k:${format}:${draft}`,
    p => [part(p, 1) as List, part(p, 2)],
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
  adminRun: route<[string]>(
    `ar:${id}`,
    run => `ar:${run}`,
    p => [part(p, 1)],
  ),
  adminPrompt: route<[string]>(
    `ap:${id}`,
    run => `ap:${run}`,
    p => [part(p, 1)],
  ),
  adminTask: route<[string]>(
    `at:${id}`,
    run => `at:${run}`,
    p => [part(p, 1)],
  ),
  adminSettle: route<[string]>(
    `ax:${id}`,
    run => `ax:${run}`,
    p => [part(p, 1)],
  ),
  adminGiveBack: route<[string]>(
    `ag:${id}`,
    run => `ag:${run}`,
    p => [part(p, 1)],
  ),
  adminForm: route<[PersonAction, number]>(
    `af:(?:credit|take|ban|unban|message):${person}`,
    (kind, user) => `af:${kind}:${user}`,
    p => [part(p, 1) as PersonAction, Number(p[2])],
  ),
  adminRequest: route<[string, RequestOp]>(
    `aq:${id}:[poad]`,
    (order, op) => `aq:${order}:${op}`,
    p => [part(p, 1), part(p, 2) as RequestOp],
  ),
  adminYes: route<[string, boolean]>(
    `a[yz]:${id}`,
    (action, isSure) => `a${isSure ? 'z' : 'y'}:${action}`,
    p => [part(p, 1), p[0] === 'az'],
  ),
  adminNo: route<[string]>(
    `an:${id}`,
    action => `an:${action}`,
    p => [part(p, 1)],
  ),
}

type Table = typeof table
export type RouteName = keyof Table
type Args<Name extends RouteName> = ReturnType<Table[Name]['from']>
/** A press, read: the route's name with its arguments. */
export type Route = { [Name in RouteName]: { name: Name; args: Args<Name> } }[RouteName]

/** Writes the data of a button: `to.card('z-image', 'ti', 0)`. */
export const to = Object.fromEntries(Object.entries(table).map(([name, entry]) => [name, entry.to])) as {
  [Name in RouteName]: Table[Name]['to']
}

/** Reads the data of a press; undefined for anything that no button of this build says. */
export function parse(data: string): Route | undefined {
  for (const [name, entry] of Object.entries(table)) {
    if (entry.shape.test(data)) return { name, args: entry.from(data.split(':')) } as Route
  }
  return undefined
}

/** What log lines and traces call an update: the order that it is about, where its button says so. */
export function requestOf(updateId: number, update: object): string {
  const { data } = (update as { callback_query?: { data?: unknown } | null }).callback_query ?? {}
  const route = typeof data === 'string' ? parse(data) : undefined
  return route?.name === 'quote' || route?.name === 'generation' ? route.args[0] : `update ${updateId}`
}
