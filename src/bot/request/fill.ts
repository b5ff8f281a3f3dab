import type { Model, Param } from '../../catalogue/models.ts'
import {
  checkInputs,
  checkValue,
  type FileValue,
  type Inputs,
  isEarlier,
  isFiles,
  type Problem,
  paramNamed,
  withoutTextDefaults,
} from '../../catalogue/parameters.ts'
import { mainText } from '../parameter-texts.ts'
import { filesOf, type Request, textOf } from './request.ts'
import { linkParam } from './tasks.ts'
import { spokenOf } from './words.ts'

/** The answers that a request gives to a model, and what of the request they leave out. */
export type Filled = {
  answers: Inputs
  /** The first problem; undefined: the order is complete. */
  problem: Problem | undefined
  unused: { files: number; of: number; isText: boolean }
  /** The last words that fit, where the text was too long for the model. */
  cutAfter: string | undefined
}

/**
 * Fills the parameters of a model from a request: its files, its words, and for the rest the settings of an earlier run.
 * `usualText` stands in for a required text that the person has not written.
 */
export function fillFrom(model: Model, request: Request, settings: Inputs, usualText: string): Filled {
  const files = filesOf(request)
  const text = textOf(request)
  const answers = settingsFrom(model, settings)
  const taken = new Set<FileValue>()
  for (const kind of ['image', 'audio', 'video'] as const) {
    const own = files.filter(file => file.kind === kind)
    const param = own.length > 0 ? fileParam(model, kind) : undefined
    if (!param) continue
    const fitting = own.slice(0, param.type === 'file' ? 1 : (param.max_files ?? 1))
    answers[param.name] = fitting
    for (const file of fitting) taken.add(file)
  }
  const link = text === undefined ? undefined : linkParam(model, text)
  const main = mainText(model)
  const own = text !== undefined && main?.spoken ? spokenOf(text) : text
  const words = own ?? (main?.required && files.length > 0 ? usualText : undefined)
  let cutAfter: string | undefined
  if (link && text !== undefined) answers[link.name] = text.trim()
  else if (main && words !== undefined) {
    const short = shortened(words, main.max_length)
    answers[main.name] = short
    if (short !== words) cutAfter = short.slice(-40)
  }
  return {
    answers,
    problem: checkInputs(model, answers)[0],
    unused: { files: files.length - taken.size, of: files.length, isText: text !== undefined && !main && !link },
    cutAfter,
  }
}

const fileParam = (model: Model, kind: FileValue['kind']): Param | undefined =>
  model.params.find(param => !param.hidden && param.accept?.includes(kind))

/** At most so many characters of a text, up to the end of a word. */
function shortened(text: string, most = Number.POSITIVE_INFINITY): string {
  const points = [...text]
  if (points.length <= most) return text
  const start = points.slice(0, most).join('')
  const end = start.search(/\s\S*$/)
  return end > start.length / 2 ? start.slice(0, end) : start
}

/** The choices of an earlier run that the model still takes: no files, no texts, and nothing that is different each time. */
export function settingsFrom(model: Model, settings: Inputs): Inputs {
  const kept = Object.entries(withoutTextDefaults(model, settings)).filter(([name, value]) => {
    const param = paramNamed(model, name)
    if (!param || param.hidden || isFiles(value) || isEarlier(value) || param.name === 'seed') return false
    return param.type !== 'string' && checkValue(model, param, value) === undefined
  })
  return Object.fromEntries(kept)
}
