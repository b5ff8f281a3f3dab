/** Kopecks; `isSecond`: the same invoice had been paid before; `until`: the payment is a month of a plan, with its end. */
export type CreditedFacts = {
  amountKop: number
  balanceKop: number
  debtKop: number
  isSecond: boolean
  until?: Date | undefined
}

/** What a plan gives for `stars` a month: rubles in kopecks, and what it adds to the usual limits. */
export type PlanFacts = { stars: number; amountKop: number; openMore: number; freeMore: number; discount: number }
/** A plan that is paid until `until`; `state` says whether it is renewed. */
export type PlanStatus = PlanFacts & { state: 'active' | 'failed' | 'canceled' | 'stopping' | 'stopped'; until: Date }
