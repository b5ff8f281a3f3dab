import { Composer } from 'telegraf'
import { type Model, versionOf } from '../../catalogue/models.ts'
import { checkValue, type Inputs, optionsFor } from '../../catalogue/parameters.ts'
import type { Media } from '../../i18n/ordering.ts'
import { type Html, html } from '../../telegram/html.ts'
import { button } from '../../telegram/screen.ts'
import { goneScreen } from '../browse/lists.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { type Draft, readDraft } from '../drafts.ts'
import { incoming, isFile, takeFile } from '../files/uploads.ts'
import { onPress } from '../on-press.ts'
import { askOf, exampleFor, isMain, mainText, templatesFor } from '../parameter-texts.ts'
import { type DraftOp, to } from '../routes.ts'
import { earlierFor, earlierValue } from '../runs/source-result.ts'
import { advance, begin, gone, move, orderOf, present, refit, type Showing, save, stale, unfit } from './navigation.ts'
import { endDialogue, endedText } from './open-quotes.ts'
import { betterText, type Order, pageBase } from './question.ts'
import { isOfAlbum, receive } from './receive.ts'
import {
  type Beginning,
  choiceOf,
  eitherOf,
  type Filling,
  fitting,
  isEditing,
  type Step,
  stepBefore,
  stepTo,
  withAnswer,
  withoutAnswer,
} from './state.ts'

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
    await (isCurrent || op === 'cancel' ? press(ctx, deps, order, op, n) : refit(ctx, deps, order, 'here'))
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

async function press(ctx: BotContext, deps: BotDeps, order: Order, op: DraftOp, n: number): Promise<void> {
  const { model, filling, step, draft } = order
  const { answers } = filling
  const here: Showing = { where: 'here' }
  const go = (next: Step, changed: Partial<Filling> = {}) =>
    move(ctx, deps, order, { ...filling, ...changed }, next, here)
  const param = 'param' in step ? model.params.find(one => one.name === step.param) : undefined
  const set = (name: string, value: Inputs[string]) =>
    advance(ctx, deps, order, { ...filling, answers: withAnswer(model, answers, name, value) }, here)

  switch (op) {
    case 'cancel': {
      const ended = await endDialogue(ctx, deps, { withInvoices: true })
      await ctx.show({ text: endedText(ctx, ended), buttons: [[button(ctx.t.menuButton, to.menu())]] })
      return
    }
    case 'resume':
      return go(step)
    case 'anew': {
      const next = filling.next
      const other = next && deps.forSale.byId(next.modelId)
      if (!next) break
      return other ? begin(ctx, deps, other, next, here) : gone(ctx, deps, next.modelId)
    }
    case 'extras':
      return go({ at: 'extras' })
    case 'edit': {
      const field = model.params[n]
      if (step.at !== 'extras' || !field || field.hidden) break
      return go(stepTo(eitherOf(model, field.name) ?? [field], 'edit'))
    }
    case 'back': {
      if (step.at === 'improve') return go({ at: step.how, param: step.param, page: 0 })
      const before = isEditing(step) ? ({ at: 'extras' } as const) : stepBefore(model, step, answers)
      return before ? go(before) : present(ctx, deps, order, here)
    }
    case 'go':
    case 'done': {
      const value = param && answers[param.name]
      const problem = param && value !== undefined ? checkValue(model, param, value) : undefined
      if (problem) return present(ctx, deps, order, { ...here, note: unfit(ctx, deps, model, problem) })
      return advance(ctx, deps, order, filling, here)
    }
    case 'clear':
      if (!param) break
      return go(step, { answers: withoutAnswer(model, answers, param.name) })
    case 'skip': {
      if (!param || param.required) break
      const skipped = [...filling.skipped, param.name]
      return advance(
        ctx,
        deps,
        order,
        { ...filling, answers: withoutAnswer(model, answers, param.name), skipped },
        here,
      )
    }
    case 'usual':
      if (param?.default === undefined) break
      return set(param.name, param.default)
    case 'template': {
      const template = param && isMain(model, param) ? templatesFor(model, param, ctx.language)[n] : undefined
      if (!param || !template || step.at === 'improve') break
      return go(step, { answers: withAnswer(model, answers, param.name, template.text) })
    }
    case 'improve':
      if (!param || !isMain(model, param) || param.spoken || !(step.at === 'ask' || step.at === 'edit')) break
      return go({ at: 'improve', how: step.at, param: param.name })
    case 'option': {
      if (step.at === 'choose') {
        const chosen = choiceOf(model)[n]
        if (!chosen) break
        return go({ at: step.how, param: chosen.name, page: 0 })
      }
      if (!param) break
      if (step.at === 'improve') {
        const text = n === 1 ? betterText(order, param) : answers[param.name]
        if (text === undefined) break
        return set(param.name, text)
      }
      if (n >= pageBase && 'page' in step) return go({ ...step, page: n - pageBase })
      if (param.previous_models) {
        const runs = await earlierFor(deps.sql, ctx.user.id, model, param)
        const run = runs.find(({ id }) => id === filling.offered?.[n])
        if (!run) break
        return set(param.name, earlierValue(run))
      }
      const option = optionsFor(model, param, answers)[n]
      if (!option?.allowed) break
      return set(param.name, option.value)
    }
  }
  deps.log.debug({ draftId: draft.id, op }, 'a press that does not belong to the step')
  await stale(ctx, deps)
}
