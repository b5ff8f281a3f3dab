import { Composer } from 'telegraf'
import { message } from 'telegraf/filters'
import { formatOf, type Model, modelKey } from '../../catalogue/models.ts'
import { priceRange } from '../../catalogue/pricing.ts'
import { search } from '../../catalogue/search.ts'
import { secondText } from '../../i18n/format.ts'
import type { ListTitle } from '../../i18n/navigation.ts'
import type { Html } from '../../telegram/html.ts'
import { type Button, button, type Screen } from '../../telegram/screen.ts'
import { fits } from '../button-width.ts'
import { menuButton } from '../buttons.ts'
import type { List } from '../codes.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { cardStep, openDraft, readDraft, saveDraft } from '../drafts.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'
import { routesShown } from '../show.ts'
import { type DisplayPrice, displayPrices } from './display-price.ts'
import { exampleCounts } from './example-rows.ts'
import { closeCard } from './open-card.ts'

/** The lists of models, and the search by a word. */
export function models(deps: BotDeps) {
  const { sql } = deps
  const bot = new Composer<BotContext>()

  bot.command(['models', 'free'], async ctx => {
    await closeCard(deps, ctx)
    await ctx.show(await listScreen(deps, ctx, ctx.command === 'free' ? 'free' : 'all', 0))
  })

  // Page 0 of a search asks for the word; what was found begins with page 1.
  onPress(bot, 'list', async (ctx, list, page) => {
    await ctx.answer()
    if (routesShown(ctx).some(({ name }) => name === 'begin')) await closeCard(deps, ctx)
    if (list !== 'find') return ctx.show(await listScreen(deps, ctx, list, page))
    const word = page > 0 ? await wordSought(deps, ctx) : undefined
    if (word !== undefined) return ctx.show(await foundScreen(deps, ctx, word, page))
    await openDraft(sql, ctx.user.id, { kind: 'find' })
    const back = button(ctx.t.backButton, to.list(...cameFrom(ctx)))
    return ctx.show({ text: ctx.t.findAsk, buttons: [[back, menuButton(ctx)]] })
  })

  bot.on(message('text'), async (ctx, next) => {
    if (ctx.text.startsWith('/')) return next()
    const draft = await readDraft(sql, ctx.user.id)
    if (draft?.kind !== 'find' || draft.step === cardStep) return next()
    const word = ctx.text.trim().slice(0, maxOfWord)
    await saveDraft(sql, ctx.user.id, draft, { inputs: { word }, step: 'found' })
    return ctx.show(await foundScreen(deps, ctx, word, 1))
  })

  return bot
}

/** Returns the list of the pressed message, from the data of its buttons. */
function cameFrom(ctx: BotContext): [List, number] {
  const card = routesShown(ctx).find(route => route.name === 'card')
  const [, list = 'all', page = 0] = card?.name === 'card' ? card.args : []
  return list === 'find' ? ['all', 0] : [list, page]
}

// So that a list fits a phone with the text above it.
const perPage = 7
// Longer than most people keep looking at the chat.
const slowMs = 120_000
const maxOfWord = 60

/** One page of a list; a page past the end is the last one. */
export async function listScreen(
  deps: BotDeps,
  ctx: BotContext,
  list: Exclude<ListTitle, 'find'>,
  page: number,
  { heading, first }: { heading?: Html; first?: Model | undefined } = {},
): Promise<Screen> {
  const { t } = ctx
  const { forSale, limits } = deps
  const others = ranked(deps, listed(deps, list))
  const found = first ? [first, ...others.filter(({ id }) => id !== first.id)] : others
  if (found.length === 0) {
    return {
      text: heading ?? t.listEmpty,
      buttons: [[button(t.allButton(forSale.models.length), to.list('all', 0))], [menuButton(ctx)]],
    }
  }
  const text =
    heading ??
    (list === 'free' ? t.listFree(limits.freeDaily) : t.list(list === 'popular' && !hasPopular(deps) ? 'all' : list))
  return {
    text,
    buttons: await listButtons(deps, ctx, found, { list, page, first: 0 }),
  }
}

/** The model of a button or a link is off or no longer sold: shows the list of its format instead, its successor first. */
export function goneScreen(deps: BotDeps, ctx: BotContext, model?: Model): Promise<Screen> {
  const first = model?.successor === undefined ? undefined : deps.forSale.byId(model.successor)
  return listScreen(deps, ctx, model ? formatOf(model) : 'popular', 0, { heading: ctx.t.modelGone, first })
}

/** Sorts models: the most used first, then the cheapest. */
export function ranked({ catalogue, stats }: BotDeps, models: readonly Model[]): Model[] {
  const order = models.map(model => ({
    model,
    runs: stats.popularity(model.id),
    kop: priceRange(model, catalogue.rates).minKop,
    key: modelKey(model.id),
  }))
  order.sort((a, b) => b.runs - a.runs || a.kop - b.kop || (a.key < b.key ? -1 : 1))
  return order.map(({ model }) => model)
}

/** Before the first runs the most used models are only the cheapest. */
const hasPopular = ({ forSale, stats }: BotDeps): boolean => forSale.models.some(({ id }) => stats.popularity(id) > 0)

/** The models on one page of a list. */
export function modelsOn(deps: BotDeps, list: Exclude<ListTitle, 'find'>, page: number): Model[] {
  const found = ranked(deps, listed(deps, list))
  const shown = Math.min(page, Math.max(0, Math.ceil(found.length / perPage) - 1))
  return found.slice(shown * perPage, (shown + 1) * perPage)
}

function listed(deps: BotDeps, list: Exclude<ListTitle, 'find'>): readonly Model[] {
  const { forSale } = deps
  if (list === 'all') return forSale.models
  if (list === 'free') return forSale.models.filter(model => forSale.freeIds.has(model.id))
  if (list === 'popular') return ranked(deps, forSale.models).slice(0, perPage)
  return forSale.format(list)
}

// Lists with models of several formats.
const mixed: readonly ListTitle[] = ['all', 'free', 'popular', 'find']

type Place = { list: ListTitle; page: number /** The number of the first page. */; first: number }

async function listButtons(
  deps: BotDeps,
  ctx: BotContext,
  models: readonly Model[],
  { list, page, first }: Place,
): Promise<Button[][]> {
  const { t } = ctx
  const pages = Math.ceil(models.length / perPage)
  const shown = Math.min(Math.max(page - first, 0), pages - 1)
  const [priceOf, shownBy] = await Promise.all([displayPrices(deps, ctx.user.id), exampleCounts(deps.sql)])
  const onPage = models.slice(shown * perPage, (shown + 1) * perPage)
  const hasExamples = list !== 'find' && onPage.some(({ id }) => shownBy.some(({ modelId }) => modelId === id))
  const marks = { isMixed: mixed.includes(list), hot: list === 'popular' ? [] : mostUsed(deps) }
  const rows = onPage.map(model => [
    button(rowText(deps, ctx, model, priceOf(model), marks), to.card(modelKey(model.id), list, shown + first)),
  ])
  const turn = (mark: string, to_: number) =>
    to_ < 0 || to_ >= pages ? [] : [button(mark, to.list(list, to_ + first))]
  const pager = [...turn('‹', shown - 1), button(`${shown + 1}/${pages}`, to.nothing()), ...turn('›', shown + 1)]
  return [
    [
      ...(list === 'popular' || !hasPopular(deps) ? [] : [button(t.popularButton, to.list('popular', 0))]),
      button(t.findButton, to.list('find', 0)),
    ],
    ...rows,
    ...(pages > 1 ? [pager] : []),
    [...(hasExamples ? [button(t.examples.listButton, to.listExamples(list, shown))] : []), menuButton(ctx)],
  ]
}

/** A model with its price, as one row of a list. `isMixed`: the list has models of several formats. */
export function rowText(
  deps: BotDeps,
  { t, language }: BotContext,
  model: Model,
  { now, free }: DisplayPrice,
  { isMixed, hot = [] }: { isMixed: boolean; hot?: readonly string[] } = { isMixed: false },
): string {
  const typicalMs = deps.stats.of(model.id)?.p75Ms ?? (model.expected_seconds ?? 0) * 1000
  const facts = {
    format: isMixed ? formatOf(model) : undefined,
    name: model.short[language],
    price: now,
    isSlow: typicalMs >= slowMs,
    isPopular: hot.includes(model.id),
    freeAt: free?.again && clock(free.again.at),
    mark: model.mark?.[language],
  }
  // The name and the price come first: what has no room beside them is left out.
  const plain = { ...facts, mark: undefined }
  const rows = [facts, plain, { ...plain, isPopular: false }, { ...plain, isPopular: false, isSlow: false }]
  return rows.map(t.listRow).find(row => fits(row)) ?? t.listRow(rows[3]!)
}

// Few enough to say something.
const maxHot = 3

/** The most used models, if any was used. */
const mostUsed = (deps: BotDeps): string[] =>
  ranked(deps, deps.forSale.models)
    .slice(0, maxHot)
    .map(({ id }) => id)
    .filter(id => deps.stats.popularity(id) > 0)

// «07:00», of Moscow as every time is.
const clock = (at: Date) => secondText(at).slice(0, 5)

async function foundScreen(deps: BotDeps, ctx: BotContext, word: string, page: number): Promise<Screen> {
  const { t } = ctx
  const found = search(ranked(deps, deps.forSale.models), word)
  if (found.length > 0) {
    return {
      text: t.found(word, found.length),
      buttons: await listButtons(deps, ctx, found, { list: 'find', page, first: 1 }),
    }
  }
  const [tools, all] = [t.formatButton.tools, t.allButton(deps.forSale.models.length)]
  return {
    text: t.foundNothing(word),
    buttons: [
      ...formatRows(ctx),
      [button(tools, to.list('tools', 0)), button(all, to.list('all', 0))],
      [menuButton(ctx)],
    ],
  }
}

/** The lists of the menu as buttons. */
export function formatRows({ t }: Pick<BotContext, 't'>): Button[][] {
  const format = (name: keyof typeof t.formatButton) => button(t.formatButton[name], to.list(name, 0))
  return [[format('image'), format('edit')], [format('video'), format('animate')], [format('audio')]]
}

async function wordSought({ sql }: BotDeps, ctx: BotContext): Promise<string | undefined> {
  const draft = await readDraft(sql, ctx.user.id)
  const word = draft?.kind === 'find' ? draft.inputs.word : undefined
  return typeof word === 'string' ? word : undefined
}
