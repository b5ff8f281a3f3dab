import { decimal, isStep } from '../money.ts'
import { isBlank } from '../visible.ts'
import { filesProblem } from './files.ts'
import {
  changesPrice,
  characters,
  given,
  type Inputs,
  isEarlier,
  isFiles,
  type Problem,
  paramNamed,
  withDefaults,
} from './inputs.ts'
import { brokenRules, ruleAgainst } from './rules.ts'
import type { Model, Param, Rule, Scalar } from './schema.ts'

export type { EarlierValue, FileValue, Inputs, Problem, Value } from './inputs.ts'
export {
  changesPrice,
  defaultFor,
  isEarlier,
  isFiles,
  paramNamed,
  withDefaults,
  withoutTextDefaults,
} from './inputs.ts'

/** Checks one answer by itself, without the rules between fields. Returns the problem, if any. */
export function checkValue(model: Model, param: Param, value: unknown): Problem | undefined {
  const problem = (code: Problem['code'], limit?: number | string): Problem => ({
    param: param.name,
    code,
    ...(limit !== undefined && { limit }),
  })
  if (param.hidden || !paramNamed(model, param.name)) return problem('unknown_param')
  if (param.previous_models) {
    if (!isEarlier(value)) return problem('wrong_type')
    return param.previous_models.includes(value.modelId) ? undefined : problem('not_in_list')
  }
  switch (param.type) {
    case 'file':
    case 'file[]':
      return filesProblem(param, value)
    case 'boolean':
      return typeof value === 'boolean' ? undefined : problem('wrong_type')
    case 'enum':
      return param.enum?.some(one => one === value) ? undefined : problem('not_in_list')
    case 'string': {
      if (typeof value !== 'string') return problem('wrong_type')
      const { min_length: least = 0, max_length: most = Infinity } = param
      if (characters(value) > most) return problem('too_long', most)
      // A text without visible characters counts as empty.
      if (characters(isBlank(value) ? '' : value.trim()) < least) return problem('too_short', least)
      return param.pattern && !new RegExp(param.pattern).test(value) ? problem('pattern') : undefined
    }
    case 'integer':
    case 'number': {
      if (typeof value !== 'number' || !Number.isFinite(value)) return problem('wrong_type')
      const { min = -Number.MAX_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = param
      if (value < min) return problem('too_small', min)
      if (value > max) return problem('too_large', max)
      const step = param.step ?? (param.type === 'integer' ? 1 : undefined)
      return step === undefined || isOnStep(value, step) ? undefined : problem('step', step)
    }
  }
}

/** Returns all problems with the answers. Missing answers with a default are valid. */
export function checkInputs(model: Model, inputs: Inputs): Problem[] {
  const problems: Problem[] = []
  for (const name of Object.keys(inputs)) {
    const param = paramNamed(model, name)
    if (!param || param.hidden) problems.push({ param: name, code: 'unknown_param' })
  }
  const full = withDefaults(model, inputs)
  for (const param of model.params) {
    if (param.hidden) continue
    const value = given(full, param.name)
    const problem = value === undefined ? undefined : checkValue(model, param, value)
    if (problem) problems.push(problem)
    if (value === undefined && param.required) problems.push({ param: param.name, code: 'missing' })
  }
  // A rule about an invalid answer would only repeat its problem.
  return [...problems, ...brokenRules(model, full).filter(rule => problems.every(({ param }) => param !== rule.param))]
}

/**
 * Returns the options for buttons: list values, yes and no, or up to five useful numbers; nothing for other kinds. An
 * option that a rule forbids with the answers so far is not allowed, and `why` is that rule.
 */
export function optionsFor(
  model: Model,
  param: Param,
  inputs: Inputs,
): { value: Scalar; allowed: boolean; why?: Rule }[] {
  return choices(param).map(value => {
    const why = ruleAgainst(model, param.name, value, inputs)
    return why ? { value, allowed: false, why } : { value, allowed: true }
  })
}

/**
 * Returns the complete `input` of createTask. The answers must have passed checkInputs. Parameters that affect the
 * price and hidden ones are always present. Other missing ones are left out, since upstream refuses empty values.
 */
export function toWire(model: Model, inputs: Inputs, contentFilter: boolean): Record<string, unknown> {
  const full = withDefaults(model, inputs)
  const wire: Record<string, unknown> = {}
  for (const param of model.params) {
    const value = param.hidden ? hiddenValue(param, contentFilter) : given(full, param.name)
    if (value !== undefined) wire[param.name] = onWire(param, value)
  }
  return wire
}

/**
 * Returns the questions of the dialogue in order (files, main text, what changes the price, the rest), and the extras.
 * Of parameters that exclude each other, only the first is in `asked`.
 */
export function questions(model: Model): { asked: Param[]; extras: Param[] } {
  const others = new Set(model.rules.flatMap(rule => (rule.type === 'exactly_one_of' ? rule.params.slice(1) : [])))
  const firsts = new Set(model.rules.flatMap(rule => (rule.type === 'exactly_one_of' ? rule.params.slice(0, 1) : [])))
  const offered = model.params.filter(param => !param.hidden && !others.has(param.name))
  const isAsked = (param: Param) =>
    firsts.has(param.name) || changesPrice(model, param) || (param.required && param.default === undefined)
  const asked = offered.filter(isAsked).sort((a, b) => turn(model, a) - turn(model, b))
  return { asked, extras: offered.filter(param => !isAsked(param)) }
}

function turn(model: Model, param: Param): number {
  if (param.type === 'file' || param.type === 'file[]' || param.previous_models) return 0
  if (param.type === 'string') return 1
  return changesPrice(model, param) ? 2 : 3
}

function choices(param: Param): Scalar[] {
  if (param.type === 'enum') return param.enum ?? []
  if (param.type === 'boolean') return [true, false]
  if (param.handy) return param.handy
  if (param.min === undefined || param.max === undefined) return []
  return spread(param.min, param.max, param.step ?? 1, param.default)
}

// Up to five values from the smallest to the largest. The default replaces the one nearest to it.
function spread(min: number, max: number, step: number, usual: Scalar | undefined): number[] {
  const places = `${step}`.split('.')[1]?.length ?? 0
  const steps = Math.round((max - min) / step)
  const marks = Math.min(steps, 4)
  const values = Array.from({ length: marks + 1 }, (_, mark) => {
    return Number((min + Math.round((mark * steps) / marks) * step).toFixed(places))
  })
  if (typeof usual !== 'number' || values.includes(usual)) return values
  const distances = values.map(value => Math.abs(value - usual))
  values[distances.indexOf(Math.min(...distances))] = usual
  return values
}

/** Steps count from zero: every minimum in the catalogue is a multiple of its step. */
function isOnStep(value: number, step: number): boolean {
  try {
    return isStep(decimal(value), decimal(0), decimal(step))
  } catch {
    return false // written with an exponent, so finer or larger than any step
  }
}

const hiddenValue = (param: Param, contentFilter: boolean) => (param.content_filter ? contentFilter : param.default)

function onWire(param: Param, value: unknown): unknown {
  if (isEarlier(value)) return value.taskId
  if (isFiles(value)) return param.type === 'file' ? value[0]!.url : value.map(file => file.url)
  return param.value_type === 'string' ? String(value) : value
}
