export type CapFacts = { runs: number; capKop: number }
export type InvitationFacts = CapFacts & {
  link: string | undefined
  came: number
  shared: number
  counted: number
  left: number
}
/** `needKop`: the top-up that the order needs, in kopecks. */
export type DebtFacts = { debtKop: number; needKop: number }
export type PaymentFacts = {
  date: string
  amountKop: number
  chargeTail: string
  /** Absent while nothing went back. */
  refund: 'asked' | 'done' | 'refused' | undefined
}
