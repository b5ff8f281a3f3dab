import { Composer } from 'telegraf'
import { type Model, modelKey } from '../../catalogue/models.ts'
import type { FileValue, Inputs } from '../../catalogue/parameters.ts'
import { Refused, Unknown } from '../../errors.ts'
import { shortId } from '../../id.ts'
import type { About } from '../../media/inspector.ts'
import { type Output, outputsOf, type Ref, readGeneration } from '../../payments/generations.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import { displayPrices } from '../browse/display-price.ts'
import { goneScreen, ranked, rowText } from '../browse/lists.ts'
import { menuButton } from '../buttons.ts'
import type { FollowUp } from '../codes.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { isFresh } from '../files/uploads.ts'
import { to } from '../routes.ts'
import { compatibleModels, entryOf, type Run, sourceOf } from '../runs/compatible-models.ts'
import { sourceValue } from '../runs/source-result.ts'
import { fromResult } from '../runs/versions.ts'
import { startOrder } from './wizard.ts'

/** «Увеличить» and «Оживить» under a result: an order of a fitting model with the result filled in. */
export function followUps(deps: BotDeps): Composer<BotContext> {
  const { sql, catalogue, forSale } = deps
  const bot = new Composer<BotContext>()
  bot.use(async (ctx, next) => {
    const { route } = ctx
    if (route?.name !== 'followUp' && route?.name !== 'follow') return next()
    const run = await readGeneration(sql, { userId: ctx.user.id, id: route.args[0] })
    if (run?.execState !== 'success') return next() // another person's, or none: an outdated button
    if (route.name === 'follow') {
      const outputs = await outputsOf(sql, run)
      const [, n, key] = route.args
      const [model, output] = [catalogue.byKey(key), outputs.find(one => one.n === n)]
      if (!model || !output || !entryOf(model, run, output)) return next()
      return forSale.byKey(key) ? begin(ctx, deps, run, { model, output }) : off(ctx, deps, model)
    }
    const [, what, n] = route.args
    if (!(await followUp(ctx, deps, run, { what, n }))) return next()
  })
  return bot
}

/** Begins what to make of the n-th output of a run; 0 asks which. Returns false when no model makes it of this output. */
export async function followUp(
  ctx: BotContext,
  deps: BotDeps,
  run: Run & Ref,
  { what, n }: { what: FollowUp; n: number },
): Promise<boolean> {
  const { sql, catalogue, forSale } = deps
  const outputs = await outputsOf(sql, run)
  const fitting = outputs.filter(output => compatibleModels(catalogue, what, run, output).length > 0)
  const output = n === 0 ? fitting[0] : fitting.find(one => one.n === n)
  if (!output) return false
  const models = compatibleModels(forSale, what, run, output)
  if (n === 0 && fitting.length > 1) await ctx.show(whichScreen(ctx, run, what, fitting))
  else if (models.length === 0) await off(ctx, deps, compatibleModels(catalogue, what, run, output)[0])
  else if (models.length === 1) await begin(ctx, deps, run, { model: models[0]!, output })
  else await ctx.show(await modelsScreen(deps, ctx, run, { models, output }))
  return true
}

const off = async (ctx: BotContext, deps: BotDeps, model: Model | undefined): Promise<void> =>
  void (await ctx.show(await goneScreen(deps, ctx, model)))

const whichScreen = (ctx: BotContext, run: Run, what: FollowUp, outputs: Output[]): Screen => ({
  text: ctx.t.run.followWhich,
  buttons: [outputs.map(({ n }) => button(String(n), to.followUp(run.id, what, n))), [menuButton(ctx)]],
})

type Choice = { models: Model[]; output: Output }

async function modelsScreen(deps: BotDeps, ctx: BotContext, run: Run, { models, output }: Choice): Promise<Screen> {
  const priceOf = await displayPrices(deps, ctx.user.id)
  const rows = ranked(deps, models).map(model => [
    button(rowText(deps, ctx, model, priceOf(model)), to.follow(run.id, output.n, modelKey(model.id))),
  ])
  return { text: ctx.t.run.followModels(shortId(run.id)), buttons: [...rows, [menuButton(ctx)]] }
}

async function begin(
  ctx: BotContext,
  deps: BotDeps,
  run: Run,
  chosen: { model: Model; output: Output },
): Promise<void> {
  await ctx.answer() // the file may take a while
  const { model, output } = chosen
  const { param, isFile } = entryOf(model, run, output)!
  const value: Inputs[string] | undefined = isFile
    ? await filesOf(deps, run, output, { owner: String(ctx.user.id) })
    : sourceValue(sourceOf(run)!)
  if (value === undefined) return void (await ctx.show({ text: ctx.t.run.filesGone, buttons: [[menuButton(ctx)]] }))
  await startOrder(ctx, deps, model, { [param.name]: value }, { note: ctx.t.run.followNote(shortId(run.id)) })
}

/**
 * Stores the output again as a file of the person: the original while it exists, else Telegram's copy, which is smaller for
 * a photo. Returns undefined when both are gone. Throws Unknown when a source did not answer.
 */
export async function filesOf(
  { files }: BotDeps,
  run: Run,
  output: Output,
  whose: About,
): Promise<FileValue[] | undefined> {
  const { url, fileId } = output
  const ways = [
    ...(isFresh(Date.now() - run.createdAt.getTime()) ? [() => files.fromLink(url, whose)] : []),
    ...(fileId === null ? [] : [() => files.fromTelegram(fileId, undefined, whose)]),
  ]
  let unknown: Unknown | undefined
  for (const take of ways) {
    try {
      return [fromResult(await take(), run, output)]
    } catch (error) {
      if (error instanceof Unknown) unknown = error
      else if (!(error instanceof Refused)) throw error
    }
  }
  if (unknown) throw unknown
  return undefined
}
