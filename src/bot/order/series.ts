import { isDeepStrictEqual } from 'node:util'
import { checkInputs, toWire } from '../../catalogue/parameters.ts'
import { priceText } from '../../i18n/format.ts'
import type { SeriesFacts } from '../../i18n/request.ts'
import { freeLeft } from '../../payments/generations.ts'
import { maxOpenOf } from '../../payments/plans.ts'
import { type Quote, readQuote } from '../../payments/quotes.ts'
import { readWallet } from '../../payments/wallet.ts'
import { type Html, html } from '../../telegram/html.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import { menuButton } from '../buttons.ts'
import type { SeriesKind } from '../codes.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { type Draft, readDraft } from '../drafts.ts'
import { modelName } from '../names.ts'
import { candidatesFor } from '../request/candidates.ts'
import { keepRequest, type Request, requestIn, type SeriesItem, type SeriesOrder } from '../request/request.ts'
import { comparison, photoByPhoto, pricedSeries, seedFor, severalTimes, sumOf } from '../request/series.ts'
import { planOf } from '../request/tasks.ts'
import { to } from '../routes.ts'
import { answerRequest, leftOut, type Place, present } from './answer-request.ts'
import { closePrices, noteShown } from './open-quotes.ts'
import { quoteAs, shortScreen } from './quote.ts'

/** A request of the person, and the draft that holds it. */
export type Found = { request: Request; draft: Draft }

// Of one request: enough to choose from.
const maxSame = 4
// Their messages leave at Telegram's pace, about one a second, and one press has half a minute.
const maxAtOnce = 10

/** The choices for a request: several orders of it at once. Undefined: its price has to be asked for first. */
export async function moreScreen(ctx: BotContext, deps: BotDeps, found: Found): Promise<Screen | undefined> {
  const of = await priceable(ctx, deps, found.request)
  if (!of) return undefined
  const { t, language } = ctx
  const { id } = found.draft
  const { atWorkCount } = await readWallet(deps.sql, ctx.user.id)
  const most = await maxOpenOf(deps.sql, ctx.user.id, deps.limits.maxOpen)
  const room = Math.max(0, Math.min(maxAtOnce, most - atWorkCount))
  const counts = [...new Set([2, Math.min(maxSame, room)])].filter(n => n >= 2 && n <= room)
  const photos = photoByPhoto(of)
  const offers: { name: string; items: SeriesItem[]; data: string }[] = [
    ...counts.map(n => ({ name: t.series.several(n), items: severalTimes(of, n), data: to.series(id, 'several', n) })),
    ...oneOf(comparison(of), items => ({
      name: t.series.compareWith(shortName(modelName(deps.catalogue, items[1]!.modelId, language))),
      data: to.series(id, 'compare', 0),
    })),
    ...oneOf(photos, items => ({ name: t.series.photoByPhoto(items.length), data: to.series(id, 'photos', 0) })),
  ]
  const rows = offers
    .filter(({ items }) => items.length >= 2 && items.length <= room)
    .flatMap(({ name, items, data }) => {
      const parts = pricedSeries(deps, of, items)
      if (parts.length < items.length) return []
      return [[button(t.request.priced(name, priceText(sumOf(parts), language)), data)]]
    })
  return {
    text: t.series.more({
      task: t.request.understood[of.task],
      room,
      most,
      photos: photos.length,
    }),
    buttons: [
      ...rows,
      [button(t.ownTemplates.saveButton, to.request(id, 'keep'))],
      [button(t.request.toPriceButton, to.request(id, 'show')), menuButton(ctx)],
    ],
  }
}

// «FLUX.2 Pro: картинка по тексту»: what it is for is known here, and a button has little room.
const shortName = (name: string): string => name.split(': ')[0]!

const oneOf = <Offer extends object>(items: SeriesItem[], offer: (items: SeriesItem[]) => Offer) =>
  items.length > 0 ? [{ ...offer(items), items }] : []

/** The task of a request and the models for it; undefined while something is missing. */
export async function priceable(ctx: BotContext, deps: BotDeps, request: Request) {
  const plan = planOf(request, deps.forSale)
  if (!plan || !('task' in plan)) return undefined
  return { request, task: plan.task, candidates: await candidatesFor(deps, ctx, request) }
}

/** The orders that a button of the choices stands for; none where it no longer applies. */
export async function chosenItems(
  ctx: BotContext,
  deps: BotDeps,
  { request }: Found,
  kind: SeriesKind,
  n: number,
): Promise<SeriesItem[]> {
  const of = await priceable(ctx, deps, request)
  if (!of) return []
  if (kind === 'compare') return comparison(of)
  if (kind === 'several') {
    const most = await maxOpenOf(deps.sql, ctx.user.id, deps.limits.maxOpen)
    return severalTimes(of, Math.min(n, maxSame, most))
  }
  const photos = photoByPhoto(of)
  return photos.length > maxAtOnce ? [] : photos
}

/** Quotes these orders in place of all open quotes and shows them under a note; a single price where none is left. */
export async function openSeries(
  ctx: BotContext,
  deps: BotDeps,
  { request, draft }: Found,
  items: SeriesItem[],
  { place, note }: { place: Place; note?: Html },
): Promise<void> {
  const of = await priceable(ctx, deps, request)
  const wanted = items.map(({ modelId, photo }) => ({ modelId, ...(photo !== undefined && { photo }) }))
  const parts = of ? pricedSeries(deps, of, wanted) : []
  await closePrices(ctx, deps)
  const orders: SeriesOrder[] = []
  for (const { candidate, kop: _, isFree, ...item } of parts) {
    const { model, filled, discount } = candidate
    const how = { isFree, discount, sent: seedFor(model) }
    const made = await quoteAs(deps, ctx.user.id, model, filled.answers, how)
    if (made !== 'no_price' && 'quote' in made) orders.push({ ...item, quoteId: made.quote.id })
  }
  if (orders.length === 0) return answerRequest(ctx, deps, { request, draft, place })
  const kept = { ...request, series: orders }
  const saved = await keepRequest(deps, ctx.user.id, kept, { of: draft, step: seriesStep(orders) })
  if (!saved) return
  const isLess = orders.length < items.length
  await showSeries(ctx, deps, { request: kept, draft: saved }, place, isLess ? ctx.t.series.someGone : note)
}

/** Where a draft is while its request is priced as a series. */
export const seriesStep = ([first]: SeriesOrder[]): string => `series:${first?.quoteId ?? ''}`

/** Returns the person's request, if this quote is one of its series. */
export async function seriesAt(
  deps: Pick<BotDeps, 'sql'>,
  userId: number,
  quoteId: string,
): Promise<Found | undefined> {
  const draft = await readDraft(deps.sql, userId)
  const request = requestIn(draft)
  const isIts = request?.series?.some(order => order.quoteId === quoteId)
  return draft && request && isIts ? { draft, request } : undefined
}

export type SeriesQuote = SeriesOrder & { quote: Quote }

/** Reads the quotes of a series, in its order. */
export async function quotesOf({ sql }: Pick<BotDeps, 'sql'>, userId: number, { series = [] }: Request) {
  const read = await Promise.all(series.map(({ quoteId }) => readQuote(sql, userId, quoteId)))
  return series.flatMap((order, n): SeriesQuote[] => {
    const quote = read[n]
    return quote ? [{ ...order, quote }] : []
  })
}

/** Shows what of a series has not been started, at a new price where the old one no longer holds. Starts nothing. */
export async function resumeSeries(
  ctx: BotContext,
  deps: BotDeps,
  found: Found,
  where: Place['where'] = 'here',
): Promise<void> {
  const orders = await quotesOf(deps, ctx.user.id, found.request)
  const left = orders.filter(({ quote }) => quote.generationId === null)
  const isWhole = left.length === found.request.series?.length
  if (isWhole && (await holds(ctx, deps, left))) return showSeries(ctx, deps, found, { where })
  await openSeries(ctx, deps, found, left, { place: { where } })
}

/** Whether these prices still hold: none is closed, expired or of a changed model, and there are as many free runs as shown. */
export async function holds(ctx: BotContext, deps: BotDeps, orders: SeriesQuote[]): Promise<boolean> {
  const left = await freeLeft(deps.sql, ctx.user.id, deps.limits)
  const freeLeftOf = (modelId: string) => (deps.catalogue.freeIds.has(modelId) ? left(modelId).now : 0)
  const freeOf = (modelId: string) => orders.filter(({ quote }) => quote.priceKop === 0 && quote.modelId === modelId)
  return orders.every(({ quote }) => {
    const model = deps.forSale.byId(quote.modelId)
    if (!model || quote.isClosed || quote.isExpired || checkInputs(model, quote.inputs).length > 0) return false
    const { seed: _, ...params } = quote.params
    const { seed: __, ...wire } = toWire(model, quote.inputs, deps.catalogue.contentFilter)
    return isDeepStrictEqual(wire, params) && freeOf(model.id).length <= freeLeftOf(model.id)
  })
}

async function showSeries(
  ctx: BotContext,
  deps: BotDeps,
  found: Found,
  place: Place,
  note?: Html | undefined,
): Promise<void> {
  const orders = await quotesOf(deps, ctx.user.id, found.request)
  const screen = await seriesScreen(ctx, deps, found, orders)
  const noted = note ? { ...screen, text: html`${note}\n\n${screen.text}` } : screen
  const messageId = await present(ctx, deps, found.draft, noted, place)
  await noteShown(ctx, deps, orders[0]!.quoteId, messageId)
}

/** Every order of a series with its price, and their sum; or what is missing where the balance does not cover it. */
async function seriesScreen(
  ctx: BotContext,
  deps: BotDeps,
  { request, draft }: Found,
  orders: SeriesQuote[],
): Promise<Screen> {
  const { t, language } = ctx
  const { balanceKop, debtKop } = await readWallet(deps.sql, ctx.user.id)
  const of = await priceable(ctx, deps, request)
  const first = of && pricedSeries(deps, of, orders)[0]
  const sumKop = orders.reduce((sum, { quote }) => sum + quote.priceKop, 0)
  const facts: SeriesFacts = {
    ...linesOf(deps, ctx, orders),
    sumKop,
    balanceKop,
    until: new Date(Math.min(...orders.map(({ quote }) => quote.expiresAt.getTime()))),
    leftOut: first ? leftOut(ctx, first.candidate) : [],
  }
  const last = [button(t.backButton, to.request(draft.id, 'more')), menuButton(ctx)]
  if (sumKop > 0 && sumKop + debtKop > balanceKop) {
    const quoteId = orders[0]!.quoteId
    const short = shortScreen(deps, { priceKop: sumKop, balanceKop, debtKop, quoteId }, language)
    return { text: html`${t.series.list(facts)}\n\n${short.text}`, buttons: [...short.buttons, last] }
  }
  const start = button(
    t.series.startButton(orders.length, sumKop),
    to.seriesPrice(orders[0]!.quoteId, 'start'),
    'success',
  )
  return { text: t.series.screen(facts), buttons: [[start], last] }
}

/** What a series is called, and its orders as lines of a text. */
export function linesOf(
  { catalogue }: Pick<BotDeps, 'catalogue'>,
  { language }: Pick<BotContext, 'language'>,
  orders: SeriesQuote[],
): Pick<SeriesFacts, 'kind' | 'orders'> {
  const isMixed = new Set(orders.map(({ modelId }) => modelId)).size > 1
  return {
    kind: orders.some(({ photo }) => photo !== undefined) ? 'photos' : isMixed ? 'compare' : 'several',
    orders: orders.map(({ photo, quote }) => ({
      name: modelName(catalogue, quote.modelId, language),
      photo: photo === undefined ? undefined : photo + 1,
      kop: quote.priceKop,
    })),
  }
}
