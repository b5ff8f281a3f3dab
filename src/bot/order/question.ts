import { type Catalogue, type Model, modelKey, type Param, type Scalar } from '../../catalogue/models.ts'
import { defaultFor, isFiles, optionsFor, questions } from '../../catalogue/parameters.ts'
import { price } from '../../catalogue/pricing.ts'
import { inSentence, lines, priceText } from '../../i18n/format.ts'
import type { Excerpt } from '../../i18n/ordering.ts'
import type { Strings } from '../../i18n/strings.ts'
import type { Language } from '../../money.ts'
import { type Html, html } from '../../telegram/html.ts'
import { type Button, button, type Screen, type Style } from '../../telegram/screen.ts'
import { rows } from '../buttons.ts'
import type { DraftOp } from '../codes.ts'
import type { Draft } from '../drafts.ts'
import { modelName } from '../names.ts'
import { askOf, isMain, labelOf, promptKind, scalarText, templatesFor, valueText } from '../parameter-texts.ts'
import { to } from '../routes.ts'
import { type SourceResult, sourceText } from '../runs/source-result.ts'
import { isCertain, optionPrices } from './option-prices.ts'
import { improved } from './prompt-helper.ts'
import { eitherOf, type Filling, fieldsOf, hears, isEditing, itemsOf, type Step, stepBefore } from './state.ts'

/** An order being filled in, with what its screens need to be written. */
export type OrderDraft = { draft: Draft; model: Model; filling: Filling; step: Step }
export type View = { catalogue: Catalogue; t: Strings; language: Language }

/** Options from this number on turn the page: 900 is the first page. */
export const pageBase = 900
const onePage = 24
const perPage = 16
const perPageOfRuns = 5

/** What will be asked: the heading of the first question. */
export function checklist({ model }: Pick<OrderDraft, 'model'>, view: View): Html {
  const needs = itemsOf(model).map(({ params }) => need(model, params, view))
  return view.t.wizard.checklist(model.name[view.language], needs)
}

/** The question for one parameter. `sources`: the runs to choose from, when the answer is a run. */
export function question(order: OrderDraft, param: Param, view: View, sources: SourceResult[]): Screen {
  const buttons: Button[][] = [
    ...(isMain(order.model, param) ? helpWith(order, param, view) : []),
    ...(param.previous_models ? runButtons(order, param, view, sources) : optionButtons(order, param, view)),
    param.sample
      ? [op(order.draft, hears(order.step) ? view.t.wizard.chooseButton : view.t.wizard.hearButton, 'hear')]
      : [],
    ...doneButtons(order, param, view),
    ...ways(order, view.t),
  ]
  return { text: questionText(order, param, view, sources), buttons }
}

function questionText(order: OrderDraft, param: Param, view: View, sources: SourceResult[]): Html {
  const { model, filling } = order
  const { t, language } = view
  const ask = askOf(model, param, language, id => modelName(view.catalogue, id, language))
  const value = filling.answers[param.name]
  const closed = optionsFor(model, param, filling.answers).filter(option => !option.allowed)
  return lines(
    title(order, [param], view),
    param.hint && html`${param.hint[language]}`,
    ask.kind === 'earlier' && sources.length === 0
      ? t.wizard.noEarlier(ask.models, outputOf(param, view))
      : t.wizard.ask(ask),
    param.min_side_px !== undefined && t.wizard.minSide(param.min_side_px),
    ...closedLines(closed, param, view),
    takesMany(param) && isFiles(value) && t.wizard.accepted(value.length, param.max_files ?? 1),
    !takesMany(param) && value !== undefined && chosenLine(order, param, view),
    hears(order.step) && t.wizard.hearing,
    soFar(order, view),
  )
}

/** The person's own runs to choose from; while there are none, the model that makes them. */
function runButtons(
  order: OrderDraft,
  param: Param,
  { catalogue, language }: View,
  sources: SourceResult[],
): Button[][] {
  const runs = sources.map((run, n) => op(order.draft, sourceText(run, catalogue, language), 'option', n))
  const first = param.previous_models?.map(id => catalogue.byId(id)).find(one => one !== undefined)
  const toFirst =
    sources.length === 0 && first && button(first.name[language], to.card(modelKey(first.id), undefined, 0))
  return [...paged(order, runs, perPageOfRuns), ...(toFirst ? [[toFirst]] : [])]
}

function optionButtons(order: OrderDraft, param: Param, view: View): Button[][] {
  const { t, language } = view
  const { draft, model, filling } = order
  const options = optionsFor(model, param, filling.answers)
  const priceOf = optionPrices(order, param, options, view.catalogue)
  const usual = (value: Scalar) => t.wizard.usualButton(scalarText(param, value, language))
  const recording = (value: Scalar) => t.wizard.recordingButton(scalarText(param, value, language))
  const usualValue = defaultFor(model, param, filling.answers)
  const open = options.flatMap(({ allowed, value }, n) => {
    if (!allowed) return []
    const kop = priceOf.get(value)
    const plain = value === usualValue ? usual(value) : scalarText(param, value, language)
    const text = hears(order.step) ? recording(value) : plain
    return [op(draft, kop === undefined ? text : `${text} · ${priceText(kop, language)}`, 'option', n)]
  })
  const buttons = param.type === 'string' ? [] : open.length <= onePage ? rows(open) : paged(order, open, perPage)
  const isAmong = options.some(({ value }) => value === usualValue)
  return usualValue === undefined || isAmong ? buttons : [...buttons, [op(draft, usual(usualValue), 'usual')]]
}

/** The buttons that end the question: all files are there, keep the answer, or skip it. */
function doneButtons({ draft, model, filling, step }: OrderDraft, param: Param, { t }: View): Button[][] {
  const value = filling.answers[param.name]
  const isEdit = step.at === 'edit'
  const buttons: Button[][] = []
  if (takesMany(param) && isFiles(value)) {
    const isEnough = value.length >= (param.min_files ?? 1)
    buttons.push([
      ...(isEnough ? [op(draft, t.wizard.doneButton, 'done')] : []),
      op(draft, t.wizard.clearButton, 'clear'),
    ])
  } else if (value !== undefined && (!isEdit || isMain(model, param))) {
    buttons.push([op(draft, t.wizard.keepButton, 'go')])
  }
  const isEither = eitherOf(model, param.name) !== undefined
  if (!param.required && param.default === undefined && !isEither && (!isEdit || value !== undefined)) {
    buttons.push([op(draft, isEdit ? t.wizard.emptyButton : t.wizard.skipButton, 'skip')])
  }
  return buttons
}

const takesMany = ({ type, max_files: most = 1 }: Param): boolean => type === 'file[]' && most > 1

function chosenLine({ model, filling }: OrderDraft, param: Param, { t, language }: View): Html {
  const value = filling.answers[param.name]!
  if (!isMain(model, param)) return t.wizard.chosen(valueText(param, value, language))
  return t.wizard.chosenText(middleOut(String(value), maxShown))
}

/** Buttons for templates and for an improved text. A text to be read aloud is not improved. */
function helpWith({ draft, model }: OrderDraft, param: Param, { t, language }: View): Button[][] {
  const templates = templatesFor(model, param, language).map(({ name }, n) =>
    op(draft, t.wizard.templateButton(name), 'template', n),
  )
  return [templates, param.spoken ? [] : [op(draft, t.wizard.improveButton, 'improve')]]
}

/** The main text as it is and as it might be, to choose from. */
export function improvement(order: OrderDraft, param: Param, view: View): Screen {
  const { draft, filling } = order
  const { t } = view
  const own = filling.answers[param.name]
  const better = betterText(order, param)
  const text = (value: unknown) => middleOut(String(value), maxOfTwo)
  const body =
    own === undefined
      ? t.wizard.improveAsk
      : better === undefined
        ? t.wizard.improveNothing(text(own))
        : t.wizard.improveBoth(text(own), text(better))
  return {
    text: lines(title(order, [param], view), body),
    buttons: [
      better === undefined ? [] : [op(draft, t.wizard.takeBetterButton, 'option', 1)],
      own === undefined ? [] : [op(draft, t.wizard.takeOwnButton, 'option', 0)],
      ...ways(order, t),
    ],
  }
}

/** The main text improved; undefined while there is none, or nothing to improve. */
export function betterText({ model, filling }: OrderDraft, param: Param): string | undefined {
  const own = filling.answers[param.name]
  const kind = promptKind(model, param)
  if (typeof own !== 'string' || kind === 'speech') return undefined
  const better = improved(own, kind, param.max_length)
  return better === own ? undefined : better
}

// What a phone shows together with the question and its buttons.
const maxShown = 300
// Two of them, one above the other.
const maxOfTwo = 220

/** At most so many characters of a text, from its beginning and its end. */
function middleOut(text: string, most: number): Excerpt {
  const points = [...text]
  if (points.length <= most) return { text, of: undefined }
  const half = Math.floor(most / 2)
  return { text: `${points.slice(0, half).join('')} … ${points.slice(-half).join('')}`, of: points.length }
}

/** Which of several parameters: «his own photo or an earlier picture». */
export function choice(order: OrderDraft, params: Param[], view: View): Screen {
  const { t, language } = view
  const labels = params.map(param => labelOf(param, language))
  return {
    text: lines(title(order, params, view), t.wizard.ask({ kind: 'either', labels })),
    buttons: [...params.map((param, n) => [op(order.draft, labelOf(param, language), 'option', n)]), ...ways(order, t)],
  }
}

/** Every field with its value, as buttons. */
export function extras(order: OrderDraft, { t, language }: View): Screen {
  const { draft, model, filling } = order
  const fields = fieldsOf(model, filling.answers).map(param => {
    const value = filling.answers[param.name] ?? defaultFor(model, param, filling.answers)
    const text = value === undefined ? t.wizard.none : valueText(param, value, language, 30)
    return [op(draft, t.wizard.fieldButton(labelOf(param, language), text), 'edit', model.params.indexOf(param))]
  })
  return {
    text: t.wizard.extras(model.name[language]),
    buttons: [...fields, [op(draft, t.wizard.doneButton, 'done'), op(draft, t.wizard.cancelButton, 'cancel')]],
  }
}

/** «You have an unfinished order»: go on or begin the other. */
export const unfinished = ({ draft, model }: OrderDraft, { t, language }: View): Screen => ({
  text: t.wizard.unfinished(model.name[language]),
  buttons: [[op(draft, t.wizard.resumeButton, 'resume')], [op(draft, t.wizard.anewButton, 'anew')]],
})

// What completes a question is the next step; what drops answers or the order is red.
const red = { anew: 'danger', cancel: 'danger', clear: 'danger' } as const
const styles: Partial<Record<DraftOp, Style>> = { done: 'primary', go: 'primary', resume: 'primary', ...red }
const op = ({ id, rev }: Draft, text: string, what: DraftOp, n = 0) =>
  button(text, to.draft(id, rev, what, n), styles[what])

function need(model: Model, params: Param[], { t, language, catalogue }: View): string {
  const [first] = params
  if (params.length > 1) return labelsOf(params, { t, language, catalogue })
  return t.wizard.need(
    labelOf(first!, language),
    askOf(model, first!, language, id => modelName(catalogue, id, language)),
  )
}

/** «Фото или прошлый результат». */
const labelsOf = (params: Param[], { t, language }: View): string => {
  const labels = params.map(param => labelOf(param, language))
  return t.wizard.need('', { kind: 'either', labels: labels.map((label, n) => (n === 0 ? label : inSentence(label))) })
}

/** What the runs to choose from would have made. */
const outputOf = (param: Param, { catalogue }: View) =>
  catalogue.byId(param.previous_models?.[0] ?? '')?.output ?? 'image'

function title({ model, step }: OrderDraft, params: Param[], { t, language, catalogue }: View): Html {
  const name = model.name[language]
  const label = labelsOf(params, { t, language, catalogue })
  const items = itemsOf(model)
  const at = items.findIndex(item => item.params.some(param => params.includes(param)))
  if (isEditing(step) || at < 0) return t.wizard.field(name, label)
  return items.length === 1 ? t.wizard.only(name, label) : t.wizard.step(at + 1, items.length, label)
}

/** What is not on offer with the answers so far, and why. */
function closedLines(closed: ReturnType<typeof optionsFor>, param: Param, { t, language }: View): Html[] {
  const byReason = new Map<string, string[]>()
  for (const { value, why } of closed) {
    const reason = why && 'why' in why ? why.why[language] : ''
    byReason.set(reason, [...(byReason.get(reason) ?? []), scalarText(param, value, language)])
  }
  return [...byReason].map(([reason, names]) => t.wizard.closed(names, reason))
}

/** The price with the answers so far and the defaults for the rest, once it can be told. */
function soFar({ model, filling }: OrderDraft, { catalogue, t }: View): Html | false {
  if (catalogue.freeIds.has(model.id)) return false // free or not is said with the price
  try {
    return t.wizard.soFar(price(model, filling.answers, catalogue.rates).kop, isCertain(model, filling.answers))
  } catch (error) {
    if (error instanceof RangeError) return false // depends on a text or a file that is still to come
    throw error
  }
}

/** A long list by pages, its options in rows as their length allows. */
function paged({ draft, step }: OrderDraft, options: Button[], perPage: number): Button[][] {
  if (options.length <= perPage) return rows(options)
  const last = Math.ceil(options.length / perPage) - 1
  const page = Math.min('page' in step ? step.page : 0, last)
  const turn = (text: string, by: number) => op(draft, text, 'option', pageBase + ((page + by + last + 1) % (last + 1)))
  return [
    ...rows(options.slice(page * perPage, (page + 1) * perPage)),
    [turn('‹', -1), button(`${page + 1}/${last + 1}`, to.nothing()), turn('›', 1)],
  ]
}

/** The last rows of a question: extras, back, cancel. */
function ways(order: OrderDraft, t: Strings): Button[][] {
  const { draft, model, filling, step } = order
  const isDetour = isEditing(step) || step.at === 'improve'
  const hasExtras = !isDetour && questions(model).extras.length > 0
  const hasBack = isDetour || stepBefore(model, step, filling.answers) !== undefined
  return [
    hasExtras ? [op(draft, t.wizard.extrasButton, 'extras')] : [],
    [...(hasBack ? [op(draft, t.backButton, 'back')] : []), op(draft, t.wizard.cancelButton, 'cancel')],
  ]
}
