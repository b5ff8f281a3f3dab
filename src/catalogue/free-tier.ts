import { changesPrice, type Inputs, withDefaults } from './inputs.ts'
import type { Model } from './schema.ts'

/** The number of models that are free to try. */
export const freeCount = 5

/** Returns the cheapest models with a price per request, at their defaults. Equal prices are ordered by id. */
export function deriveFree(models: Model[]): string[] {
  return models
    .filter(model => ['generation', 'image'].includes(model.price.unit))
    .sort((a, b) => a.price.default_credits - b.price.default_credits || (a.id < b.id ? -1 : 1))
    .slice(0, freeCount)
    .map(model => model.id)
}

/** Returns the problems with an operator's own choice of free models, in words. */
export function freeProblems(models: Model[], ids: readonly string[]): string[] {
  const problems: string[] = []
  if (ids.length !== freeCount) problems.push(`free models: ${ids.length} are named, not ${freeCount}`)
  for (const id of new Set(ids)) {
    if (ids.filter(other => other === id).length > 1) problems.push(`free models: ${id} is named twice`)
    const model = models.find(one => one.id === id)
    if (!model) problems.push(`free models: ${id} is not a model`)
    else if (!canPin(model)) problems.push(`free models: the price of ${id} depends on what a person sends`)
  }
  return problems
}

/** Returns the answers of a free run: every parameter that changes the price has its default. */
export function pinForFree(model: Model, inputs: Inputs): Inputs {
  const pinned = { ...inputs }
  for (const param of model.params) {
    if (changesPrice(model, param) && param.default !== undefined) pinned[param.name] = param.default
  }
  return withDefaults(model, pinned)
}

// A length of text or audio, or a file size, has no default: such a run could cost any amount.
const canPin = (model: Model) =>
  model.params.filter(param => changesPrice(model, param)).every(param => param.default !== undefined)
