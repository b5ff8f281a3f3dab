import { adminRoutes } from './admin-routes.ts'
import {
  about,
  account,
  count,
  type DraftOp,
  draftOp,
  type FollowUp,
  followUp,
  type GalleryList,
  type GenerationOp,
  type GroupOp,
  type GroupQuoteOp,
  galleryList,
  generationOp,
  groupOp,
  groupQuoteOp,
  type HelpTopic,
  type HistoryFilter,
  historyFilter,
  id,
  key,
  type List,
  list,
  ofModel,
  type PlanOp,
  page,
  part,
  plain,
  planOp,
  type QuoteOp,
  quoteOp,
  type RequestPress,
  requestPress,
  route,
  type SeriesKind,
  type SeriesOp,
  seriesKind,
  seriesOp,
  shapeName,
  type TemplateOp,
  task,
  templateOp,
  type WordOf,
} from './codes.ts'

const isNumbered = (op: DraftOp) => op === 'option' || op === 'edit' || op === 'template'

/** The table of all buttons. */
const table = {
  menu: plain('h'),
  more: plain('hm'),
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
  parameters: ofModel('mi'),
  example: ofModel('me'),
  begin: ofModel('w'),
  /** What the model has made. */
  examples: ofModel('mx'),
  /** An example of each model on a page of a list. */
  listExamples: route<[Exclude<List, 'find'>, number]>(
    `fx:(?!find)${list.pattern}:${page}`,
    (name, n) => `fx:${list.letters(name)}:${n}`,
    p => [list.word(p[1]) as Exclude<List, 'find'>, Number(p[2])],
  ),
  draft: route<[string, number, DraftOp, number]>(
    `d:${id}:\\d{1,6}:${draftOp.pattern}(?::\\d{1,3})?`,
    (draft, rev, op, n) => `d:${draft}:${rev}:${draftOp.letters(op)}${isNumbered(op) ? `:${n}` : ''}`,
    p => [part(p, 1), Number(p[2]), draftOp.word(p[3]), Number(p[4] ?? 0)],
  ),
  /** The order takes what this recording is of. */
  sample: route<[string, string]>(
    `vs:${id}:[0-9a-f]{8}`,
    (draft, value) => `vs:${draft}:${value}`,
    p => [part(p, 1), part(p, 2)],
  ),
  quote: route<[string, QuoteOp]>(
    `q:${id}:${quoteOp.pattern}`,
    (quote, op) => `q:${quote}:${quoteOp.letters(op)}`,
    p => [part(p, 1), quoteOp.word(p[2])],
  ),
  /** The order of a quote in another shape: «16:9» is `16-9` on the wire. */
  shape: route<[string, string]>(
    `qs:${id}:${shapeName}`,
    (quote, name) => `qs:${quote}:${name.replace(':', '-')}`,
    p => [part(p, 1), part(p, 2).replace('-', ':')],
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
  promo: plain('pr'),
  referral: plain('rf'),
  forget: route<[1 | 2]>(
    'del:[12]',
    step => `del:${step}`,
    p => [Number(p[1]) as 1 | 2],
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
  /** Several orders made of a request; the number is that of `several`. */
  series: route<[string, SeriesKind, number]>(
    `rs:${id}:${seriesKind.pattern}:${page}`,
    (draft, kind, n) => `rs:${draft}:${seriesKind.letters(kind)}:${n}`,
    p => [part(p, 1), seriesKind.word(p[2]), Number(p[3])],
  ),
  /** Such orders with their prices, by the quote of the first of them. */
  seriesPrice: route<[string, SeriesOp]>(
    `rp:${id}:${seriesOp.pattern}`,
    (quote, op) => `rp:${quote}:${seriesOp.letters(op)}`,
    p => [part(p, 1), seriesOp.word(p[2])],
  ),
  templates: plain('te'),
  template: route<[string, TemplateOp]>(
    `te:${id}:${templateOp.pattern}`,
    (template, op) => `te:${template}:${templateOp.letters(op)}`,
    p => [part(p, 1), templateOp.word(p[2])],
  ),
  /** A price that was asked for in a group. */
  groupQuote: route<[string, GroupQuoteOp]>(
    `gq:${id}:${groupQuoteOp.pattern}`,
    (quote, op) => `gq:${quote}:${groupQuoteOp.letters(op)}`,
    p => [part(p, 1), groupQuoteOp.word(p[2])],
  ),
  /** Turns the bot on in the group where the button is. */
  groupOn: plain('gn'),
  group: route<[number, GroupOp]>(
    `gg:${account}:${groupOp.pattern}`,
    (accountId, op) => `gg:${-accountId}:${groupOp.letters(op)}`,
    p => [-Number(p[1]), groupOp.word(p[2])],
  ),
  /** What one member may spend of the group's money a day, in rubles. */
  groupLimit: route<[number, number]>(
    `gd:${account}:\\d{1,6}`,
    (accountId, rubles) => `gd:${-accountId}:${rubles}`,
    p => [-Number(p[1]), Number(p[2])],
  ),
  /** Rubles of a member for the group; the id makes a second press the same gift. */
  groupGift: route<[number, number, string]>(
    `gv:${account}:\\d{1,6}:${id}`,
    (accountId, rubles, gift) => `gv:${-accountId}:${rubles}:${gift}`,
    p => [-Number(p[1]), Number(p[2]), part(p, 3)],
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
  plans: plain('pl'),
  plan: route<[string]>(
    'pl:[a-z0-9]{1,12}',
    name => `pl:${name}`,
    p => [part(p, 1)],
  ),
  /** The renewals of a plan, by its order. */
  planRenewal: route<[string, PlanOp]>(
    `pc:${id}:${planOp.pattern}`,
    (order, op) => `pc:${order}:${planOp.letters(op)}`,
    p => [part(p, 1), planOp.word(p[2])],
  ),
  transfer: route<[string | undefined]>(
    `tm(?::${id})?`,
    quote => (quote ? `tm:${quote}` : 'tm'),
    p => [p[1]],
  ),
  ...adminRoutes,
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
