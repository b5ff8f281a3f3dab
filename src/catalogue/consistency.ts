import { compare, decimal, divideUp, times } from '../money.ts'
import { untaken } from './files.ts'
import { changesPrice, paramNamed } from './inputs.ts'
import { checkValue } from './parameters.ts'
import { variantsWhere } from './pricing.ts'
import type { Model, Param, Rule, Scalar } from './schema.ts'

/** What a model may refer to besides itself. */
type Around = { sources: Record<string, string>; enum_labels: Record<string, object> }

/**
 * Returns every contradiction within one model that passed the schema, in words: an unknown name, a default that would
 * be refused, a combination without a price or with two. `all` are the models it may name.
 */
export function consistencyProblems(model: Model, all: Model[], around: Around): string[] {
  const problems = [
    ...model.params.flatMap(param => paramProblems(model, param, all, around)),
    ...model.rules.flatMap(rule => unknownNames(model, rule)),
    ...priceProblems(model),
    ...quantityProblems(model),
  ]
  for (const source of [model.price.source, model.schema_source]) {
    if (!Object.hasOwn(around.sources, source)) problems.push(`the source ${source} is not described`)
  }
  return problems.map(problem => `${model.id}: ${problem}`)
}

/**
 * Returns every combination of listed values and measures that no rule forbids, as the values that a price may depend
 * on.
 */
export function combinationsOf(model: Model): Record<string, Scalar>[] {
  const { measures = [], variants } = model.price
  const keys = new Set(variants.flatMap(({ when }) => Object.keys(when)))
  // Long lists that do not affect the price, such as voices, would only multiply the same answer.
  const domains: [string, Scalar[]][] = model.params
    .map((param): [string, Scalar[]] => [param.name, valuesOf(param)])
    .filter(([name, values]) => values.length > 0 && (keys.has(name) || values.length <= 12))
  for (const measure of measures) domains.push([measure.name, measure.enum])
  let rows: Record<string, Scalar>[] = [{}]
  for (const [name, values] of domains) rows = rows.flatMap(row => values.map(value => ({ ...row, [name]: value })))
  return rows.filter(row => model.rules.every(rule => rule.type !== 'requires' || isKept(rule, row)))
}

function isKept(rule: Extract<Rule, { type: 'requires' }>, row: Record<string, Scalar>): boolean {
  const applies = Object.entries(rule.if).every(([name, value]) => row[name] === value)
  return (
    !applies || Object.entries(rule.then).every(([name, allowed]) => !(name in row) || allowed.includes(row[name]!))
  )
}

function paramProblems(model: Model, param: Param, all: Model[], { enum_labels: groups }: Around): string[] {
  const problems: string[] = []
  const { hidden: _, ...offered } = param
  if (paramNamed(model, param.name) !== param) problems.push('stands twice')
  if (param.type === 'enum' && !param.enum) problems.push('has no list of values')
  const isFile = param.type === 'file' || param.type === 'file[]'
  if (isFile && !(param.accept && param.formats && param.max_files && param.max_mb)) problems.push('has no file limits')
  for (const format of untaken(param)) problems.push(`promises ${format}, which is not taken`)
  if (param.default !== undefined && checkValue(model, offered, param.default)) problems.push('refuses its own default')
  if (param.sample && param.type !== 'enum') problems.push('has recordings and no list of values')
  if (param.cyrillic_default !== undefined) {
    if (checkValue(model, offered, param.cyrillic_default)) problems.push('refuses its default for Cyrillic')
    // Shown with the price, so it must be the same for every text that costs the same.
    if (changesPrice(model, param) || param.default === undefined) problems.push('cannot have a default for Cyrillic')
    if (model.params.every(({ spoken }) => !spoken)) problems.push('has a default for Cyrillic and no text is spoken')
  }
  if (param.hidden && param.default === undefined) problems.push('is hidden and has no value')
  if (param.enum_labels && !Object.hasOwn(groups, param.enum_labels)) problems.push('names unknown labels')
  for (const id of param.previous_models ?? []) {
    if (all.every(other => other.id !== id)) problems.push(`names the unknown model ${id}`)
  }
  return problems.map(problem => `${param.name} ${problem}`)
}

function unknownNames(model: Model, rule: Rule): string[] {
  const names = namesIn(rule).filter(name => !paramNamed(model, name))
  return names.map(name => `a rule names the unknown parameter ${name}`)
}

function namesIn(rule: Rule): string[] {
  switch (rule.type) {
    case 'note':
      return []
    case 'requires':
      return [...Object.keys(rule.if), ...Object.keys(rule.then)]
    case 'exactly_one_of':
      return rule.params
    case 'only_with':
      return [rule.param, rule.with]
    case 'forbidden_when_present':
      return [rule.present, rule.param]
    case 'max_files_when':
    case 'requires_earlier':
      return [rule.param, ...Object.keys(rule.if)]
    case 'within_results':
      return [rule.param, rule.of]
    case 'multiple_of':
      return [rule.param]
    case 'max_output_side':
      return [rule.param, rule.times]
  }
}

function priceProblems(model: Model): string[] {
  const problems: string[] = []
  const { measures = [], variants, max_credits: most, quantity_bounds: bounds } = model.price
  for (const name of new Set(variants.flatMap(({ when }) => Object.keys(when)))) {
    const param = paramNamed(model, name)
    const values = param ? valuesOf(param) : (measures.find(measure => measure.name === name)?.enum ?? [])
    if (values.length === 0) problems.push(`the price names the unknown parameter ${name}`)
    const strange = variants.find(({ when }) => when[name] !== undefined && !values.some(one => one === when[name]))
    if (values.length > 0 && strange) problems.push(`the price names an unknown value of ${name}`)
  }
  for (const param of model.params.filter(param => changesPrice(model, param))) {
    if (!param.required && !param.always_send) problems.push(`${param.name} changes the price but may stay unsent`)
    if (param.hidden) problems.push(`${param.name} changes the price but is hidden`)
    if (!param.required && param.default === undefined) problems.push(`${param.name} has no default to price`)
  }
  for (const row of combinationsOf(model)) {
    const fits = variantsWhere(model, row).length
    if (fits !== 1) problems.push(`${fits === 0 ? 'no price' : 'two prices'} for ${JSON.stringify(row)}`)
  }
  const dearest = times(decimal(Math.max(...variants.map(({ credits }) => credits))), decimal(bounds.max))
  if (compare(dearest, decimal(most)) !== 0) problems.push('max_credits does not follow from the variants')
  return [...problems, ...defaultProblems(model)]
}

function defaultProblems(model: Model): string[] {
  const { measures = [], default_credits: credits, default_quantity: quantity } = model.price
  const usual: Record<string, unknown> = {}
  for (const param of model.params) usual[param.name] = param.default
  for (const measure of measures) usual[measure.name] = measure.enum[0]
  const [variant] = variantsWhere(model, usual)
  const follows = variant && compare(times(decimal(variant.credits), decimal(quantity)), decimal(credits)) === 0
  return follows ? [] : ['default_credits does not follow from the variants']
}

function quantityProblems(model: Model): string[] {
  const { quantity, quantity_bounds: bounds, default_quantity: usual } = model.price
  const param = (name: string) => paramNamed(model, name)
  const agree = (found: boolean) => (found ? [] : [`the bounds of ${quantity} do not agree with its parameters`])
  switch (quantity) {
    case '1':
      return agree(bounds.min === 1 && bounds.max === 1 && usual === 1)
    case 'duration':
    case 'duration_seconds': {
      const { min, max, default: value } = param(quantity) ?? {}
      return agree(min === bounds.min && max === bounds.max && value === usual)
    }
    case 'audio_seconds':
      return agree(param(bounds.of ?? '')?.max_seconds === bounds.max && usual === 1)
    case 'characters': {
      const most = param(bounds.of ?? '')?.max_length ?? 0
      return agree(Math.ceil(most / (bounds.divide_by ?? 1)) === bounds.max && usual === 1)
    }
    case 'num_frames/frames_per_second': {
      const frames = param('num_frames')
      const perSecond = param('frames_per_second')
      if (!frames?.max || !perSecond?.min || frames.default === undefined || perSecond.default === undefined) {
        return agree(false)
      }
      const longest = divideUp(decimal(frames.max), decimal(perSecond.min))
      const normal = divideUp(decimal(Number(frames.default)), decimal(Number(perSecond.default)))
      return agree(compare(longest, decimal(bounds.max)) === 0 && compare(normal, decimal(usual)) === 0)
    }
  }
}

function valuesOf(param: Param): Scalar[] {
  if (param.type === 'boolean') return [true, false]
  return param.type === 'enum' ? (param.enum ?? []) : []
}
