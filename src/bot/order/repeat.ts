import { Composer } from 'telegraf'
import type { Model } from '../../catalogue/models.ts'
import type { Inputs } from '../../catalogue/parameters.ts'
import { type Generation, readGeneration } from '../../payments/generations.ts'
import { goneScreen } from '../browse/lists.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { withFreshFiles } from '../files/uploads.ts'
import { mainText } from '../parameter-texts.ts'
import { keepQuoted } from './navigation.ts'
import { replaceQuote, showQuote } from './quote.ts'
import { startOrder } from './wizard.ts'

/** Orders made from a run: once more as it was, or with changes. */
export function repeats(deps: BotDeps): Composer<BotContext> {
  const bot = new Composer<BotContext>()
  bot.use(async (ctx, next) => {
    if (ctx.route?.name !== 'generation') return next()
    const [id, op] = ctx.route.args
    if (op !== 'repeat' && op !== 'change') return next()
    const run = await readGeneration(deps.sql, { userId: ctx.user.id, id })
    if (!run) return next() // another person's, or none: an outdated button
    return op === 'repeat' ? repeat(ctx, deps, run) : change(ctx, deps, run)
  })
  return bot
}

/** The same order at today's price, as a new screen: nothing starts before that is pressed. */
export const repeat = (ctx: BotContext, deps: BotDeps, run: Generation): Promise<void> => again(ctx, deps, run, {})

/** The same order with other words. */
export function changeWords(ctx: BotContext, deps: BotDeps, run: Generation, text: string): Promise<void> {
  const model = deps.forSale.byId(run.modelId)
  const param = model && mainText(model)
  return again(ctx, deps, run, param ? { [param.name]: text } : {})
}

async function again(ctx: BotContext, deps: BotDeps, run: Generation, changes: Inputs): Promise<void> {
  await ctx.answer()
  const model = deps.forSale.byId(run.modelId)
  if (!model) return gone(ctx, deps, run)
  const { inputs: before, isWhole } = await freshInputs(ctx, deps, model, run)
  const inputs = { ...before, ...changes }
  const result = isWhole ? await replaceQuote(ctx, deps, model, inputs) : 'no_price'
  if (result === 'no_price' || 'problem' in result) {
    const note = isWhole ? {} : { note: ctx.t.quote.staleFiles }
    return startOrder(ctx, deps, model, inputs, { where: 'new', ...note })
  }
  await keepQuoted(ctx, deps, model, result.quote)
  await showQuote(ctx, deps, result.quote, { where: 'new' })
}

async function change(ctx: BotContext, deps: BotDeps, run: Generation): Promise<void> {
  await ctx.answer()
  const model = deps.forSale.byId(run.modelId)
  if (!model) return gone(ctx, deps, run)
  const { inputs, isWhole } = await freshInputs(ctx, deps, model, run)
  const note = isWhole ? {} : { note: ctx.t.quote.staleFiles }
  await startOrder(ctx, deps, model, inputs, { where: 'new', at: 'extras', ...note })
}

/** The answers of the run, its files uploaded anew where the provider has deleted them. */
const freshInputs = (ctx: BotContext, deps: BotDeps, model: Model, run: Generation) =>
  withFreshFiles(deps, model, run.inputs, Date.now() - run.createdAt.getTime(), String(ctx.user.id))

async function gone(ctx: BotContext, deps: BotDeps, run: Generation): Promise<void> {
  await ctx.show(await goneScreen(deps, ctx, deps.catalogue.byId(run.modelId)), 'new')
}
