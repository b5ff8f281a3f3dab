import { compare, type Decimal, decimal, decimalText, kopecksUp, times } from '../money.ts'
import { type Inputs, withDefaults } from './inputs.ts'
import { measured, quantityOf } from './measures.ts'
import type { Model, Scalar } from './schema.ts'

/** Exact decimals as text: rubles per dollar, and the factor on the provider's price. */
export type Rates = { usdRubRate: string; markup: string }

/** `credits` are for the whole request. `quantity` counts the unit. `kop` is the person's price. */
export type Price = { kop: number; credits: string; quantity: string; unit: string }

// 1 credit costs 0.005 USD at the provider.
const usdPerCredit = decimal('0.005')

/**
 * Returns the price of a run with these answers, after defaults are filled in. An unknown measure gets its highest
 * price. Throws RangeError if a quantity is unknown or out of bounds, no variant fits, or a rate is out of range.
 */
export function price(model: Model, inputs: Inputs, rates: Rates): Price {
  const full = withDefaults(model, inputs)
  const values: Record<string, unknown> = { ...full }
  const unknown: string[] = []
  for (const measure of model.price.measures ?? []) {
    const word = measured(model, measure, full)
    if (word === undefined) unknown.push(measure.name)
    values[measure.name] = word
  }
  const quantity = quantityOf(model, full)
  return priced(model, times(creditsWhere(model, values, unknown), quantity), quantity, rates)
}

/** Returns the price before any answer. A measured quantity counts as one unit of its first kind. */
export function priceAtDefaults(model: Model, rates: Rates): Price {
  const { default_credits: credits, default_quantity: quantity } = model.price
  return priced(model, decimal(credits), decimal(quantity), rates)
}

/** Returns the cheapest and the most expensive run within the bounds, in kopecks. */
export function priceRange(model: Model, rates: Rates): { minKop: number; maxKop: number } {
  const { variants, quantity_bounds: bounds } = model.price
  const credits = variants.map(variant => variant.credits)
  const least = bounds.round === 'up' ? Math.ceil(bounds.min) : bounds.min
  const kop = (credit: number, quantity: number) =>
    priced(model, times(decimal(credit), decimal(quantity)), decimal(quantity), rates).kop
  return { minKop: kop(Math.min(...credits), least), maxKop: kop(Math.max(...credits), bounds.max) }
}

/** Returns the rates with so many percent off the price. The markup stays 1 at least: nothing is sold below its cost. */
export function discounted(rates: Rates, percent: number): Rates {
  if (percent === 0) return rates
  const markup = times(decimal(rates.markup), { digits: BigInt(100 - percent), scale: 2 })
  return { ...rates, markup: compare(markup, decimal(1)) < 0 ? '1' : decimalText(markup) }
}

/** Returns the problems with the rates, in words; empty if they can price. */
export function rateProblems(rates: Rates): string[] {
  const problems: string[] = []
  if (!(comparedTo(rates.usdRubRate, 0) > 0)) problems.push('USD_RUB_RATE is not a number above 0')
  if (!(comparedTo(rates.markup, 1) >= 0)) problems.push('PRICING_MARKUP is not a number from 1')
  return problems
}

/** Returns the variants that match these values. A measure named in `unknown` matches any. */
export function variantsWhere(model: Model, values: Record<string, unknown>, unknown: string[] = []) {
  const fits = ([name, wanted]: [string, Scalar]) => unknown.includes(name) || values[name] === wanted
  return model.price.variants.filter(({ when }) => Object.entries(when).every(fits))
}

function creditsWhere(model: Model, values: Record<string, unknown>, unknown: string[]): Decimal {
  const variants = variantsWhere(model, values, unknown)
  if (variants.length === 0) throw new RangeError(`${model.id}: no price for this combination`)
  if (variants.length > 1 && unknown.length === 0) throw new RangeError(`${model.id}: two prices for this combination`)
  return decimal(Math.max(...variants.map(variant => variant.credits)))
}

function priced(model: Model, credits: Decimal, quantity: Decimal, rates: Rates): Price {
  const problems = rateProblems(rates)
  if (problems.length > 0) throw new RangeError(problems.join('; '))
  const kop = kopecksUp(times(credits, usdPerCredit, decimal(rates.usdRubRate), decimal(rates.markup)))
  // A price of zero is always an error: free runs are decided elsewhere and have no price.
  if (kop < 1) throw new RangeError(`${model.id}: the price is below one kopeck`)
  return { kop, credits: decimalText(credits), quantity: decimalText(quantity), unit: model.price.unit }
}

// NaN for a text that is not a decimal, so that every comparison with it is false.
function comparedTo(text: string, limit: number): number {
  try {
    return compare(decimal(text), decimal(limit))
  } catch {
    return Number.NaN
  }
}
