import { type Model, optionLabel, type Param, type Scalar } from '../catalogue/models.ts'
import { changesPrice, type Inputs, isEarlier, isFiles, type Value } from '../catalogue/parameters.ts'
import type { Ask } from '../i18n/ordering.ts'
import type { PromptKind, Template } from '../i18n/prompts.ts'
import { stringsFor } from '../i18n/strings.ts'
import { shortId } from '../id.ts'
import type { Language } from '../money.ts'
import { clip } from '../telegram/html.ts'

/** Telegram hands no larger file to a bot, in bytes. */
export const maxFromTelegram = 20 * 1024 * 1024

export const labelOf = (param: Param, language: Language): string => param.label[language]

const unitOf = ({ unit }: Param, language: Language): string => (unit ? stringsFor(language).wizard[unit] : '')

/** Shown 1-based, sent 0-based: the offset to add for display. */
export const shiftOf = ({ shown_from: first }: Param): number => first ?? 0

/** Takes numbers only, even where the provider wants them as a text. */
export const isNumeric = ({ type, numeric }: Param): boolean =>
  type === 'integer' || type === 'number' || numeric === true

/** Megabytes that a person can really send. */
export const megabytesOf = ({ max_mb: most = 20 }: Param): number => Math.min(most, 20)

/** One value of a list, yes or no, or a number with its unit, as people read it. */
export function scalarText(param: Param, value: Scalar, language: Language): string {
  const { yes, no } = stringsFor(language).wizard
  if (typeof value === 'boolean') return value ? yes : no
  if (typeof value === 'string' && param.type !== 'enum') return value
  const text = param.type === 'enum' ? optionLabel(param, value, language) : String(Number(value) + shiftOf(param))
  const unit = unitOf(param, language)
  return (language === 'ru' ? text.replace(/^(\d+)\.(\d+)$/, '$1,$2') : text) + (unit && `\u00a0${unit}`)
}

/** An answer in at most `most` characters. */
export function valueText(param: Param, value: Value, language: Language, most = 200): string {
  const { wizard } = stringsFor(language)
  if (isFiles(value)) return wizard.files(value.length)
  if (isEarlier(value)) return wizard.number(shortId(value.generationId))
  return clip(scalarText(param, value as Scalar, language), most)
}

/** Whether the answer is long enough for a line of its own. */
export const isLong = (param: Param): boolean =>
  param.type === 'file' || param.type === 'file[]' || param.type === 'string' || param.previous_models !== undefined

/** What to ask for a parameter, in plain terms. */
export function askOf(model: Model, param: Param, language: Language, names: (id: string) => string): Ask {
  if (param.previous_models) return { kind: 'earlier', models: param.previous_models.map(names) }
  switch (param.type) {
    case 'file':
    case 'file[]':
      return {
        kind: 'files',
        media: param.accept ?? ['image'],
        most: param.type === 'file' ? 1 : (param.max_files ?? 1),
        megabytes: megabytesOf(param),
        seconds: param.max_seconds,
      }
    case 'enum':
      return { kind: 'options', names: (param.enum ?? []).map(value => scalarText(param, value, language)) }
    case 'boolean':
      return { kind: 'yes_no' }
    case 'integer':
    case 'number':
      return {
        kind: 'number',
        min: shifted(param, param.min),
        max: shifted(param, param.max),
        unit: unitOf(param, language),
      }
    case 'string': {
      if (isNumeric(param)) return { kind: 'number', min: undefined, max: undefined, unit: '' }
      const example = model.example_input[param.name]
      if (isLink(param)) return { kind: 'link', example: typeof example === 'string' ? example : undefined }
      // Where the kind of text is prescribed, the hint says so, and a length would only confuse.
      const { min_length: least = 0, max_length } = param
      const most = param.pattern === undefined ? max_length : undefined
      return {
        kind: 'text',
        least,
        most,
        example: isMain(model, param) ? templatesFor(model, param, language)[0]?.text : undefined,
      }
    }
  }
}

export const shifted = (param: Param, bound: number | undefined): number | undefined =>
  bound === undefined ? undefined : bound + shiftOf(param)

export const isLink = (param: Param): boolean => param.pattern?.startsWith('^http') ?? false

/** The text that says what to make: where a text sent beforehand or a caption goes. */
export const mainText = (model: Model): Param | undefined =>
  model.params.find(param => isText(param) && (param.required || changesPrice(model, param))) ??
  model.params.find(param => isText(param) && !param.advanced)

const isText = (param: Param) =>
  param.type === 'string' && !param.hidden && !param.previous_models && param.pattern === undefined
export const isMain = (model: Model, param: Param) => mainText(model) === param

/** The answers of an example; files are still the person's to send. */
export function exampleFor(model: Model, language: Language): Inputs {
  const example = model.params.flatMap((param): [string, Value][] => {
    const value = model.example_input[param.name]
    if (param.hidden || param.previous_models || isLink(param) || value === undefined) return []
    if (isMain(model, param)) return [[param.name, templatesFor(model, param, language)[0]?.text ?? String(value)]]
    // Examples are as on the wire, where some numbers are texts.
    if (param.type === 'integer' || param.type === 'number') return [[param.name, Number(value)]]
    return typeof value === 'string' || typeof value === 'boolean' ? [[param.name, value]] : []
  })
  return Object.fromEntries(example)
}

/** Prompts to begin a main text with. */
export const templatesFor = (model: Model, param: Param, language: Language): Template[] =>
  stringsFor(language).templates[promptKind(model, param)]

/** What the main text of a model is for. */
export function promptKind({ category }: Model, { spoken }: Param): PromptKind {
  switch (category) {
    case 'text-to-image':
      return 'image'
    case 'image-to-image':
    case 'video-to-video':
      return 'edit'
    case 'text-to-video':
      return 'video'
    case 'image-to-video':
      return 'animate'
    case 'audio-to-video':
      return 'talk'
    case 'text-to-audio':
    case 'audio-to-audio':
      return spoken ? 'speech' : 'sound'
  }
}
