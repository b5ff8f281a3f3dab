import type { Format } from '../catalogue/models.ts'
import type { PaidPrice, ShownPrice } from './format.ts'
export type MenuFacts = { canSpendKop: number; atWorkKop: number }
export type BalanceFacts = MenuFacts & { atWorkCount: number }
export type ListTitle = Format | 'all' | 'free' | 'popular' | 'find'
/** A format as one sign, in lists of several formats. */
export const formatIcon: Record<Format, string> = {
  image: '🖼',
  edit: '✏️',
  video: '🎬',
  animate: '✨',
  audio: '🎙',
  tools: '🛠',
}
export type RowFacts = {
  /** In a list of several formats. */
  format: Format | undefined
  name: string
  price: ShownPrice
  isSlow: boolean
  isPopular: boolean
  /** What it is best at. */
  mark: string | undefined
  /** When its free runs come back, if they are used up. */
  freeAt: string | undefined
}

export type CardFacts = {
  name: string
  about: string
  needs: string[]
  /** The price of a run that is not free. */
  price: PaidPrice
  /** Names of the parameters that change the price. */
  dependsOn: string[]
  example: { text: string; kop: number } | undefined
  /** Absent while there are too few runs. */
  typical: { fromMs: number; toMs: number; percent: number; of: number } | undefined
  failsOften: boolean
  /** `isSharedUp`: all new accounts together have taken theirs of today. */
  free: { day: number; hour: number; of: number; isSharedUp: boolean } | undefined
}
export type ParameterFacts = {
  label: string
  /** Its purpose, if the label does not show it. */
  hint: string | undefined
  values: string
  /** `either`: one of several, and only one, must be given. */
  need: 'required' | 'either' | 'optional'
  default: string | undefined
  changesPrice: boolean
}
/** A change of model health by the service. `at`: the time of the trial; absent: an admin decides. */
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
  /** What people said of its results by reactions. */
  good: number
  bad: number
  reason: string | undefined
}
/** `returned`: ended without a result, and the money is back; `failed`: the same for a free run; `cancelled`: by the person. */
export type RunState = 'done' | 'open' | 'returned' | 'failed' | 'cancelled'
/** `what`: the request, or the model of a run without one. `costKop`: the captured price; while the run is open, the hold. */
export type HistoryFacts = { state: RunState; what: string; costKop: number }
export type OperationFacts = {
  date: string
  kind: string
  amountKop: number
  name: string | undefined
  number: string | undefined
}

/** Free runs of a model in a day and in an hour, and when the next day of counting begins. */
export type FreeHelpFacts = { daily: number; hourly: number; dayBegins: Date }
