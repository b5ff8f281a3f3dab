import type { Sql } from '../../database/db.ts'
import { Refused, Unknown } from '../../errors.ts'
import { type Strings, stringsFor } from '../../i18n/strings.ts'
import type { Action, Done } from '../../operations/admin-actions.ts'
import { paymentByCharge } from '../../operations/lookup.ts'
import { topUpById } from '../../payments/top-ups.ts'
import type { Html } from '../../telegram/html.ts'
import { button, show } from '../../telegram/screen.ts'
import { languageFor } from '../../users/users.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { to } from '../routes.ts'

/** Notifies the person of an applied change. Undefined when there is no person, or Telegram notifies them itself. */
export async function notifyPerson(
  { sql, log }: BotDeps,
  ctx: BotContext,
  action: Action,
  done: Done,
): Promise<boolean | undefined> {
  const { userId } = action
  if (userId === null) return undefined
  const t = stringsFor(await languageFor(sql, userId))
  const text = (await cardBack(sql, t, action, done)) ?? wordsFor(t, action, done)
  if (!text) return undefined
  const [order] = done.outcome === 'approved' ? await topUpById(sql, action.subject ?? '') : []
  const goOn = order?.quoteId ? [[button(t.topUp.goOnButton, to.quote(order.quoteId, 'show'), 'primary')]] : []
  const buttons = done.outcome === 'banned' ? [] : [...goOn, [menuButton({ t })]]
  try {
    await show(ctx.api, { chatId: userId }, { text, buttons, ...(isTopUp(done) && { effect: 'topUp' as const }) })
    return true
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unknown)) throw error
    log.warn({ err: error, userId, actionId: action.id }, 'the person could not be told')
    return false
  }
}

const isTopUp = ({ outcome }: Done) => outcome === 'approved' || outcome === 'parked_credited'

/** The text about a refund to a card. Telegram reports refunds of Stars itself, but not of cards. */
async function cardBack(sql: Sql, t: Strings, { subject }: Action, { outcome, debtKop }: Done) {
  const [payment] = outcome === 'reversed' ? await paymentByCharge(sql, subject ?? '') : []
  return payment?.provider === 'card' ? t.topUp.cardBack(payment.amountKop, debtKop ?? 0) : undefined
}

function wordsFor(
  t: Strings,
  { reason, amountKop, subject }: Action,
  { outcome, balanceKop, debtKop }: Done,
): Html | undefined {
  const { tell } = t.admin
  const [kop, balance, debt] = [amountKop ?? 0, balanceKop ?? 0, debtKop ?? 0]
  switch (outcome) {
    case 'credited':
      return tell.credited(kop, balance, reason)
    case 'taken':
      return tell.taken(kop, balance, reason)
    case 'banned':
      return tell.banned(reason)
    case 'unbanned':
      return tell.unbanned(reason)
    case 'written':
      return t.support.answer(reason)
    case 'approved':
    case 'parked_credited':
      return t.topUp.credited({ amountKop: kop, balanceKop: balance, debtKop: debt, isSecond: false })
    case 'denied':
      return t.transfer.denied(subject ?? '', reason)
    case 'parked_refunded':
      return tell.starsBack(reason)
    default:
      return undefined
  }
}
