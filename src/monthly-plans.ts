/** A plan that the operator sells: `stars` a month for `amountKop` on the balance, and what it gives beside that. */
export type MonthlyPlan = {
  id: string
  stars: number
  amountKop: number
  /** Orders at once, beside the usual ones. */
  openMore: number
  /** Free runs a day of each free model, beside the usual ones. */
  freeMore: number
  /** Percent off the prices of runs; no price falls below the provider's. */
  discount: number
}

/** Reads a plan of the form name:stars:rubles:orders at once:free runs:percent. */
export function readPlan(text: string): MonthlyPlan {
  const [id = '', ...figures] = text.split(':')
  const [stars = 0, rubles = 0, openMore = 0, freeMore = 0, discount = 0] = figures.map(Number)
  return { id, stars, amountKop: rubles * 100, openMore, freeMore, discount }
}

// The bounds are those of Telegram (https://core.telegram.org/bots/api#createinvoicelink) and of pay.subscriptions.
/** What is out of bounds, each with the name of its plan; empty if all can be sold. */
export function planProblems(plans: MonthlyPlan[]): string[] {
  const problems = plans.flatMap(({ id, stars, amountKop, openMore, freeMore, discount }) => [
    ...(stars < 1 || stars > 10_000 ? [`PLANS: ${id} needs 1 to 10000 Stars a month`] : []),
    ...(amountKop < 1_00 || amountKop > 100_000_00 ? [`PLANS: ${id} needs 1 to 100000 rubles a month`] : []),
    ...(openMore > 100 ? [`PLANS: ${id} may add 100 orders at once at most`] : []),
    ...(freeMore > 1_000 ? [`PLANS: ${id} may add 1000 free runs a day at most`] : []),
    ...(discount > 90 ? [`PLANS: ${id} may take 90 percent off at most`] : []),
  ])
  const names = plans.map(({ id }) => id)
  return new Set(names).size < names.length ? [...problems, 'PLANS names a plan twice'] : problems
}
