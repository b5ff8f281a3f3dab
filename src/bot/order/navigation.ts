import { type Model, versionOf } from '../../catalogue/models.ts'
import { type Problem, paramNamed } from '../../catalogue/parameters.ts'
import { readQuote } from '../../payments/quotes.ts'
import { type Html, html } from '../../telegram/html.ts'
import { type Screen, show } from '../../telegram/screen.ts'
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
  isEditing,
  nextStep,
  openCount,
  type Step,
  stepOf,
  stepText,
} from './state.ts'

/** How a step is shown: in place or anew, under a note, in the screen of the album that is coming in. */
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
  // A single question is asked at once: its message says what is needed as well as a list of one would.
  const first: Step =
    openCount(model, filling) > 1 && Object.keys(filling.answers).length === 0 ? { at: 'start' } : next!
  const step: Step = at === 'extras' || !next ? { at: 'extras' } : first
  const inputs = { modelId: model.id, kind: 'order' as const, inputs: filling, step: stepText(step) }
  const draft = await openDraft(deps.sql, ctx.user.id, inputs)
  const order = { draft, model, filling, step }
  if (next || at === 'extras') await present(ctx, deps, order, showing)
  else await finish(ctx, deps, order, filling, showing)
}

/** On from an answered step: back to the extras from one of them, else to the next question, else to the price. */
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

/** Every answer is there: the price, or the first answer that does not go with the others. */
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

/** Takes the order to a step, unless another update was first, and shows it. */
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

/** The model has changed since the step was shown: its answers are looked at again, and the first open one is asked. */
export async function refit(ctx: BotContext, deps: BotDeps, order: OrderDraft, where: Showing['where']): Promise<void> {
  const filling = { ...order.filling, answers: fitting(order.model, order.filling.answers) }
  const next = nextStep(order.model, filling) ?? { at: 'extras' as const }
  await move(ctx, deps, order, filling, next, { where, note: ctx.t.wizard.changed })
}

/** The step's list of earlier runs is kept: a run that ends meanwhile must not move the others under the buttons. */
async function sourcesAt(ctx: BotContext, deps: BotDeps, model: Model, step: Step): Promise<string[] | undefined> {
  const param = 'param' in step ? paramNamed(model, step.param) : undefined
  if (!param?.previous_models) return undefined
  return (await sourceResultsFor(deps.sql, ctx.user.id, model, param)).map(({ id }) => id)
}

/** Writes the order at its next version; undefined when another update was first. */
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

/** Shows where the order stands. A screen that a message of the person left behind loses its buttons. */
export async function present(ctx: BotContext, deps: BotDeps, order: OrderDraft, showing: Showing): Promise<void> {
  const { draft } = order
  const screen = await screenOf(ctx, deps, order)
  if (!screen) return gone(ctx, deps, order.model.id)
  const noted = showing.note ? { ...screen, text: html`${showing.note}\n\n${screen.text}` } : screen
  const before = draft.messageId
  if (showing.isAlbum && before !== null) {
    const messageId = await show(ctx.telegram, { chatId: ctx.chat!.id, messageId: before }, noted)
    return shownAt(ctx, deps, order, messageId)
  }
  const [messageId] = await Promise.all([
    ctx.show(noted, showing.where),
    showing.where === 'new' && before !== null ? strip(ctx, before) : undefined,
  ])
  await shownAt(ctx, deps, order, messageId)
}

async function shownAt(ctx: BotContext, deps: BotDeps, { draft, step }: OrderDraft, messageId: number): Promise<void> {
  if (messageId !== draft.messageId) await draftShown(deps.sql, ctx.user.id, draft, messageId)
  if (step.at === 'quote') await noteShown(ctx, deps, step.id, messageId)
}

/** The screen of a step; undefined when what it stands for is no more. */
async function screenOf(ctx: BotContext, deps: BotDeps, order: OrderDraft): Promise<Screen | undefined> {
  const { model, filling, step } = order
  const view = viewOf(ctx, deps)
  if (filling.next) return unfinished(order, view)
  switch (step.at) {
    case 'start':
      return checklist(order, view)
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
      if (!param) return checklist(order, view)
      const runs = param.previous_models ? await sourceResultsFor(deps.sql, ctx.user.id, model, param) : []
      const listed = filling.offered ? runs.filter(({ id }) => filling.offered?.includes(id)) : runs
      return question(order, param, view, listed)
    }
  }
}

/** Why an answer does not do, in plain words. */
export function unfit(ctx: BotContext, deps: BotDeps, model: Model, problem: Problem, text?: string): Html {
  const param = paramNamed(model, problem.param)
  const ask = param && askOf(model, param, ctx.language, id => modelName(deps.catalogue, id, ctx.language))
  const over = problem.code === 'too_long' && text !== undefined ? [...text].length - Number(problem.limit) : undefined
  const { code, limit, why } = problem
  // A text of a prescribed kind: its hint says which.
  const kind = code === 'pattern' && param && !isLink(param) ? param.hint?.[ctx.language] : undefined
  return ctx.t.wizard.unfit({ code, limit, why: why?.[ctx.language] ?? kind, ask }, over)
}

/** A draft as an order; undefined when it is none, or its model is off or gone. */
export function orderOf({ forSale }: BotDeps, draft: Draft): OrderDraft | undefined {
  const model = draft.kind === 'order' ? forSale.byId(draft.modelId ?? '') : undefined
  return model && { draft, model, filling: fillingOf(draft), step: stepOf(draft) }
}

const viewOf = ({ t, language }: BotContext, { catalogue }: BotDeps): View => ({ catalogue, t, language })

/** The model or the price the order stood on is no more. */
export async function gone(ctx: BotContext, deps: BotDeps, modelId: string | null): Promise<void> {
  await endDialogue(ctx, deps)
  await ctx.show(await goneScreen(deps, ctx, deps.catalogue.byId(modelId ?? '')))
}

/** A press on an older version: says so, and shows where the order stands now. */
export async function stale(ctx: BotContext, deps: BotDeps): Promise<void> {
  await ctx.answer(ctx.t.wizard.passed)
  const draft = await readDraft(deps.sql, ctx.user.id)
  const order = draft && orderOf(deps, draft)
  if (order) await present(ctx, deps, order, { where: 'here' })
}
