import { createHash } from 'node:crypto'
import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Language } from '../money.ts'
import { offeredOf } from './choice.ts'
import { consistencyProblems } from './consistency.ts'
import { deriveFree, freeCount, freeProblems } from './free-tier.ts'
import file from './models.json' with { type: 'json' }
import { type Rates, rateProblems } from './pricing.ts'
import { CatalogueFile, Model, type Param, type Scalar, ShelfFile, type Task, type Text } from './schema.ts'
import shelf from './shelf.json' with { type: 'json' }

export type { Category, Model, Output, Param, Rule, Scalar, Task, Text } from './schema.ts'

/** The lists on the home screen: image from text, edited image, video from text, animated image, audio, tools. */
export type Format = 'image' | 'edit' | 'video' | 'animate' | 'audio' | 'tools'

export type Catalogue = {
  /** Every model that is known, on sale or not: past and running orders refer to them. */
  models: Model[]
  /** The ids of those that the operator sells; an admin may switch others on. */
  offered: ReadonlySet<string>
  byId(id: string): Model | undefined
  byKey(key: string): Model | undefined
  format(format: Format): Model[]
  freeIds: ReadonlySet<string>
  /** The models to begin with for a task, the first choice first. */
  usual(task: Task): Model[]
  rates: Rates
  contentFilter: boolean
}

/** The number of models of the core, which are sold by default. Any other number means an editing mistake in the file. */
export const modelCount = 42

/** Returns new copies of all models in models.json, the core. Throws one Error that names every fault of the file. */
export function loadModels(): Model[] {
  const { models, ...rest } = file
  const problems = [
    ...schemaProblems('models.json', CatalogueFile, { ...rest, models: [] }),
    ...models.flatMap(modelSchemaProblems),
    ...usualProblems(models.map(({ id }) => id)),
  ]
  if (problems.length > 0) throw new Error(listed('models.json cannot be read', problems))
  return structuredClone(models) as Model[]
}

/** Returns new copies of the models in shelf.json, which are sold where the operator wants them. Throws as loadModels. */
export function loadShelf(): Model[] {
  const { models, ...rest } = shelf
  const problems = [
    ...schemaProblems('shelf.json', ShelfFile, { ...rest, models: [] }),
    ...(models as { id: string }[]).flatMap(modelSchemaProblems),
  ]
  if (problems.length > 0) throw new Error(listed('shelf.json cannot be read', problems))
  return structuredClone(models) as Model[]
}

/** What models refer to besides themselves: of the core and of the shelf. */
const around = {
  sources: { ...file.sources, ...shelf.sources },
  enum_labels: { ...file.enum_labels, ...shelf.enum_labels },
}

/**
 * Opens the catalogue: what is sold, and at which rates. Throws one Error that names every problem; then nothing may be
 * sold.
 */
export function openCatalogue(options: {
  /** Instead of the core. */
  models?: Model[]
  /** `core`, `all` or a list of changes, as MODELS has it; the shelf is known with it alone. */
  choice?: string | undefined
  rates: Rates
  /** The operator's choice instead of the derived five. */
  freeModelIds?: string[] | undefined
  contentFilter: boolean
}): Catalogue {
  const core = options.models ?? loadModels()
  const models = options.choice === undefined ? core : [...core, ...loadShelf()]
  const sound = models.filter(model => modelSchemaProblems(model).length === 0)
  const { offered, unknown } = offeredOf(options.choice ?? 'core', core, models)
  const freeIds = options.freeModelIds ?? deriveFree(preferred(sound, core, offered))
  const problems = [
    ...(core.length === modelCount ? [] : [`${core.length} models, not ${modelCount}`]),
    ...unknown.map(word => `MODELS: ${word} is neither core, all, nor +id or -id of a model`),
    ...models.flatMap(modelSchemaProblems),
    ...keyProblems(sound),
    ...shortNameProblems(sound),
    ...sound.flatMap(model => consistencyProblems(model, models, around)),
    ...rateProblems(options.rates),
    ...freeProblems(
      sound.filter(({ id }) => offered.has(id)),
      freeIds,
    ),
  ]
  if (problems.length > 0) throw new Error(listed('the catalogue cannot be sold', problems))
  const ids = new Map(models.map(model => [model.id, model]))
  const keys = new Map(models.map(model => [modelKey(model.id), model]))
  return {
    models,
    offered,
    byId: id => ids.get(id),
    byKey: key => keys.get(key),
    format: format => models.filter(model => formatOf(model) === format),
    freeIds: new Set(freeIds),
    usual: task => usualIds[task].flatMap(id => ids.get(id) ?? []),
    rates: options.rates,
    contentFilter: options.contentFilter,
  }
}

/** The free models are chosen among those of the core that are offered, if there are enough. */
function preferred(sound: Model[], core: Model[], offered: ReadonlySet<string>): Model[] {
  const ofCore = core.filter(model => offered.has(model.id) && sound.includes(model))
  return deriveFree(ofCore).length === freeCount ? ofCore : sound.filter(({ id }) => offered.has(id))
}

/**
 * Returns the catalogue as it is on sale at the moment of each call: what is offered or was switched on by an admin, and is
 * not off.
 */
export function onSale(
  whole: Catalogue,
  isOff: (id: string) => boolean,
  isSwitchedOn: (id: string) => boolean = () => false,
): Catalogue {
  const isSold = ({ id }: Model) => !isOff(id) && (whole.offered.has(id) || isSwitchedOn(id))
  const sold = (model: Model | undefined) => (model && isSold(model) ? model : undefined)
  return {
    ...whole,
    get models() {
      return whole.models.filter(sold)
    },
    get freeIds() {
      return new Set([...whole.freeIds].filter(id => !isOff(id)))
    },
    byId: id => sold(whole.byId(id)),
    byKey: key => sold(whole.byKey(key)),
    format: format => whole.format(format).filter(sold),
    usual: task => whole.usual(task).filter(sold),
  }
}

/** Returns the model's name in buttons, at most 41 characters of `a-z0-9-`. */
export const modelKey = (id: string): string => id.toLowerCase().replace(/[^a-z0-9-]/g, '-')

/** Returns the home list of a model. Each model is in exactly one. */
export function formatOf({ category, params }: Model): Format {
  switch (category) {
    case 'text-to-image':
      return 'image'
    case 'text-to-video':
      return 'video'
    case 'image-to-video':
      return 'animate'
    case 'video-to-video':
      return 'tools'
    case 'audio-to-video':
    case 'text-to-audio':
    case 'audio-to-audio':
      return 'audio'
    case 'image-to-image':
      // An image without a text is a tool, not an edit.
      return params.some(param => param.type === 'string') ? 'edit' : 'tools'
  }
}

/**
 * Changes whenever the possible answers change: a button that counts options of another version would pick the wrong
 * one.
 */
export const versionOf = ({ params, rules }: Model): string =>
  createHash('sha256')
    .update(JSON.stringify([params, rules]))
    .digest('base64url')
    .slice(0, 12)

/** Returns the label of a list value. A value without a label is shown unchanged. */
export function optionLabel(param: Param, value: Scalar, language: Language): string {
  const groups: Record<string, Record<string, Text>> = around.enum_labels
  return groups[param.enum_labels ?? '']?.[String(value)]?.[language] ?? String(value)
}

const usualIds: Record<Task, string[]> = file.usual

const usualProblems = (known: string[]): string[] =>
  Object.entries(usualIds).flatMap(([task, ids]) =>
    ids.filter(id => !known.includes(id)).map(id => `usual for ${task}: ${id} is no model`),
  )

/** Returns what people search for when they want any model of a list. */
export const formatAliases = (format: Format): readonly string[] => file.format_aliases[format]

const modelSchemaProblems = (model: { id?: unknown }) => schemaProblems(String(model?.id), Model, model)

function schemaProblems(name: string, schema: TSchema, value: unknown): string[] {
  const errors = [...Value.Errors(schema, value)]
  return errors.slice(0, 5).map(({ path, message }) => `${name}${path}: ${message}`)
}

function keyProblems(models: Model[]): string[] {
  const keys = models.map(model => modelKey(model.id))
  const twice = new Set(keys.filter((key, at) => keys.indexOf(key) !== at))
  const long = keys.filter(key => key.length > 41)
  return [
    ...[...twice].map(key => `${key}: two models have this key`),
    ...long.map(key => `${key}: the key is too long`),
  ]
}

/** Two rows of one list must not read the same. */
function shortNameProblems(models: Model[]): string[] {
  return (['ru', 'en'] as const).flatMap(language => {
    const names = models.map(model => `${formatOf(model)} «${model.short[language]}»`)
    const twice = new Set(names.filter((name, at) => names.indexOf(name) !== at))
    return [...twice].map(name => `${name}: two models of one list have this short name`)
  })
}

const listed = (what: string, problems: string[]) => `${what}:\n${problems.map(problem => `- ${problem}`).join('\n')}`
