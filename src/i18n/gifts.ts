import type { giftsRu } from './gifts.ru.ts'

/** The words of what is given: codes, invitations, bonus runs. And of what a person has: payments, the file of it all, the end. */
export type Gifts = typeof giftsRu

export type CapFacts = { runs: number; capKop: number }
export type InvitationFacts = CapFacts & { link: string | undefined; came: number; counted: number; left: number }
/** `needKop`: what a top-up must bring for the order. */
export type DebtFacts = { debtKop: number; needKop: number }
export type PaymentFacts = {
  date: string
  amountKop: number
  chargeTail: string
  /** Absent while nothing went back. */
  refund: 'asked' | 'done' | 'refused' | undefined
}
