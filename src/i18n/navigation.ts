import type { PaidPrice, ShownPrice } from './format.ts'
export type MenuFacts = { canSpendKop: number; atWorkKop: number }
export type BalanceFacts = MenuFacts & { atWorkCount: number }
export type ListTitle = 'ti' | 'ii' | 'tv' | 'iv' | 'au' | 'to' | 'all' | 'free' | 'pop' | 'find'
export type RowFacts = {
  name: string
  price: ShownPrice
  isSlow: boolean
  /** When its free runs come back, if they are used up. */
  freeAt: string | undefined
}

export type CardFacts = {
  name: string
  about: string
  needs: string[]
  /** What a run costs that is not free. */
  price: PaidPrice
  /** Names of the parameters that change the price. */
  dependsOn: string[]
  example: { text: string; kop: number } | undefined
  /** Absent while there are too few runs to say. */
  typical: { fromMs: number; toMs: number; percent: number; of: number } | undefined
  failsOften: boolean
  /** `isSharedUp`: all new accounts together have taken theirs of today. */
  free: { day: number; hour: number; of: number; isSharedUp: boolean } | undefined
}
export type ParameterFacts = {
  label: string
  /** What it is for, where the label does not say it. */
  hint: string | undefined
  values: string
  /** `either`: one of several, and only one, must be given. */
  need: 'required' | 'either' | 'optional'
  default: string | undefined
  changesPrice: boolean
}
/** A switch of a model by the service. `at` is when it is tried again; absent: when an admin says so. */
export type SwitchFacts = {
  name: string
  id: string
  cause: 'failing' | 'unsupported' | 'loss' | 'recovered'
  finished: number
  succeeded: number
  /** People for whom it failed. */
  failedPeople: number
  costKop: number
  keptKop: number
  /** The runs that lost most. */
  runIds: string[]
  at: Date | undefined
}
/** A run that cost more than it brought: `credits` that the provider took, or was expected to. */
export type LossRunFacts = {
  id: string
  userId: number
  at: Date
  costKop: number
  keptKop: number
  expectedCredits: string
  costCredits: string | null
}
export type ModelStateFacts = {
  id: string
  state: 'on' | 'trial' | 'off'
  isPinned: boolean
  minKop: number
  finished: number
  succeeded: number
  reason: string | undefined
}
/** `returned`: ended without a result, and the money is back; `failed`: the same for a free run; `cancelled`: by the person. */
export type RunState = 'done' | 'open' | 'returned' | 'failed' | 'cancelled'
/** `costKop`: what was kept of its price, and while it is open what is held. */
export type HistoryFacts = { state: RunState; date: string; name: string; costKop: number }
export type OperationFacts = {
  date: string
  kind: string
  amountKop: number
  name: string | undefined
  number: string | undefined
}
