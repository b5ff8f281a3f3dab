import { Composer } from 'telegraf'
import { formatOf, type Model, modelKey, type Param } from '../../catalogue/models.ts'
import { changesPrice, questions, withDefaults } from '../../catalogue/parameters.ts'
import { priceAtDefaults } from '../../catalogue/pricing.ts'
import { inSentence, lines } from '../../i18n/format.ts'
import type { CardFacts, ParameterFacts } from '../../i18n/navigation.ts'
import type { Language } from '../../money.ts'
import { html } from '../../telegram/html.ts'
import { paragraph } from '../../telegram/rich.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import { menuButton } from '../buttons.ts'
import type { List } from '../codes.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { isLink, isNumeric, labelOf, megabytesOf, scalarText, shifted } from '../parameter-texts.ts'
import { to } from '../routes.ts'
import { getDisplayPrice } from './display-price.ts'
import { exampleCounts } from './example-rows.ts'
import { goneScreen } from './lists.ts'
import { openCard } from './open-card.ts'
import { priceTable } from './price-table.ts'
import { failsOften, successOf, typicalMs } from './typical.ts'

/** The card of a model, and the page of its parameters. */
export function card(deps: BotDeps) {
  const { catalogue, forSale } = deps
  const bot = new Composer<BotContext>()
  onPress(bot, 'card', async (ctx, key, list, page) => {
    await ctx.answer()
    const model = forSale.byKey(key)
    await ctx.show(
      model ? await openedCard(deps, ctx, model, { list, page }) : await goneScreen(deps, ctx, catalogue.byKey(key)),
    )
  })
  onPress(bot, 'parameters', async (ctx, key) => {
    await ctx.answer()
    const model = forSale.byKey(key)
    await ctx.show(model ? parametersScreen(ctx, model) : await goneScreen(deps, ctx, catalogue.byKey(key)))
  })
  return bot
}

/** The page of the list to go back to; without it, the model's own list. */
type From = { list: List | undefined; page: number }

/** Opens the card of a model. One with a single question asks it, and what is sent next may answer it. */
export async function openedCard(
  deps: BotDeps,
  ctx: BotContext,
  model: Model,
  from: From = { list: undefined, page: 0 },
): Promise<Screen> {
  const ask = await openCard(deps, ctx, model)
  const screen = await cardScreen(deps, ctx, model, from)
  if (!ask) return screen
  const question = lines(ctx.t.wizard.ask(ask), ctx.t.cardNext)
  return {
    ...screen,
    text: lines(screen.text, html``, question),
    ...(screen.rich && { rich: [...screen.rich, paragraph(question)] }),
  }
}

async function cardScreen(deps: BotDeps, ctx: BotContext, model: Model, from: From): Promise<Screen> {
  const { t } = ctx
  const key = modelKey(model.id)
  const [counts, facts] = await Promise.all([exampleCounts(deps.sql), factsOf(deps, ctx, model)])
  const examples = counts.find(({ modelId }) => modelId === model.id)?.count ?? 0
  const text = t.card(facts, unitPriceOf(deps, ctx, model))
  const prices = priceTable(deps, ctx, model, shown => usualText(model, ctx.language, shown))
  return {
    text,
    ...(prices && { rich: [paragraph(text), prices] }),
    buttons: [
      [button(t.beginButton, to.begin(key), 'primary')],
      examples > 0 ? [button(t.examples.button(examples), to.examples(key))] : [],
      [button(t.exampleButton, to.example(key)), button(t.parametersButton, to.parameters(key))],
      [button(t.backButton, to.list(from.list ?? formatOf(model), from.list ? from.page : 0)), menuButton(ctx)],
    ],
  }
}

async function factsOf(deps: BotDeps, ctx: BotContext, model: Model): Promise<CardFacts> {
  const { language } = ctx
  const { paid, free } = await getDisplayPrice(deps, ctx.user.id, model)
  return {
    name: model.name[language],
    about: model.description[language],
    needs: needed(model).map(param => nameOf(param, language)),
    price: paid,
    dependsOn: priceReasons(ctx, model),
    example: paid.kind === 'range' && !isMeasured(model) ? exampleOf(deps, ctx, model) : undefined,
    typical: typicalOf(deps, model),
    failsOften: failsOften(deps.stats.of(model.id)),
    free,
  }
}

/** The parameters that the person must answer: asked, and without a default. */
const needed = (model: Model) =>
  questions(model).asked.filter(param => param.default === undefined && isNeeded(model, param))

const isNeeded = (model: Model, param: Param) => param.required || isEither(model, param)

const isEither = (model: Model, { name }: Param) =>
  model.rules.some(rule => rule.type === 'exactly_one_of' && rule.params.includes(name))

function needOf(model: Model, param: Param): ParameterFacts['need'] {
  if (isEither(model, param)) return 'either'
  return param.required && param.default === undefined ? 'required' : 'optional'
}

function priceReasons({ t, language }: BotContext, model: Model): string[] {
  const { from, of } = model.price.quantity_bounds
  const measured = from === 'measure' ? t.measuredBy[model.price.unit] : undefined
  const named = model.params.filter(
    param => !param.hidden && changesPrice(model, param) && !(measured && param.name === of),
  )
  return [...named.map(param => nameOf(param, language)), ...(measured ? [measured] : [])]
}

/** The price with the usual values, and which values those are. */
function exampleOf({ catalogue }: BotDeps, { language }: BotContext, model: Model): CardFacts['example'] {
  const text = usualText(model, language)
  return text === '' ? undefined : { text, kop: priceAtDefaults(model, catalogue.rates).kop }
}

/** «длительность 5 с, звук: нет»: the usual values that the price depends on. */
function usualText(model: Model, language: Language, but: Param[] = []): string {
  const usual = withDefaults(model, {})
  const values = model.params.flatMap(param => {
    const value = usual[param.name]
    if (param.hidden || but.includes(param) || !changesPrice(model, param) || !isScalar(value)) return []
    return [`${nameOf(param, language)}${typeof value === 'boolean' ? ':' : ''} ${shownValue(param, value, language)}`]
  })
  return values.join(', ')
}

const isMeasured = ({ price }: Model) => price.quantity_bounds.from === 'measure'

/** What one unit of a measured text or record costs with the usual values. */
function unitPriceOf({ catalogue }: BotDeps, { t, language }: BotContext, model: Model) {
  const per = isMeasured(model) ? t.perUnit[model.price.unit] : undefined
  if (per === undefined) return undefined
  return { kop: priceAtDefaults(model, catalogue.rates).kop, per, usual: usualText(model, language) }
}

function typicalOf({ stats }: BotDeps, model: Model): CardFacts['typical'] {
  const known = stats.of(model.id)
  const typical = typicalMs(known, model)
  const { percent, of } = successOf(known) ?? { percent: 0, of: 0 }
  return typical && { fromMs: typical[0], toMs: typical[1], percent, of }
}

function parametersScreen(ctx: BotContext, model: Model): Screen {
  const { t, language } = ctx
  const described = model.params
    .filter(param => !param.hidden)
    .map(param =>
      t.parameter({
        label: param.label[language],
        hint: param.hint?.[language],
        values: valuesText(ctx, param),
        need: needOf(model, param),
        default:
          param.default === undefined || param.default === '' ? undefined : shownValue(param, param.default, language),
        changesPrice: changesPrice(model, param),
      }),
    )
  return {
    text: lines(t.parametersTitle(model.name[language]), ...described),
    buttons: [[button(t.backButton, to.card(modelKey(model.id), undefined, 0)), menuButton(ctx)]],
  }
}

// A list of dozens of voices would push everything else off the screen.
const maxOfValues = 200

function valuesText(ctx: BotContext, param: Param): string {
  const { t, language } = ctx
  if (param.previous_models) return t.earlierRun
  switch (param.type) {
    case 'enum': {
      const named = (param.enum ?? []).map(value => shownValue(param, value, language))
      const fits = named.filter((_, index) => named.slice(0, index + 1).join(' · ').length <= maxOfValues)
      const rest = named.length - fits.length
      return `${fits.join(' · ')}${rest > 0 ? ` ${t.andMore(rest)}` : ''}`
    }
    case 'boolean':
      return `${shownValue(param, true, language)} / ${shownValue(param, false, language)}`
    case 'integer':
    case 'number':
      return t.numberFromTo(shifted(param, param.min), shifted(param, param.max))
    case 'file':
    case 'file[]':
      return t.filesUpTo(
        (param.accept ?? []).map(kind => t.kinds[kind]).join(', '),
        param.max_files ?? 1,
        megabytesOf(param),
      )
    case 'string':
      if (isLink(param)) return t.linkText
      if (isNumeric(param)) return t.numberFromTo(undefined, undefined)
      // The hint says what kind of text.
      return param.max_length === undefined || param.pattern !== undefined ? t.anyText : t.textUpTo(param.max_length)
  }
}

const isScalar = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value)

/** A value within a sentence. */
function shownValue(param: Param, value: string | number | boolean, language: Language): string {
  const text = scalarText(param, value, language)
  // Names of people and formats are in Latin letters in Russian too, and keep their capital.
  const isWord = /^[А-ЯЁ]/.test(scalarText(param, value, 'ru'))
  return param.type !== 'string' && isWord ? inSentence(text) : text
}

/** A parameter's name within a sentence. */
const nameOf = (param: Param, language: Language): string => inSentence(labelOf(param, language))
