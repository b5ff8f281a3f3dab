/** The alarms: sent to admins in the chat and in docs/operations/alerts.yml, explained in docs/operations/runbook.md. */
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

/** A difference between our webhook and the one found. */
export type WebhookLost = 'ok' | 'gone' | 'differs' | 'taken' | 'fought'

/** The fields of an admin command. */
export type Field =
  | 'user'
  | 'amount'
  | 'charge'
  | 'parked'
  | 'order'
  | 'code'
  | 'uses'
  | 'until'
  | 'run'
  | 'reason'
  | 'text'

/** A change as its confirm screen shows it. */
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
/** The state of a run: here, its money, and at the provider when that cannot be asked. */
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
  /** Counts of runs by their events; `spentKop`: captured. */
  stats: { total: number; success: number; failed: number; timeout: number; spentKop: number }
  returned: number
  bonusKop: number
  bonusRuns: number
  /** Results sent into chats, and people who came by the link and by a shared result. */
  shares: number
  cameByLink: number
  cameByShare: number
  /** Of a monthly plan that is paid for. */
  plan: { stars: number; months: number; state: string; until: Date } | undefined
}
export type DayFacts = {
  runs: number
  succeeded: number
  failed: number
  revenueKop: number
  costKop: number
  topUps: number
  topUpKop: number
  /** Subscriptions that go on, and the Stars that they bring a month. */
  plans: number
  planStars: number
  open: number
  heldKop: number
  oldestOpenS: number
}
/** An alarm that is on (`pay.alarms`), and for how long; its name may be of another build. */
export type AlarmOn = { name: string; ageS: number }
/**
 * `on`: the alarms that are on; `lookedS`: seconds since the last check, undefined for never, and `isSilent` when
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
  /** The state of its money. */
  money: string
  taskId: string | null
  /** Why the provider was not asked about its task. */
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
  /** Undefined when Telegram did not answer. */
  webhook: string | undefined
  pending: number
  lastError: string | undefined
  inbox: number
  outbox: number
  open: number
  oldestOpenMs: number
}
