import type { Model, Param } from '../../catalogue/models.ts'
import { checkValue, type Inputs, paramNamed, questions, withoutTextDefaults } from '../../catalogue/parameters.ts'
import type { Draft } from '../drafts.ts'
import type { Paste } from '../request/paste.ts'

/** The state of an order being filled in: the `inputs` of its draft. */
export type Filling = {
  answers: Inputs
  /** Optional questions the person passed over. */
  skipped: string[]
  /** Generations that the buttons of the step offer, in their order. */
  offered?: string[]
  /** Which version of the model the buttons of the step were made for. */
  version: string
  /** The text that may be the first part of a longer one. */
  paste?: Paste
  /** The album whose pictures are coming in. */
  album?: string
  /** The update that led here: handled once more after a crash, it changes nothing and shows the step again. */
  updateId: number
  /** The order that the person wanted to begin instead. */
  next?: Beginning
}
export type Beginning = { modelId: string; prefill: Inputs; at: 'first' | 'extras' }

/**
 * Where the person is: a question on the way, one field of the extras, the choice between the own and the improved text of
 * either, the extras, or the price.
 */
export type Step =
  /** `hears`: a press on an option plays its recording and chooses nothing. */
  | { at: 'ask' | 'edit'; param: string; page: number; hears?: true }
  | { at: 'improve'; how: 'ask' | 'edit'; param: string }
  | { at: 'choose'; how: 'ask' | 'edit' }
  | { at: 'extras' }
  | { at: 'quote'; id: string }

export function stepText(step: Step): string {
  switch (step.at) {
    case 'ask':
    case 'edit':
      return `${step.at}:${step.param}@${step.page}${step.hears ? '@hear' : ''}`
    case 'improve':
      return `improve:${step.how}@${step.param}`
    case 'choose':
      return `choose:${step.how}`
    case 'quote':
      return quoteStep(step.id)
    default:
      return step.at
  }
}

/** Whether the step came from the extras and leads back there. */
export const isEditing = (step: Step): boolean => step.at === 'edit' || ('how' in step && step.how === 'edit')

/** Whether a press on an option plays its recording. */
export const hears = (step: Step): boolean => 'hears' in step && step.hears === true

export const quoteStep = (quoteId: string): string => `quote:${quoteId}`

/** The step of a draft; undefined where it names none: the first open question. */
export function stepOf({ step }: Pick<Draft, 'step'>): Step | undefined {
  const [at = '', rest = ''] = (step ?? '').split(':')
  const [param = '', page, hears] = rest.split('@')
  if ((at === 'ask' || at === 'edit') && param) {
    return { at, param, page: Number(page ?? 0), ...(hears === 'hear' && { hears: true }) }
  }
  if (at === 'improve') return { at, how: param === 'edit' ? 'edit' : 'ask', param: page ?? '' }
  if (at === 'choose') return { at, how: rest === 'edit' ? 'edit' : 'ask' }
  if (at === 'quote') return { at, id: rest }
  return at === 'extras' ? { at } : undefined
}

export const fillingOf = (draft: Pick<Draft, 'inputs'>): Filling => ({
  answers: {},
  skipped: [],
  version: '',
  updateId: 0,
  ...(draft.inputs as Partial<Filling>),
})

/** One question on the way: a parameter, or a choice between parameters that exclude each other. */
export type Item = { params: Param[] }

export const itemsOf = (model: Model): Item[] =>
  questions(model).asked.map(param => ({ params: eitherOf(model, param.name) ?? [param] }))

/** The parameters of which exactly one is wanted, if this is one of them. */
export function eitherOf(model: Model, name: string): Param[] | undefined {
  for (const rule of model.rules) {
    if (rule.type === 'exactly_one_of' && rule.params.includes(name)) {
      return model.params.filter(param => rule.params.includes(param.name))
    }
  }
  return undefined
}

/** The parameters of the model's one either/or; none for most. */
export const choiceOf = (model: Model): Param[] =>
  model.params.map(param => eitherOf(model, param.name)).find(params => params !== undefined) ?? []

/** Whether a field makes sense with the answers so far: some go only with another. */
export const applies = (model: Model, param: Param, answers: Inputs): boolean =>
  model.rules.every(rule => rule.type !== 'only_with' || rule.param !== param.name || rule.with in answers)

/** The first question that is neither answered nor passed over; undefined when the order is complete. */
export function nextStep(model: Model, { answers, skipped }: Filling): Step | undefined {
  const open = itemsOf(model).find(
    ({ params }) =>
      params.every(({ name }) => !(name in answers) && !skipped.includes(name)) && applies(model, params[0]!, answers),
  )
  return open && stepTo(open.params, 'ask')
}

/** Whether this is the first of several questions, with nothing answered yet. */
export function isAtFirst(model: Model, { answers, skipped }: Filling, step: Step): boolean {
  const [first, second] = itemsOf(model)
  if (!first || !second || Object.keys(answers).length > 0 || skipped.length > 0) return false
  const to = stepTo(first.params, 'ask')
  return step.at === to.at && (!('param' in step) || step.param === first.params[0]!.name)
}

/** The question before this one; undefined at the first. */
export function stepBefore(model: Model, step: Step, answers: Inputs): Step | undefined {
  const items = itemsOf(model).filter(({ params }) => applies(model, params[0]!, answers))
  const at = items.findIndex(({ params }) =>
    step.at === 'choose' ? params.length > 1 : 'param' in step && params.some(({ name }) => name === step.param),
  )
  // From one half of a choice the way back leads to the choice.
  if (step.at === 'ask' && (items[at]?.params.length ?? 0) > 1) return { at: 'choose', how: 'ask' }
  const before = items[at - 1]
  return before && stepTo(before.params, 'ask')
}

/** The step that asks one of these: the choice first, where there is one. */
export const stepTo = (params: Param[], how: 'ask' | 'edit'): Step =>
  params.length > 1 ? { at: 'choose', how } : { at: how, param: params[0]!.name, page: 0 }

/** Everything a person may set, with the answered half of a choice standing for it. */
export function fieldsOf(model: Model, answers: Inputs): Param[] {
  const { asked, extras } = questions(model)
  return [...asked, ...extras]
    .map(param => eitherOf(model, param.name)?.find(({ name }) => name in answers) ?? param)
    .filter(param => applies(model, param, answers))
}

/** Those answers that the model takes as they are. */
export function fitting(model: Model, prefill: Inputs): Inputs {
  const fits = ([name, value]: [string, unknown]) => {
    const param = paramNamed(model, name)
    return param !== undefined && checkValue(model, param, value) === undefined
  }
  return Object.fromEntries(Object.entries(prefill).filter(fits))
}

/** The answers with one more; the other half of a choice goes, and so does what made sense only with it. */
export function withAnswer(model: Model, answers: Inputs, name: string, value: Inputs[string]): Inputs {
  const others = (eitherOf(model, name) ?? []).filter(param => param.name !== name).map(param => param.name)
  const kept = paramNamed(model, name)?.spoken ? withoutTextDefaults(model, answers) : answers
  return consistent(model, { ...without(kept, others), [name]: value })
}

export const withoutAnswer = (model: Model, answers: Inputs, name: string): Inputs =>
  consistent(model, without(answers, [name]))

const consistent = (model: Model, answers: Inputs) =>
  without(
    answers,
    model.params.filter(param => !applies(model, param, answers)).map(param => param.name),
  )

const without = (answers: Inputs, names: string[]): Inputs =>
  Object.fromEntries(Object.entries(answers).filter(([name]) => !names.includes(name)))
