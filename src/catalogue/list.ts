import { parseArgs } from 'node:util'
import { formatKop } from '../money.ts'
import { type Catalogue, openCatalogue } from './models.ts'
import { priceAtDefaults, priceRange } from './pricing.ts'

/** Returns the models as `npm run -s models -- --json` prints them. Prices are in kopecks. */
export function rows({ models, offered, rates, freeIds }: Catalogue) {
  return models
    .filter(({ id }) => offered.has(id))
    .map(model => ({
      id: model.id,
      category: model.category,
      output: model.output,
      price_kop: priceAtDefaults(model, rates).kop,
      price_kop_max: priceRange(model, rates).maxKop,
      free: freeIds.has(model.id),
    }))
}

/** Returns the models as a table for a terminal, one line each. */
export function table(catalogue: Catalogue): string {
  const { models, offered, rates, freeIds } = catalogue
  const rub = (kop: number) => formatKop(kop, 'ru').replaceAll('\u00a0', ' ')
  const lines = models
    .filter(({ id }) => offered.has(id))
    .map(model => {
      const { minKop, maxKop } = priceRange(model, rates)
      const range = minKop === maxKop ? '' : `${rub(minKop)} – ${rub(maxKop)}`
      const usual = rub(priceAtDefaults(model, rates).kop)
      return [model.id, model.name.ru, model.category, usual, range, freeIds.has(model.id) ? 'free' : '']
    })
  return aligned([['id', 'name', 'category', 'price', 'from – to', 'free'], ...lines])
}

function aligned(lines: string[][]): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map(line => line[column]!.length)))
  // Amounts are right-aligned, words left-aligned.
  const cell = (text: string, column: number) =>
    column === 3 ? text.padStart(widths[column]!) : text.padEnd(widths[column]!)
  return lines.map(line => line.map(cell).join('  ').trimEnd()).join('\n')
}

function main() {
  const { values } = parseArgs({
    options: { json: { type: 'boolean', default: false }, all: { type: 'boolean', default: false } },
  })
  const env = process.env
  const chosen = env.FREE_TIER_MODEL_IDS?.trim()
  const catalogue = openCatalogue({
    choice: values.all ? 'all' : env.MODELS?.trim() || 'core',
    rates: { usdRubRate: env.USD_RUB_RATE?.trim() || '95', markup: env.PRICING_MARKUP?.trim() || '2.0' },
    freeModelIds: chosen
      ? chosen
          .split(',')
          .map(id => id.trim())
          .filter(Boolean)
      : undefined,
    contentFilter: true,
  })
  console.log(values.json ? JSON.stringify(rows(catalogue), null, 2) : table(catalogue))
}

if (import.meta.main) {
  try {
    main()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
