import { Composer } from 'telegraf'
import { type Model, versionOf } from '../../catalogue/models.ts'
import { checkValue, type Inputs } from '../../catalogue/parameters.ts'
import type { Media } from '../../i18n/ordering.ts'
import { type Html, html } from '../../telegram/html.ts'
import { goneScreen } from '../browse/lists.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { type Draft, readDraft } from '../drafts.ts'
import { incoming, isFile, takeFile } from '../files/uploads.ts'
import { onPress } from '../on-press.ts'
import { askOf, exampleFor, mainText } from '../parameter-texts.ts'
import { pressDraft } from './draft-presses.ts'
import { begin, gone, orderOf, present, refit, save, stale, unfit } from './navigation.ts'
import { isOfAlbum, receive } from './receive.ts'
import { type Beginning, fitting } from './state.ts'

type StartOptions = { where?: 'here' | 'new'; at?: Beginning['at']; note?: Html }

/**
 * Begins an order: asks what `prefill` and a text or file kept from before leave open, then shows the price. Asks first
 * where another order is unfinished.
 */
export async function startOrder(
  ctx: BotContext,
  deps: BotDeps,
  model: Model,
  prefill: Inputs = {},
  { where = 'here', at = 'first', note }: StartOptions = {},
): Promise<void> {
  const draft = await readDraft(deps.sql, ctx.user.id)
  const order = draft && orderOf(deps, draft)
  if (order) {
    // The same update once more, after a crash: what it led to stands.
    if (order.filling.updateId === ctx.update.update_id) return present(ctx, deps, order, { where })
    const isUnfinished = order.step.at !== 'quote' && Object.keys(order.filling.answers).length > 0
    if (isUnfinished) {
      const next = { modelId: model.id, prefill, at }
      const filling = { ...order.filling, next, updateId: ctx.update.update_id }
      const saved = await save(ctx, deps, order, filling, order.step)
      return saved ? present(ctx, deps, saved, { where }) : stale(ctx, deps)
    }
  }
  const kept = draft?.kind === 'kept' ? await keptAnswers(ctx, deps, model, draft) : {}
  const notes = [note, kept.note].filter(one => one !== undefined)
  await begin(
    ctx,
    deps,
    model,
    { modelId: model.id, prefill: { ...kept.answers, ...prefill }, at },
    {
      where,
      ...(notes.length > 0 && { note: notes.reduce((a, b) => html`${a}\n${b}`) }),
    },
  )
}

/** The dialogue of an order: its buttons, and the texts and files that come while it waits for an answer. */
export function wizard(deps: BotDeps): Composer<BotContext> {
  const bot = new Composer<BotContext>()

  onPress(bot, 'begin', async (ctx, key) => {
    const model = deps.forSale.byKey(key)
    await (model ? startOrder(ctx, deps, model) : ctx.show(await goneScreen(deps, ctx, deps.catalogue.byKey(key))))
  })
  onPress(bot, 'example', async (ctx, key) => {
    const model = deps.forSale.byKey(key)
    await (model
      ? startOrder(ctx, deps, model, exampleFor(model, ctx.language))
      : ctx.show(await goneScreen(deps, ctx, deps.catalogue.byKey(key))))
  })

  bot.use(async (ctx, next) => {
    const { route } = ctx
    if (route?.name !== 'draft') return next()
    const [id, rev, op, n] = route.args
    const draft = await readDraft(deps.sql, ctx.user.id)
    if (draft?.id !== id || draft.kind !== 'order') return next()
    const order = orderOf(deps, draft)
    if (!order) return gone(ctx, deps, draft.modelId)
    if (draft.rev !== rev) {
      const isRepeated = order.filling.updateId === ctx.update.update_id
      return isRepeated ? present(ctx, deps, order, { where: 'here' }) : stale(ctx, deps)
    }
    const isCurrent = order.filling.version === versionOf(order.model)
    await (isCurrent || op === 'cancel' ? pressDraft(ctx, deps, order, op, n) : refit(ctx, deps, order, 'here'))
  })

  bot.on('message', async (ctx, next) => {
    const isCommand = ctx.text?.startsWith('/') && 'text' in ctx.message
    const sent = isCommand ? undefined : incoming(ctx)
    const draft = sent && (await readDraft(deps.sql, ctx.user.id))
    if (!sent || draft?.kind !== 'order') return next()
    const order = orderOf(deps, draft)
    if (!order) return gone(ctx, deps, draft.modelId)
    if (order.filling.updateId === ctx.update.update_id) return present(ctx, deps, order, { where: 'new' })
    if (order.step.at === 'quote') {
      if (!isOfAlbum(sent, order)) return next()
      // More of the album than the model takes.
      return present(ctx, deps, order, { where: 'new', isAlbum: true, note: ctx.t.wizard.surplus })
    }
    const { model, filling, step } = order
    if ('param' in step && model.params.every(({ name }) => name !== step.param)) return refit(ctx, deps, order, 'new')
    const isCurrent = filling.version === versionOf(model)
    const answers = isCurrent ? filling.answers : fitting(model, filling.answers)
    await receive(ctx, deps, { ...order, filling: { ...filling, answers } }, sent)
  })

  return bot
}

/** What a person had sent before choosing the model, as an answer; or why it does not do. */
async function keptAnswers(
  ctx: BotContext,
  deps: BotDeps,
  model: Model,
  { inputs }: Draft,
): Promise<{ answers?: Inputs; note?: Html }> {
  const { text, fileId, kind, size } = inputs as { text?: string; fileId?: string; kind?: Media; size?: number }
  if (text !== undefined) {
    const param = mainText(model)
    if (!param) return {}
    const problem = checkValue(model, param, text)
    return problem ? { note: unfit(ctx, deps, model, problem, text) } : { answers: { [param.name]: text } }
  }
  const param = model.params.find(one => !one.hidden && one.accept?.some(media => media === kind))
  if (fileId === undefined || !param) return {}
  await ctx.answer() // the file may take a while
  const ask = askOf(model, param, ctx.language, id => id)
  const file = await takeFile(ctx, deps, { fileId, size, media: kind, isSure: false }, { param, ask })
  if (!isFile(file)) return { note: file }
  const problem = checkValue(model, param, [file])
  return problem ? { note: unfit(ctx, deps, model, problem) } : { answers: { [param.name]: [file] } }
}
