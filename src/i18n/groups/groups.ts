/** A run as a group sees it: who asked for it, with which words, and never its price. */
export type GroupRun = { name: string; words: string | undefined; model: string }
/** `leftKop`: on the person's balance, or what the group pays for them today. `title`: where the price is shown in private. */
export type GroupPrice = {
  name: string
  words: string | undefined
  priceKop: number
  leftKop: number
  isByGroup: boolean
  title: string | undefined
}
export type GroupFacts = {
  title: string
  isOn: boolean
  isByGroup: boolean
  balanceKop: number
  memberDailyKop: number
}
/** A movement of a group's money; `name`: the member behind it. */
export type GroupEntry = {
  at: Date
  kind: string
  amountKop: number
  name: string | undefined
  model: string | undefined
}
