import type { Sql } from 'postgres'

/** Money for a person, by the hand of the books' owner: the service itself cannot give any. */
export const creditBonus = (owner: Sql, userId: number, ref: string, amountKop: number) =>
  owner`select pay.credit(${userId}, 'bonus', ${ref}, ${amountKop})`
