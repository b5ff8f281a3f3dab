import type { Model, Param, Rule, Scalar, Text } from './schema.ts'

/** A person's file, already stored by us. Properties that could not be read are missing. */
export type FileValue = {
  url: string
  kind: 'image' | 'video' | 'audio'
  mime: string
  bytes: number
  fileId?: string
  widthPx?: number
  heightPx?: number
  seconds?: number
  name?: string
  /** The result that it is, if it was made here; `firstId`: the run that began the line of versions. */
  from?: { generationId: string; n: number; firstId?: string }
}
/** An earlier generation of the user, with the answers it was made from and the number of its files. */
export type EarlierValue = {
  generationId: string
  taskId: string
  modelId: string
  params: Record<string, unknown>
  files?: number
}
/** `file` and `file[]` are both lists. Values of a list are as in models.json. */
export type Value = string | number | boolean | FileValue[] | EarlierValue
export type Inputs = Record<string, Value>

export type Problem = {
  param: string
  code:
    | 'missing'
    | 'wrong_type'
    | 'too_long'
    | 'too_short'
    | 'too_small'
    | 'too_large'
    | 'step'
    | 'not_in_list'
    | 'pattern'
    | 'too_few_files'
    | 'too_many_files'
    | 'file_kind'
    | 'file_size'
    | 'file_dimensions'
    | 'file_duration'
    | 'rule'
    | 'unknown_param'
  /** Characters, files, megabytes or seconds, depending on the code; a text with its unit for `file_dimensions`. */
  limit?: number | string
  rule?: Rule['type']
  /** The text for people if a rule between fields is broken. */
  why?: Text
}

export const paramNamed = (model: Model, name: string): Param | undefined =>
  model.params.find(param => param.name === name)

/**
 * Returns the answer, if there is one. An empty text or list counts as no answer: upstream refuses empty optional
 * fields.
 */
export function given(inputs: Record<string, unknown>, name: string): unknown {
  const value = Object.hasOwn(inputs, name) ? inputs[name] : undefined
  return value === null || value === '' || (Array.isArray(value) && value.length === 0) ? undefined : value
}

/** Returns whether another answer to this parameter can change the price. */
export function changesPrice(model: Model, { name }: Param): boolean {
  const { quantity, quantity_bounds: bounds, measures = [], variants } = model.price
  return (
    quantity.split('/').includes(name) ||
    bounds.of === name ||
    measures.some(measure => measure.of.includes(name)) ||
    variants.some(({ when }) => Object.hasOwn(when, name))
  )
}

/** Returns what stands for a missing answer: for some, it depends on the text to be spoken. */
export function defaultFor(model: Model, param: Param, inputs: Inputs): Scalar | undefined {
  const { cyrillic_default: other } = param
  if (other === undefined) return param.default
  const spoken = model.params.find(({ spoken }) => spoken)
  const text = spoken && inputs[spoken.name]
  return typeof text === 'string' && isMostlyCyrillic(text) ? other : param.default
}

function isMostlyCyrillic(text: string): boolean {
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  const cyrillic = text.match(/\p{Script=Cyrillic}/gu)?.length ?? 0
  return cyrillic * 2 > letters
}

/**
 * Returns the answers without those that a person did not choose, but that follow from the text to be spoken: another text
 * may have another default.
 */
export const withoutTextDefaults = (model: Model, inputs: Inputs): Inputs =>
  Object.fromEntries(
    Object.entries(inputs).filter(([name, value]) => {
      const param = paramNamed(model, name)
      return param?.cyrillic_default === undefined || value !== defaultFor(model, param, inputs)
    }),
  )

/**
 * Returns the answers plus every default that is required, affects the price, or follows from the text. Other missing answers and empty ones
 * are left out.
 */
export function withDefaults(model: Model, inputs: Inputs): Inputs {
  const filled = Object.keys(inputs).filter(name => given(inputs, name) !== undefined)
  const full: Inputs = Object.fromEntries(filled.map(name => [name, inputs[name]!]))
  for (const param of model.params) {
    const usual = defaultFor(model, param, full)
    // The provider's own default is the other one.
    const needed = param.required || param.always_send || usual !== param.default || changesPrice(model, param)
    if (needed && !param.hidden && usual !== undefined) full[param.name] ??= usual
  }
  return full
}

export function isFile(value: unknown): value is FileValue {
  const file = value as Partial<FileValue> | null
  return (
    typeof file === 'object' &&
    file !== null &&
    typeof file.url === 'string' &&
    /^https?:\/\//.test(file.url) &&
    ['image', 'video', 'audio'].includes(String(file.kind)) &&
    typeof file.mime === 'string' &&
    Number.isFinite(file.bytes)
  )
}

export const isFiles = (value: unknown): value is FileValue[] => Array.isArray(value) && value.every(isFile)

export function isEarlier(value: unknown): value is EarlierValue {
  const earlier = value as Partial<EarlierValue> | null
  return (
    typeof earlier === 'object' &&
    earlier !== null &&
    ['generationId', 'taskId', 'modelId'].every(key => typeof earlier[key as 'taskId'] === 'string') &&
    earlier.taskId !== '' &&
    typeof earlier.params === 'object' &&
    earlier.params !== null
  )
}

/** Counts characters as people see them: code points, not UTF-16 units. */
export const characters = (text: string): number => [...text].length
