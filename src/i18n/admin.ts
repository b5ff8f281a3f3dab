/** What an admin is told of in the chat, an operator by docs/operations/alerts.yml, and what docs/operations/runbook.md explains. */
export const alarmNames = [
  'books_disagree',
  'audit_late',
  'runs_overdue',
  'updates_wait',
  'updates_aside',
  'messages_wait',
  'refunds_wait',
  'payments_unread',
  'payments_parked',
  'credit_low',
  'credit_unknown',
  'account_refused',
  'webhook_fails',
  'webhook_lost',
  'webhook_fought',
] as const
export type AlarmName = (typeof alarmNames)[number]

/** What was found in the place of our webhook. */
export type WebhookLost = 'ok' | 'gone' | 'differs' | 'taken' | 'fought'

/** What a command of an admin is filled in with. */
export type Field = 'user' | 'amount' | 'charge' | 'parked' | 'order' | 'code' | 'uses' | 'until' | 'run' | 'reason'

/** A change as its confirm screen tells it. */
export type ChangeFacts = {
  kind: string
  person: { id: number; name: string; balanceKop: number } | undefined
  amountKop: number | null
  subject: string | null
  promo: { uses: number; until: Date } | undefined
  /** The money of a refund does not go through Telegram. */
  isCard: boolean
  /** The run that is to be given back. */
  run: StoodRun | undefined
  reason: string
}
/** How a run stands: here, its money, and at the provider where that cannot be asked. */
export type StoodRun = { id: string; state: string; money: string; provider: string | undefined }
export type StuckFacts = {
  id: string
  userId: number
  modelId: string
  money: string
  provider: string | undefined
  trouble: 'overdue' | 'unanswered' | 'untold'
  ageS: number
  deadlineAt: Date
}
export type PersonFacts = {
  id: number
  name: string
  language: string
  since: Date
  seen: Date
  isReachable: boolean
  bannedAt: Date | null
  balanceKop: number
  heldKop: number
  debtKop: number
  /** Of the runs, by what their events say; `spentKop` is what was kept. */
  stats: { total: number; success: number; failed: number; timeout: number; spentKop: number }
  returned: number
  bonusKop: number
  bonusRuns: number
}
export type DayFacts = {
  runs: number
  succeeded: number
  failed: number
  revenueKop: number
  costKop: number
  topUps: number
  topUpKop: number
  open: number
  heldKop: number
  oldestOpenS: number
}
/** An alarm that is on (`pay.alarms`), and for how long; its name may be of another build. */
export type AlarmOn = { name: string; ageS: number }
/**
 * `on`: what is wrong, as everybody is told; `lookedS`: since somebody last looked, undefined for never, and `isSilent` when
 * that is too long. Undefined `broken`: the promises could not be read in time.
 */
export type AlarmFacts = {
  on: AlarmOn[]
  lookedS: number | undefined
  isSilent: boolean
  broken: { promise: string; key: string }[] | undefined
  parkedPayments: number
  openReversals: number
  deadOutbox: number
  overdue: number
  inboxParked: number
}
export type RunFacts = {
  id: string
  userId: number
  modelId: string
  state: string
  /** What became of its money. */
  money: string
  taskId: string | null
  /** Why nobody was asked about its task, where there is none. */
  provider: string | undefined
  attempt: number
  error: string | undefined
  inputs: string[]
  delivery: { attempts: number; doneAt: Date | null; deadReason: string | null } | undefined
}
export type RequestFacts = {
  id: string
  userId: number
  name: string
  amountKop: number
  at: Date
  paidBefore: number
  deniedBefore: number
}
export type PaymentFacts = {
  at: Date
  amountKop: number
  stars: number | undefined
  provider: string
  chargeId: string
  reversal: string | null
}
export type ParkedFacts = {
  at: Date
  userId: number
  chargeId: string
  payload: string
  total: number
  currency: string
  reason: string
}
export type SystemFacts = {
  version: string
  commit: string
  uptimeMs: number
  bot: string
  /** Undefined: Telegram did not say. */
  webhook: string | undefined
  pending: number
  lastError: string | undefined
  inbox: number
  outbox: number
  open: number
  oldestOpenMs: number
}
