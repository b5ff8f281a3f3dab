import { type Model, versionOf } from '../../catalogue/models.ts'
import { type Problem, paramNamed } from '../../catalogue/parameters.ts'
import { type Quote, readQuote } from '../../payments/quotes.ts'
import { type Html, html } from '../../telegram/html.ts'
import { type Screen, show } from '../../telegram/screen.ts'
import { threadOf } from '../../telegram/topics.ts'
import { goneScreen } from '../browse/lists.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { type Draft, draftShown, openDraft, readDraft, saveDraft } from '../drafts.ts'
import { modelName } from '../names.ts'
import { askOf, isLink } from '../parameter-texts.ts'
import { sourceResultsFor } from '../runs/source-result.ts'
import { strip } from '../show.ts'
import { closedScreen, closePrices, endDialogue, noteShown } from './open-quotes.ts'
import { checklist, choice, extras, improvement, type OrderDraft, question, unfinished, type View } from './question.ts'
import { quoteScreen, replaceQuote } from './quote.ts'
import {
  type Beginning,
  choiceOf,
  type Filling,
  fillingOf,
  fitting,
  isAtFirst,
  isEditing,
  nextStep,
  quoteStep,
  type Step,
  stepOf,
  stepText,
} from './state.ts'

/** How to show a step: in place or as a new message, under a note; `isAlbum`: in the screen of the current album. */
export type Showing = { where: 'here' | 'new'; note?: Html | undefined; isAlbum?: boolean }

/** Opens the order and shows its first question, or the price when nothing is open. */
export async function begin(
  ctx: BotContext,
  deps: BotDeps,
  model: Model,
  { prefill, at }: Beginning,
  showing: Showing,
): Promise<void> {
  await closePrices(ctx, deps)
  const filling: Filling = {
    answers: fitting(model, prefill),
    skipped: [],
    version: versionOf(model),
    updateId: ctx.update.update_id,
  }
  const next = nextStep(model, filling)
  const step: Step = at === 'extras' || !next ? { at: 'extras' } : next
  const offered = await sourcesAt(ctx, deps, model, step)
  if (offered) filling.offered = offered
  const inputs = { modelId: model.id, kind: 'order' as const, inputs: filling, step: stepText(step) }
  const draft = await openDraft(deps.sql, ctx.user.id, inputs)
  const order = { draft, model, filling, step }
  if (next || at === 'extras') await present(ctx, deps, order, showing)
  else await finish(ctx, deps, order, filling, showing)
}

/** Opens an order at a question, with nothing answered yet, for an answer that is there already. */
export async function openAt(ctx: BotContext, { sql }: BotDeps, model: Model, step: Step): Promise<OrderDraft> {
  // The number of the update comes with its answer: after a crash in between the answer is still to be taken.
  const filling: Filling = { answers: {}, skipped: [], version: versionOf(model), updateId: 0 }
  const fresh = { kind: 'order' as const, modelId: model.id, inputs: filling, step: stepText(step) }
  return { draft: await openDraft(sql, ctx.user.id, fresh), model, filling, step }
}

/** Keeps a quoted order: words that come now are its new words. */
export async function keepQuoted(ctx: BotContext, { sql }: BotDeps, model: Model, quote: Quote): Promise<void> {
  const filling: Filling = {
    answers: quote.inputs,
    skipped: [],
    version: versionOf(model),
    updateId: ctx.update.update_id,
  }
  await openDraft(sql, ctx.user.id, { kind: 'order', modelId: model.id, inputs: filling, step: quoteStep(quote.id) })
}

/** Moves on from an answered step: to the extras when it was one of them, else to the next question or the price. */
export async function advance(
  ctx: BotContext,
  deps: BotDeps,
  order: OrderDraft,
  filling: Filling,
  showing: Showing,
): Promise<void> {
  if (isEditing(order.step)) return move(ctx, deps, order, filling, { at: 'extras' }, showing)
  const next = nextStep(order.model, filling)
  if (next) return move(ctx, deps, order, filling, next, showing)
  await finish(ctx, deps, order, filling, showing)
}

/** Quotes a complete order, or moves to its first invalid answer. */
async function finish(
  ctx: BotContext,
  deps: BotDeps,
  order: OrderDraft,
  filling: Filling,
  showing: Showing,
): Promise<void> {
  const { model } = order
  const result = await replaceQuote(ctx, deps, model, filling.answers)
  if (result === 'no_price') {
    return move(ctx, deps, order, filling, { at: 'extras' }, { ...showing, note: ctx.t.quote.noPrice })
  }
  if ('problem' in result) {
    const { problem } = result
    const named = paramNamed(model, problem.param)
    const param = named?.hidden ? undefined : named
    const mend: Step = param ? { at: 'ask', param: param.name, page: 0 } : { at: 'extras' }
    const answers = param ? filling.answers : fitting(model, filling.answers)
    const note = unfit(ctx, deps, model, problem)
    return move(ctx, deps, order, { ...filling, answers }, mend, { ...showing, note })
  }
  await move(ctx, deps, order, filling, { at: 'quote', id: result.quote.id }, showing)
}

/** Moves the order to a step and shows it, unless another update was first. */
export async function move(
  ctx: BotContext,
  deps: BotDeps,
  order: OrderDraft,
  filling: Filling,
  step: Step,
  showing: Showing,
): Promise<void> {
  const offered = await sourcesAt(ctx, deps, order.model, step)
  const { next: _, ...rest } = filling
  const now = { ...rest, version: versionOf(order.model), updateId: ctx.update.update_id, ...(offered && { offered }) }
  const saved = await save(ctx, deps, order, now, step)
  if (saved) await present(ctx, deps, saved, showing)
  else await stale(ctx, deps)
}

/** Call when the model has changed since the step was shown: drops invalid answers and shows the first open question. */
export async function refit(ctx: BotContext, deps: BotDeps, order: OrderDraft, where: Showing['where']): Promise<void> {
  const filling = { ...order.filling, answers: fitting(order.model, order.filling.answers) }
  const next = nextStep(order.model, filling) ?? { at: 'extras' as const }
  await move(ctx, deps, order, filling, next, { where, note: ctx.t.wizard.changed })
}

/** Returns the source results of the step, to be stored: a run that ends later must not renumber the buttons. */
async function sourcesAt(ctx: BotContext, deps: BotDeps, model: Model, step: Step): Promise<string[] | undefined> {
  const param = 'param' in step ? paramNamed(model, step.param) : undefined
  if (!param?.previous_models) return undefined
  return (await sourceResultsFor(deps.sql, ctx.user.id, model, param)).map(({ id }) => id)
}

/** Saves the next version of the order. Returns undefined when another update was first. */
export async function save(
  ctx: BotContext,
  { sql }: BotDeps,
  order: OrderDraft,
  filling: Filling,
  step: Step,
): Promise<OrderDraft | undefined> {
  const draft = await saveDraft(sql, ctx.user.id, order.draft, { inputs: filling, step: stepText(step) })
  return draft && { draft, model: order.model, filling, step }
}

/** Shows the current step. A new message removes the buttons of the previous one. */
export async function present(ctx: BotContext, deps: BotDeps, order: OrderDraft, showing: Showing): Promise<void> {
  const { draft } = order
  const screen = await screenOf(ctx, deps, order)
  if (!screen) return gone(ctx, deps, order.model.id)
  const { model, filling, step } = order
  const isBegun = filling.next !== undefined || !isAtFirst(model, filling, step)
  const above = showing.note ?? (isBegun ? undefined : checklist(order, viewOf(ctx, deps)))
  const noted = above ? { ...screen, text: html`${above}\n\n${screen.text}` } : screen
  const before = draft.messageId
  if (showing.isAlbum && before !== null && draft.threadId === threadOf(ctx.update)) {
    const messageId = await show(ctx.api, { chatId: ctx.chat!.id, messageId: before }, noted)
    return shownAt(ctx, deps, order, messageId)
  }
  const [messageId] = await Promise.all([
    ctx.show(noted, showing.where),
    showing.where === 'new' && before !== null ? strip(ctx, before) : undefined,
  ])
  await shownAt(ctx, deps, order, messageId)
}

async function shownAt(ctx: BotContext, deps: BotDeps, { draft, step }: OrderDraft, messageId: number): Promise<void> {
  if (messageId !== draft.messageId) await draftShown(deps.sql, ctx.user.id, draft, messageId, threadOf(ctx.update))
  if (step.at === 'quote') await noteShown(ctx, deps, step.id, messageId)
}

/** Returns the screen of a step; undefined when its quote no longer exists. */
async function screenOf(ctx: BotContext, deps: BotDeps, order: OrderDraft): Promise<Screen | undefined> {
  const { model, filling, step } = order
  const view = viewOf(ctx, deps)
  if (filling.next) return unfinished(order, view)
  switch (step.at) {
    case 'choose':
      return choice(order, choiceOf(model), view)
    case 'extras':
      return extras(order, view)
    case 'quote': {
      const quote = await readQuote(deps.sql, ctx.user.id, step.id)
      if (quote?.isClosed) return closedScreen(ctx, quote)
      return quote && quoteScreen(deps, ctx.user.id, quote, ctx.language)
    }
    default: {
      const param = paramNamed(model, step.param)
      if (param && step.at === 'improve') return improvement(order, param, view)
      if (!param) return extras(order, view)
      const runs = param.previous_models ? await sourceResultsFor(deps.sql, ctx.user.id, model, param) : []
      const listed = filling.offered ? runs.filter(({ id }) => filling.offered?.includes(id)) : runs
      return question(order, param, view, listed)
    }
  }
}

/** Returns the text about an invalid answer. */
export function unfit(ctx: BotContext, deps: BotDeps, model: Model, problem: Problem, text?: string): Html {
  const param = paramNamed(model, problem.param)
  const ask = param && askOf(model, param, ctx.language, id => modelName(deps.catalogue, id, ctx.language))
  const over = problem.code === 'too_long' && text !== undefined ? [...text].length - Number(problem.limit) : undefined
  const { code, limit, why } = problem
  // A text of a prescribed kind: its hint says which.
  const kind = code === 'pattern' && param && !isLink(param) ? param.hint?.[ctx.language] : undefined
  return ctx.t.wizard.unfit({ code, limit, why: why?.[ctx.language] ?? kind, ask }, over)
}

/** Returns the order of a draft; undefined for other drafts, and when the model is off or gone. */
export function orderOf({ forSale }: BotDeps, draft: Draft): OrderDraft | undefined {
  const model = draft.kind === 'order' ? forSale.byId(draft.modelId ?? '') : undefined
  if (!model) return undefined
  const filling = fillingOf(draft)
  return { draft, model, filling, step: stepOf(draft) ?? nextStep(model, filling) ?? { at: 'extras' } }
}

const viewOf = ({ t, language }: BotContext, { catalogue }: BotDeps): View => ({ catalogue, t, language })

/** Ends an order whose model or quote no longer exists. */
export async function gone(ctx: BotContext, deps: BotDeps, modelId: string | null): Promise<void> {
  await endDialogue(ctx, deps)
  await ctx.show(await goneScreen(deps, ctx, deps.catalogue.byId(modelId ?? '')))
}

/** Answers a press on an older version, and shows the current step. */
export async function stale(ctx: BotContext, deps: BotDeps): Promise<void> {
  await ctx.answer(ctx.t.wizard.passed)
  const draft = await readDraft(deps.sql, ctx.user.id)
  const order = draft && orderOf(deps, draft)
  if (order) await present(ctx, deps, order, { where: 'here' })
}
