import type { payingRu } from './paying.ru.ts'

/** The words of money that comes in and goes back: top-ups, receipts, refunds. */
export type Paying = typeof payingRu

/** Kopecks; `isSecond`: the same invoice had been paid before. */
export type CreditedFacts = { amountKop: number; balanceKop: number; debtKop: number; isSecond: boolean }
