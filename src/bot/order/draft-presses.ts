import type { Param } from '../../catalogue/models.ts'
import { checkValue, defaultFor, type Inputs, optionsFor, paramNamed } from '../../catalogue/parameters.ts'
import { button } from '../../telegram/screen.ts'
import type { DraftOp } from '../codes.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { sendSample } from '../files/samples.ts'
import { isMain, templatesFor } from '../parameter-texts.ts'
import { to } from '../routes.ts'
import { sourceResultsFor, sourceValue } from '../runs/source-result.ts'
import { advance, begin, gone, move, present, type Showing, stale, unfit } from './navigation.ts'
import { endDialogue, endedText } from './open-quotes.ts'
import { betterText, type OrderDraft, pageBase } from './question.ts'
import {
  choiceOf,
  eitherOf,
  type Filling,
  hears,
  isEditing,
  type Step,
  stepBefore,
  stepTo,
  withAnswer,
  withoutAnswer,
} from './state.ts'

/** A press on the current version of an order's screen. A press that does not belong to the step shows the order anew. */
export async function pressDraft(
  ctx: BotContext,
  deps: BotDeps,
  order: OrderDraft,
  op: DraftOp,
  n: number,
): Promise<void> {
  const done = await handlers[op](pressOf(ctx, deps, order, n))
  if (done !== 'not_here') return
  deps.log.debug({ draftId: order.draft.id, op }, 'a press that does not belong to the step')
  await stale(ctx, deps)
}

type Done = Promise<void> | 'not_here'
type Press = {
  ctx: BotContext
  deps: BotDeps
  order: OrderDraft
  /** The number of the button: of an option, a field, a template or a page. */
  n: number
  /** The parameter that the step asks for, if it is one. */
  param: Param | undefined
  /** Moves to another step, with these changes. */
  go(next: Step, changed?: Partial<Filling>): Promise<void>
  /** Sets an answer and moves to the next question. */
  set(name: string, value: Inputs[string]): Promise<void>
}

const here: Showing = { where: 'here' }

function pressOf(ctx: BotContext, deps: BotDeps, order: OrderDraft, n: number): Press {
  const { model, filling, step } = order
  return {
    ctx,
    deps,
    order,
    n,
    param: 'param' in step ? paramNamed(model, step.param) : undefined,
    go: (next, changed = {}) => move(ctx, deps, order, { ...filling, ...changed }, next, here),
    set: (name, value) =>
      advance(ctx, deps, order, { ...filling, answers: withAnswer(model, filling.answers, name, value) }, here),
  }
}

const handlers: Record<DraftOp, (press: Press) => Done | Promise<'not_here' | undefined>> = {
  async cancel({ ctx, deps }) {
    const ended = await endDialogue(ctx, deps, { withInvoices: true })
    await ctx.show({ text: endedText(ctx, ended), buttons: [[button(ctx.t.menuButton, to.menu())]] })
  },
  resume: ({ go, order }) => go(order.step),
  anew({ ctx, deps, order }) {
    const { next } = order.filling
    if (!next) return 'not_here'
    const other = deps.forSale.byId(next.modelId)
    return other ? begin(ctx, deps, other, next, here) : gone(ctx, deps, next.modelId)
  },
  extras: ({ go }) => go({ at: 'extras' }),
  edit({ order: { model, step }, n, go }) {
    const field = model.params[n]
    if (step.at !== 'extras' || !field || field.hidden) return 'not_here'
    return go(stepTo(eitherOf(model, field.name) ?? [field], 'edit'))
  },
  back({ ctx, deps, order, go }) {
    const { model, step, filling } = order
    if (step.at === 'improve') return go({ at: step.how, param: step.param, page: 0 })
    const before = isEditing(step) ? ({ at: 'extras' } as const) : stepBefore(model, step, filling.answers)
    return before ? go(before) : present(ctx, deps, order, here)
  },
  go: onward,
  done: onward,
  clear({ order: { model, step, filling }, param, go }) {
    return param ? go(step, { answers: withoutAnswer(model, filling.answers, param.name) }) : 'not_here'
  },
  skip({ ctx, deps, order, param }) {
    if (!param || param.required) return 'not_here'
    const { model, filling } = order
    const answers = withoutAnswer(model, filling.answers, param.name)
    return advance(ctx, deps, order, { ...filling, answers, skipped: [...filling.skipped, param.name] }, here)
  },
  usual({ order: { model, filling }, param, set }) {
    const value = param && defaultFor(model, param, filling.answers)
    return !param || value === undefined ? 'not_here' : set(param.name, value)
  },
  template({ ctx, order: { model, step, filling }, n, param, go }) {
    const template = param && isMain(model, param) ? templatesFor(model, param, ctx.language)[n] : undefined
    if (!param || !template || step.at === 'improve') return 'not_here'
    return go(step, { answers: withAnswer(model, filling.answers, param.name, template.text) })
  },
  improve({ order: { model, step }, param, go }) {
    if (!param || !isMain(model, param) || param.spoken || !(step.at === 'ask' || step.at === 'edit')) return 'not_here'
    return go({ at: 'improve', how: step.at, param: param.name })
  },
  hear({ order: { step }, param, go }) {
    if (!param?.sample || !('page' in step)) return 'not_here'
    const { hears: isOn, ...choosing } = step
    return go(isOn ? choosing : { ...step, hears: true })
  },
  option(press) {
    const { ctx, deps, order, n, param, go, set } = press
    const { model, step, filling } = order
    if (step.at === 'choose') {
      const chosen = choiceOf(model)[n]
      return chosen ? go({ at: step.how, param: chosen.name, page: 0 }) : 'not_here'
    }
    if (!param) return 'not_here'
    if (step.at === 'improve') {
      const text = n === 1 ? betterText(order, param) : filling.answers[param.name]
      return text === undefined ? 'not_here' : set(param.name, text)
    }
    if (n >= pageBase && 'page' in step) return go({ ...step, page: n - pageBase })
    if (param.previous_models) return sourceResult(press, param)
    const option = optionsFor(model, param, filling.answers)[n]
    if (option && hears(step)) return sendSample(ctx, deps, order.draft.id, param, option.value)
    return option?.allowed ? set(param.name, option.value) : 'not_here'
  },
}

/** Moves to the next question, unless the current answer is invalid. */
function onward({ ctx, deps, order, param }: Press): Promise<void> {
  const { model, filling } = order
  const value = param && filling.answers[param.name]
  const problem = param && value !== undefined ? checkValue(model, param, value) : undefined
  if (problem) return present(ctx, deps, order, { ...here, note: unfit(ctx, deps, model, problem) })
  return advance(ctx, deps, order, filling, here)
}

/** Answers with one of the person's own runs, from the list as it was shown. */
async function sourceResult({ ctx, deps, order, n, set }: Press, param: Param): Promise<'not_here' | undefined> {
  const runs = await sourceResultsFor(deps.sql, ctx.user.id, order.model, param)
  const run = runs.find(({ id }) => id === order.filling.offered?.[n])
  if (!run) return 'not_here'
  await set(param.name, sourceValue(run))
  return undefined
}
