import type { Sql } from '../database/db.ts'
import { takeRate } from '../rates.ts'

export type Budget = {
  /**
   * Takes a place and answers after how many milliseconds it comes (0: go). A wait longer than `maxWaitMs` takes
   * nothing: ask again after it.
   */
  take(what: 'submit' | 'read', maxWaitMs: number): Promise<number>
}

// The upstream drops what exceeds 20 creations in 10 s or 10 reads in 1 s (docs/providers/kie.md, "Limits"). A burst
// and its refill together stay within the figure in any such window, on all machines together.
const budgets = {
  submit: { key: 'kie:submit', everyUs: 833_334, burst: 8 },
  read: { key: 'kie:read', everyUs: 200_000, burst: 5 },
}

/** The upstream's limits, shared by all machines through the database. */
export const createBudget = (sql: Sql): Budget => ({
  take: (what, maxWaitMs) => takeRate(sql, [budgets[what]], maxWaitMs),
})
