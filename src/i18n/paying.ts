/** Kopecks; `isSecond`: the same invoice had been paid before. */
export type CreditedFacts = { amountKop: number; balanceKop: number; debtKop: number; isSecond: boolean }
