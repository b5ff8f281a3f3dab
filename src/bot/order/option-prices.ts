import { measured } from '../../catalogue/measures.ts'
import type { Catalogue, Model, Param, Scalar } from '../../catalogue/models.ts'
import { changesPrice, type Inputs, type optionsFor, withDefaults } from '../../catalogue/parameters.ts'
import { price } from '../../catalogue/pricing.ts'
import type { Filling } from './state.ts'

type OrderDraft = { model: Model; filling: Filling }

/** What the order costs with each option, where that makes a difference and is certain. */
export function optionPrices(
  { model, filling }: OrderDraft,
  param: Param,
  options: ReturnType<typeof optionsFor>,
  catalogue: Catalogue,
): Map<Scalar, number> {
  const none = new Map<Scalar, number>()
  if (catalogue.freeIds.has(model.id) || !changesPrice(model, param)) return none
  try {
    const prices = options
      .filter(({ allowed }) => allowed)
      .map(({ value }): [Scalar, number] => {
        const answers = { ...filling.answers, [param.name]: value }
        if (!isCertain(model, answers)) throw new RangeError('a measure is not known yet')
        return [value, price(model, answers, catalogue.rates).kop]
      })
    return new Set(prices.map(([, kop]) => kop)).size > 1 ? new Map(prices) : none
  } catch (error) {
    if (error instanceof RangeError) return none // depends on a text or a file that is still to come
    throw error
  }
}

/** Whether everything that the price is measured by is known. */
export const isCertain = (model: Model, answers: Inputs): boolean =>
  (model.price.measures ?? []).every(measure => measured(model, measure, withDefaults(model, answers)) !== undefined)
