import { pinForFree } from '../../catalogue/free-tier.ts'
import type { Model, Param } from '../../catalogue/models.ts'
import {
  changesPrice,
  checkInputs,
  defaultFor,
  type Inputs,
  type Problem,
  questions,
  toWire,
  withDefaults,
} from '../../catalogue/parameters.ts'
import { discounted, price } from '../../catalogue/pricing.ts'
import { accountState } from '../../health/account-breaker.ts'
import { lines, rangeText } from '../../i18n/format.ts'
import type { QuoteFacts } from '../../i18n/ordering.ts'
import { stringsFor } from '../../i18n/strings.ts'
import type { Language } from '../../money.ts'
import { bonusFor } from '../../payments/gifts.ts'
import { makeQuote, type Quote } from '../../payments/quotes.ts'
import { readWallet } from '../../payments/wallet.ts'
import { type Html, html } from '../../telegram/html.ts'
import { type Button, button, type Screen } from '../../telegram/screen.ts'
import { getDisplayPrice, writtenPrice } from '../browse/display-price.ts'
import { typicalMs } from '../browse/typical.ts'
import { packButtons } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { modelName } from '../names.ts'
import { isLong, labelOf, valueText } from '../parameter-texts.ts'
import { shapeChoices, shapeIn, shapeParam } from '../request/shapes.ts'
import { usedModels } from '../request/used-models.ts'
import { to } from '../routes.ts'
import { closePrices, noteShown } from './open-quotes.ts'
import { fieldsOf } from './state.ts'

// Added to the time limit of the upstream: for the last poll and the files of the result.
const slackMs = 120_000

/** Milliseconds from the submit to the refund of a run without a result. */
export const runLimitMs = ({ timeout_seconds: s }: Pick<Model, 'timeout_seconds'>): number => s * 1000 + slackMs

/** A stored quote, the first invalid answer, or `'no_price'`. */
export type QuoteResult = { quote: Quote } | { problem: Problem } | 'no_price'

/** Closes the open quotes, then quotes an order: only the quote that was shown last can be started. */
export async function replaceQuote(
  ctx: BotContext,
  deps: BotDeps,
  model: Model,
  answers: Inputs,
): Promise<QuoteResult> {
  await closePrices(ctx, deps)
  return createQuote(deps, ctx.user.id, model, answers)
}

/** Quotes an order and stores the quote. Free while free runs of the model are left; a free run fixes some answers. */
export async function createQuote(deps: BotDeps, userId: number, model: Model, answers: Inputs): Promise<QuoteResult> {
  const { now, discount } = await getDisplayPrice(deps, userId, model)
  return quoteAs(deps, userId, model, answers, { isFree: now.kind === 'free', discount })
}

/** Quotes an order as a free run or as a paid one, with so many percent off. `sent` goes to the provider beside the answers, and is not repeated. */
export async function quoteAs(
  { sql, catalogue }: Pick<BotDeps, 'sql' | 'catalogue'>,
  userId: number,
  model: Model,
  answers: Inputs,
  { isFree, discount = 0, sent = {} }: { isFree: boolean; discount?: number; sent?: Inputs },
): Promise<QuoteResult> {
  const [problem] = checkInputs(model, answers)
  if (problem) return { problem }
  const inputs = isFree ? pinForFree(model, answers) : withDefaults(model, answers)
  try {
    const rates = discounted(catalogue.rates, discount)
    const { kop, credits } = price(model, inputs, rates)
    const priceKop = isFree ? 0 : kop
    const params = toWire(model, { ...inputs, ...sent }, catalogue.contentFilter)
    const { id: modelId, category } = model
    const newQuote = { userId, modelId, category, inputs, params, priceKop, credits, rates }
    const made = await makeQuote(sql, newQuote)
    const fresh = { isExpired: false, isClosed: false, generationId: null, messageId: null }
    return { quote: { ...made, modelId, category, inputs, params, priceKop, credits, ...fresh } }
  } catch (error) {
    if (error instanceof RangeError) return 'no_price'
    throw error
  }
}

/** What a price says beside itself: what was understood, and the buttons that lead elsewhere. */
export type About = { heading: Html; rows: Button[][]; ways: Button[]; more: Button }
type Saying = { wasKop?: number | undefined; about?: About | undefined }

/** Shows a quote, in place of the pressed message or as a new one, and removes its previous buttons. */
export async function showQuote(
  ctx: BotContext,
  deps: BotDeps,
  quote: Quote,
  { where = 'here', ...saying }: Saying & { where?: 'here' | 'new' } = {},
): Promise<void> {
  const screen = await quoteScreen(deps, ctx.user.id, quote, ctx.language, saying)
  await noteShown(ctx, deps, quote.id, await ctx.show(screen, where))
}

/** The screen of a quote while sales are paused: nothing to pay, and a button to try again. */
function pausedScreen({ catalogue }: BotDeps, quote: Quote, last: Button[], language: Language): Screen {
  const t = stringsFor(language)
  return {
    text: t.quote.paused(modelName(catalogue, quote.modelId, language), quote.priceKop),
    buttons: [[button(t.quote.pausedButton, to.quote(quote.id, 'show'), 'primary')], last],
  }
}

/** The quote, or what is missing where the balance does not cover price and debt. `wasKop` is the price, in kopecks, of the quote that this one replaces. */
export async function quoteScreen(
  deps: BotDeps,
  userId: number,
  quote: Quote,
  language: Language,
  saying: Saying = {},
): Promise<Screen> {
  const screen = await plainScreen(deps, userId, quote, language, saying)
  const { about } = saying
  return about ? { ...screen, text: lines(about.heading, html``, screen.text) } : screen
}

async function plainScreen(
  deps: BotDeps,
  userId: number,
  quote: Quote,
  language: Language,
  { wasKop, about }: Saying,
): Promise<Screen> {
  const t = stringsFor(language)
  const { priceKop } = quote
  const [{ balanceKop, debtKop }, given, [account], shapes] = await Promise.all([
    readWallet(deps.sql, userId),
    bonusFor(deps.sql, userId, priceKop),
    accountState(deps.sql, quote.credits),
    shapeRow(deps, userId, quote, language),
  ])
  const isShort = priceKop > 0 && priceKop + debtKop > balanceKop
  const giftStyle = isShort ? 'success' : undefined
  const bonus = given ? [button(t.bonus.startButton(given), to.quote(quote.id, 'startBonus'), giftStyle)] : []
  const cancel = button(t.wizard.cancelButton, to.quote(quote.id, 'cancel'), 'danger')
  const last = [about ? about.more : button(t.quote.changeButton, to.quote(quote.id, 'change')), cancel]
  const ways = [shapes, ...(about ? [...about.rows, about.ways] : [])]
  if (account?.isPaused) return pausedScreen(deps, quote, last, language)
  if (isShort) {
    const short = { priceKop, balanceKop, debtKop, quoteId: quote.id, wasKop, hasBonus: given !== undefined }
    const { text, buttons } = shortScreen(deps, short, language)
    return { text, buttons: [bonus, ...buttons, ...ways, last] }
  }
  const start =
    priceKop === 0
      ? button(t.quote.startFreeButton, to.quote(quote.id, 'startFree'), 'success')
      : button(t.quote.startButton(priceKop), to.quote(quote.id, 'start'), 'success')
  const facts = await factsOf(deps, userId, quote, language)
  return { text: t.quote.screen({ ...facts, balanceKop, wasKop }), buttons: [[start], bonus, ...ways, last] }
}

/** The shapes that the result may have, to be changed with one press. */
async function shapeRow(
  { sql, catalogue }: BotDeps,
  userId: number,
  { id, modelId, inputs, priceKop }: Quote,
  language: Language,
): Promise<Button[]> {
  const model = catalogue.byId(modelId)
  if (!model || !shapeParam(model)) return []
  const used = await usedModels(sql, userId)
  const earlier = used.flatMap(run => {
    const of = catalogue.byId(run.modelId)
    return (of && shapeIn(of, run.inputs)) ?? []
  })
  return shapeChoices(model, inputs, { earlier, isFree: priceKop === 0, language }).map(({ name, text, isNow }) =>
    button(isNow ? `✓ ${text}` : text, to.shape(id, name)),
  )
}

// The person's own words are in the chat above; the price and all its buttons have to fit a phone.
const maxOfText = 120

type Short = {
  priceKop: number
  balanceKop: number
  debtKop: number
  quoteId: string
  wasKop?: number | undefined
  /** A run as a gift is offered above: that is the next step. */
  hasBonus?: boolean
}

/** What is missing, and how to pay it: the order of `quoteId` is shown again after the payment. */
export function shortScreen(
  { packsKop, starRateRub }: Pick<BotDeps, 'packsKop' | 'starRateRub'>,
  { priceKop, balanceKop, debtKop, quoteId, wasKop, hasBonus = false }: Short,
  language: Language,
): Screen {
  const t = stringsFor(language)
  const gapKop = priceKop + debtKop - balanceKop
  const covering = packsKop.filter(kop => kop >= gapKop).slice(0, 2)
  return {
    text: debtKop > 0 ? t.debt.screen({ debtKop, needKop: gapKop }) : t.quote.short(priceKop, balanceKop, wasKop),
    buttons: [
      ...packButtons(covering, starRateRub, { t }, quoteId, { isNext: !hasBonus }),
      [button(t.topUp.otherWays, to.topUp(quoteId))],
    ],
  }
}

/** What the measured length of the order comes to, where the price is a whole number of kopecks for each unit. */
function billedOf(
  model: Model,
  { inputs, priceKop }: Quote,
  rates: BotDeps['catalogue']['rates'],
): QuoteFacts['billed'] {
  if (model.price.quantity_bounds.from !== 'measure') return undefined
  const { quantity, unit } = price(model, inputs, rates)
  const unitKop = priceKop / Number(quantity)
  return Number.isInteger(unitKop) ? { unit, quantity: Number(quantity), unitKop } : undefined
}

/** What the person's plan takes off, beside the price without it; undefined where the price is not lower. */
function discountOf(
  model: Model,
  { inputs, priceKop }: Quote,
  rates: BotDeps['catalogue']['rates'],
  percent: number,
): QuoteFacts['discount'] {
  const fullKop = percent > 0 ? price(model, inputs, rates).kop : 0
  return priceKop < fullKop ? { percent, fullKop } : undefined
}

async function factsOf(
  deps: BotDeps,
  userId: number,
  quote: Quote,
  language: Language,
): Promise<Omit<QuoteFacts, 'balanceKop' | 'wasKop'>> {
  const { catalogue, limits, stats } = deps
  const { inputs, priceKop } = quote
  const model = catalogue.byId(quote.modelId)
  const shownPrice = model && (await getDisplayPrice(deps, userId, model))
  const free = shownPrice?.free
  const price = writtenPrice(priceKop, free?.day ?? 0, free?.of ?? limits.freeDaily)
  const isFree = price.kind === 'free'
  // What nobody chose and nobody pays for need not be read.
  const isShown = (param: Param) =>
    inputs[param.name] !== undefined &&
    (isAsked.has(param.name) || [inputs[param.name], model && defaultFor(model, param, inputs)].some(isOther(param)))
  const isOther = (param: Param) => (value: unknown) => value !== param.default
  const isAsked = new Set(model ? questions(model).asked.map(param => param.name) : [])
  const fields = model ? fieldsOf(model, inputs) : []
  const named = (param: (typeof fields)[number]) => ({
    label: labelOf(param, language),
    text: valueText(param, inputs[param.name]!, language, maxOfText),
  })
  const pinned = fields.filter(param => isFree && model && changesPrice(model, param) && param.default !== undefined)
  const shown = fields.filter(param => isShown(param) && !pinned.includes(param))
  const typical = typicalMs(stats.of(quote.modelId), model)
  return {
    name: modelName(catalogue, quote.modelId, language),
    lines: shown.filter(isLong).map(named),
    choices: shown.filter(param => !isLong(param)).map(named),
    price,
    priceKop,
    typical: typical && rangeText(typical[0], typical[1], language),
    discount: isFree || !model ? undefined : discountOf(model, quote, catalogue.rates, shownPrice?.discount ?? 0),
    billed: isFree || !model ? undefined : billedOf(model, quote, catalogue.rates),
    until: quote.expiresAt,
    pinned: pinned.map(named),
    freeAgain: isFree ? undefined : free?.again,
  }
}
