/** What a run must have met at least once, or it has tested nothing. Counted from journals, logs and rows. */
export type Sometimes = {
  saw(event: string, times?: number): void
  /** So often in the whole run, as the rows and journals say now. */
  stands(event: string, times: number): void
  count(event: string): number
  all(): [event: string, times: number][]
}

export function openSometimes(): Sometimes {
  const counts = new Map<string, number>()
  return {
    saw: (event, times = 1) => void (times > 0 && counts.set(event, (counts.get(event) ?? 0) + times)),
    stands: (event, times) => void (times > 0 && counts.set(event, times)),
    count: event => counts.get(event) ?? 0,
    all: () => [...counts].sort(([a], [b]) => a.localeCompare(b)),
  }
}

export const crashPoints = [
  'update_received',
  'inbox_committed',
  'before_debit',
  'debit_sent',
  'after_debit',
  'before_submit',
  'submit_sent',
  'submit_acked',
  'task_id_saved',
  'callback_received',
  'poll_ok',
  'before_settle',
  'settle_sent',
  'after_settle',
  'outbox_leased',
  'telegram_sent',
  'telegram_acked',
  'outbox_marked',
  'topup_received',
  'topup_committed',
  'sweeper_leased',
  'sweeper_refunded',
  'migrate_mid',
  'shutdown_begin',
] as const

const people = [
  'person: paid start',
  'person: free start',
  'person: double tap',
  'person: cancel',
  'person: top-up paid',
  'person: invoice paid twice',
  'person: promo code',
  'person: promo code again',
  'telegram: update delivered again after its 200',
  'callback: forged one refused',
]
const endings = [
  'ending: success, captured',
  'ending: success, free',
  'ending: failed, refunded',
  'ending: timeout, refunded',
]
const seenAlways = [
  ...people,
  ...endings,
  'process: SIGKILL',
  'row: an update was taken more than once',
  'row: a message was taken more than once',
  'sweep: woke what nobody had',
  'telegram: update repeated after a failure',
]
const seenInTime = [...seenAlways, 'submit: unknown, never sent again', 'ending: cancelled before the submit']
const lostOnLinks = ['answer lost: webhook', 'answer lost: telegram', 'answer lost: upstream']
const seenUnderRandom = [
  ...seenInTime,
  ...lostOnLinks,
  ...['process: SIGTERM', 'process: SIGTERM, SIGTERM', 'process: SIGTERM, SIGKILL', 'process: SIGSTOP and SIGCONT'],
  ...['database: immediate stop', 'database: kill -9', 'database: backends killed'],
  ...['postgres', 'telegram', 'upstream', 'webhook'].flatMap(link =>
    ['cut', 'stalled', 'slow'].map(how => `link: ${link} ${how}`),
  ),
  ...['status429', 'serverError', 'answerLost', 'htmlAnswer'].map(fault => `telegram: ${fault}`),
  'ending: success, a part of the price kept',
  'upstream: proven refusal, sent again',
]

export const required = {
  short: [
    ...seenAlways,
    ...lostOnLinks,
    'submit: unknown, never sent again',
    'database: immediate stop',
    'database: backends killed',
    'process: SIGTERM',
  ],
  'crash-points': seenInTime,
  random: seenUnderRandom,
}
