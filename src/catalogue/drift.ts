import type { Model } from './models.ts'
import type { Documented, PriceRow, Property } from './published.ts'
import type { Param } from './schema.ts'

/** One difference between the catalogue and what the upstream publishes. */
export type Drift = {
  model: string
  kind:
    | 'price changed'
    | 'no price row'
    | 'new price row'
    | 'model gone'
    | 'parameter added'
    | 'parameter removed'
    | 'required changed'
    | 'type changed'
    | 'enum changed'
    | 'range changed'
  /** The variant of a price, a row of the feed, or a parameter. */
  what: string
  ours: string
  theirs: string
}

/**
 * Compares the prices of a model with the feed. A variant that names its row is compared with that row. The others are
 * compared, all prices together, with the rows whose links name the model, since the feed does not say which row
 * belongs to which variant. It never guesses a row.
 */
export function priceDrift(model: Model, feed: readonly PriceRow[], claimed: ReadonlySet<string>): Drift[] {
  const { id } = model
  const drift: Drift[] = []
  const found = (kind: Drift['kind'], what: string, ours: string, theirs: string) =>
    drift.push({ model: id, kind, what, ours, theirs })
  for (const { when, credits, feed: named } of model.price.variants) {
    if (!named) continue
    const rows = feed.filter(one => one.row === named.row)
    const what = `${named.row}${Object.keys(when).length > 0 ? ` ${JSON.stringify(when)}` : ''}`
    const ours = priced(credits, named.unit)
    const theirs = [...new Set(rows.map(row => priced(row.credits, row.unit)))].join(' or ')
    if (rows.length === 0) found('no price row', what, ours, 'none')
    else if (theirs !== ours) found('price changed', what, ours, theirs)
  }
  const linked = feed.filter(row => row.modelId === id && !claimed.has(row.row))
  const nameless = model.price.variants.filter(variant => !variant.feed)
  if (nameless.length === 0) {
    for (const { row, credits, unit } of linked) found('new price row', row, 'none', priced(credits, unit))
  } else if (linked.length === 0) {
    found('no price row', 'no row is named for it, and no link names it', amounts(nameless), 'none')
  } else if (amounts(linked) !== amounts(nameless)) {
    found('price changed', linked.map(({ row }) => row).join('; '), amounts(nameless), amounts(linked))
  }
  return drift
}

/** Returns the rows that the catalogue names. They belong to no other model, whatever their links say. */
export const claimedRows = (models: readonly Model[]): Set<string> =>
  new Set(models.flatMap(({ price }) => price.variants.flatMap(({ feed }) => feed?.row ?? [])))

const priced = (credits: number | undefined, unit: string) => `${credits ?? 'unreadable'} credits ${unit}`.trim()
const amounts = (prices: readonly { credits: number | undefined }[]) =>
  [...new Set(prices.map(({ credits }) => credits ?? Number.NaN))].sort((a, b) => a - b).join(', ')

/** Compares the parameters of a model with the documentation. What the documentation leaves out is not a difference. */
export function parameterDrift(model: Model, documented: Documented | undefined): Drift[] {
  const { id } = model
  if (!documented) return [{ model: id, kind: 'model gone', what: 'documentation', ours: 'sold', theirs: 'none' }]
  const { properties, required } = documented
  const known = new Set(model.params.map(({ name }) => name))
  const added = [...properties.keys()].filter(name => !known.has(name))
  return [
    ...added.map(name => ({
      model: id,
      kind: 'parameter added' as const,
      what: name,
      ours: 'none',
      theirs: need(required.has(name)),
    })),
    ...model.params.flatMap(param => {
      const property = properties.get(param.name)
      const found = (kind: Drift['kind'], ours: string, theirs: string) => ({
        model: id,
        kind,
        what: param.name,
        ours,
        theirs,
      })
      if (!property) return [found('parameter removed', need(param.required), 'none')]
      const isNeeded = required.has(param.name)
      return [
        ...(isNeeded === param.required ? [] : [found('required changed', need(param.required), need(isNeeded))]),
        ...differences(param, property).map(([kind, ours, theirs]) => found(kind, ours, theirs)),
      ]
    }),
  ]
}

const need = (isRequired: boolean) => (isRequired ? 'required' : 'optional')

function differences(param: Param, property: Property): [Drift['kind'], string, string][] {
  const found: [Drift['kind'], string, string][] = []
  const ourType = jsonType(param.value_type)
  const theirType = jsonType(property.type ?? ourType)
  if (ourType !== theirType) found.push(['type changed', ourType, theirType])
  if (property.enum) {
    const [ours, theirs] = [values(param.enum ?? []), values(property.enum)]
    if (ours !== theirs) found.push(['enum changed', ours || 'any', theirs])
  }
  const bounds = [
    ['minimum', param.min, property.minimum],
    ['maximum', param.max, property.maximum],
    ['minLength', param.min_length, property.minLength],
    ['maxLength', param.max_length, property.maxLength],
    ['maxItems', param.max_files, property.maxItems],
  ] as const
  for (const [name, ours, theirs] of bounds) {
    if (theirs !== undefined && ours !== theirs)
      found.push(['range changed', `${name} ${ours ?? 'none'}`, `${name} ${theirs}`])
  }
  return found
}

// On the wire a whole number is a number, and a list of files an array.
const jsonType = (type: string) => (type === 'integer' ? 'number' : type === 'string[]' ? 'array' : type)

// Strings are quoted: "5" and 5 are different values.
const values = (list: readonly unknown[]) =>
  list
    .map(value => JSON.stringify(value))
    .sort()
    .join(', ')
