import type { Model } from '../../catalogue/models.ts'
import { priceRange } from '../../catalogue/pricing.ts'
import type { PaidPrice, ShownPrice } from '../../i18n/format.ts'
import { freeLeft } from '../../payments/generations.ts'
import type { BotDeps } from '../deps.ts'

/** The price of a model for one person: every list, card, quote and receipt takes it from here. */
export type DisplayPrice = {
  /** The next run. */
  now: ShownPrice
  /** A run that is not free. */
  paid: PaidPrice
  /** The free runs of the model, if it has any: those left of the day and of the hour. `again`: when the next one comes, set when none is left. */
  free: { day: number; hour: number; of: number; again: FreeAgain | undefined; isSharedUp: boolean } | undefined
  /** Percent off the price of an order by the person's plan; `now` and `paid` are without it. */
  discount: number
}
export type FreeAgain = { at: Date; isTomorrow: boolean }

type Deps = Pick<BotDeps, 'sql' | 'catalogue' | 'limits'>

/** Returns the prices of all models for one person, with one read of the free runs left. */
export async function displayPrices(
  { sql, catalogue, limits }: Deps,
  userId: number,
): Promise<(model: Model) => DisplayPrice> {
  const left = await freeLeft(sql, userId, limits)
  return model => {
    const { minKop, maxKop } = priceRange(model, catalogue.rates)
    const paid: PaidPrice = minKop === maxKop ? { kind: 'exact', kop: minKop } : { kind: 'range', minKop, maxKop }
    const { day, hour, now, isSharedUp, of, discount } = left(model.id)
    if (!catalogue.freeIds.has(model.id)) return { now: paid, paid, free: undefined, discount }
    const isFree = now > 0
    const again = isFree ? undefined : freeAgain(new Date(), day > 0 && !isSharedUp)
    const free = { day, hour, of, again, isSharedUp }
    return { now: isFree ? { kind: 'free', left: day, of } : paid, paid, free, discount }
  }
}

export const getDisplayPrice = async (deps: Deps, userId: number, model: Model): Promise<DisplayPrice> =>
  (await displayPrices(deps, userId))(model)

/** The stored price of a quote or a run; `left`: the free runs left today. */
export const writtenPrice = (kop: number, left: number, of: number): ShownPrice =>
  kop === 0 ? { kind: 'free', left, of } : { kind: 'exact', kop }

/** When free runs come back: with the next hour, or with the next day where the day's are used up (UTC, as they are counted). */
export function freeAgain(now: Date, isHourly: boolean): FreeAgain {
  const at = new Date(now)
  if (isHourly) at.setUTCHours(at.getUTCHours() + 1, 0, 0, 0)
  else at.setUTCHours(24, 0, 0, 0)
  return { at, isTomorrow: moscowDay(at) !== moscowDay(now) }
}

const moscowDay = (at: Date) => new Date(at.getTime() + 3 * 3_600_000).toISOString().slice(0, 10)
