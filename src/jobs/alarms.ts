import { only, type Sql, untilAnswered } from '../database/db.ts'
import { Refused } from '../errors.ts'
import { accountHalfOpen, accountOpen, accountRestMs, accountState } from '../health/account-breaker.ts'
import type { AlarmName } from '../i18n/admin.ts'
import { stringsFor } from '../i18n/strings.ts'
import type { Log } from '../log.ts'
import { isCreditLow, recordAlarm, type Troubles, troubles } from '../operations/alarms.ts'
import type { Telegram } from '../telegram/api.ts'
import type { Html } from '../telegram/html.ts'
import { show } from '../telegram/screen.ts'
import type { Upstream } from '../upstream/client.ts'
import { languageFor } from '../users/users.ts'

type Notifier = { sql: Sql; telegram: Telegram; adminIds: readonly number[]; log: Log }
type Options = Notifier & { upstream: Pick<Upstream, 'credit'> }

// Longer than this, people notice the delay.
const maxWaitS = { updates: 60, messages: 300, audit: 3 * 3_600, payments: 15 * 60 }
// The balance is requested every minute, so one or two lost answers raise no alarm.
const maxUnknownS = 180

/** Checks all alarms. Notifies the admins when an alarm begins, each hour while it lasts, and when it ends. Idempotent. */
export async function checkAlarms(options: Options): Promise<void> {
  const now = only(await troubles(options.sql))
  const isOn: Partial<Record<AlarmName, boolean>> = { ...ofRows(now), ...(await ofBalance(options, now)) }
  for (const [name, on] of Object.entries(isOn)) await alarm(options, name as AlarmName, on)
  await notifyOfAccount(options)
}

/** Notifies the admins when the circuit breaker of our account at the provider changes. */
export async function notifyOfAccount(notifier: Notifier): Promise<void> {
  const { isOpen, cause } = only(await accountState(notifier.sql))
  await alarm(notifier, 'account_refused', isOpen, t => t.admin.accountRefused(cause ?? 'auth'))
}

const ofRows = (now: Troubles): Partial<Record<AlarmName, boolean>> => ({
  audit_late: now.auditS > maxWaitS.audit,
  runs_overdue: now.runsOverdue > 0,
  updates_wait: now.updatesWaitS > maxWaitS.updates,
  updates_aside: now.updatesAside > 0,
  messages_wait: now.messagesWaitS > maxWaitS.messages,
  refunds_wait: now.refundsWait > 0,
  payments_unread: now.paymentsUnreadS > maxWaitS.payments || now.unbooked > 0,
  payments_parked: now.paymentsParked > 0,
})

/** Returns the alarms about the balance. An alarm that cannot be checked now is left out and keeps its state. */
async function ofBalance({ sql, upstream, log }: Options, { dayCredits, creditS }: Troubles) {
  const isOn: Partial<Record<AlarmName, boolean>> = {}
  try {
    const credits = await upstream.credit()
    isOn.credit_low = isCreditLow(credits, dayCredits)
    isOn.credit_unknown = false
    await accountHalfOpen(sql, String(credits), accountRestMs)
  } catch (error) {
    log.warn({ err: error }, 'the balance at the upstream is not known')
    const cause = error instanceof Refused ? error.code : undefined
    if (cause === 'auth' || cause === 'no_credit') await accountOpen(sql, cause, 'asked for the balance', null)
    if (creditS === null || creditS > maxUnknownS) isOn.credit_unknown = true
  }
  return isOn
}

/** Records whether an alarm is on, and notifies the admins unless another machine does. `details` replaces the usual text. */
export async function alarm(
  { sql, telegram, adminIds, log }: Notifier,
  name: AlarmName,
  isOn: boolean,
  details?: (t: ReturnType<typeof stringsFor>) => Html,
): Promise<void> {
  const { word } = only(await untilAnswered(() => recordAlarm(sql, name, isOn)))
  if (word === null) return
  log[word === 'over' ? 'info' : 'error']({ alarm: name, word }, 'an alarm is told')
  for (const adminId of adminIds) {
    const t = stringsFor(await languageFor(sql, adminId))
    const text = word === 'over' ? t.admin.alarmOver(name) : (details?.(t) ?? t.admin.alarm(name))
    await show(telegram, { chatId: adminId }, { text, buttons: [] }).catch(error => {
      log.error({ err: error, adminId, alarm: name }, 'an alarm did not reach an admin')
    })
  }
}
