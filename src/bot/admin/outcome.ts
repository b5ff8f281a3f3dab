import { NotFound } from '../../errors.ts'
import { lines } from '../../i18n/format.ts'
import type { Strings } from '../../i18n/strings.ts'
import { type Action, actionById, confirm, type Done } from '../../operations/admin-actions.ts'
import { deliveryOf, parkedByCharge, paymentByCharge } from '../../operations/lookup.ts'
import { givenBackRow } from '../../payments/event-rows.ts'
import { TelegramRefused } from '../../telegram/client.ts'
import { type Html, html } from '../../telegram/html.ts'
import { refundStars } from '../../telegram/payments.ts'
import { button, copyRow, type Screen } from '../../telegram/screen.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { to } from '../routes.ts'
import { homeButton } from './buttons.ts'
import { styleOf } from './confirm.ts'
import { notifyPerson } from './notify.ts'
import { runFacts, runOf } from './run-facts.ts'

/** Returns the text of an outcome; the outcome itself when it has no text. */
export const outcomeText = ({ admin }: Strings, word: string): Html => admin.outcome[word] ?? html`${word}`

/** Applies the change, once, and shows its outcome. */
export async function doneScreen(deps: BotDeps, ctx: BotContext, id: string, isSure: boolean): Promise<Screen> {
  const { sql, adminSql } = deps
  const { admin } = ctx.t
  const outdated = { text: admin.actionOutdated, buttons: [[homeButton(ctx)]] }
  const [action] = await actionById(sql, id)
  if (!action) return outdated
  const refusal = action.isOpen && action.kind === 'parked_refund' ? await starsBack(deps, ctx, action) : undefined
  if (refusal) return { text: refusal, buttons: [[homeButton(ctx)]] }
  let done: Done
  try {
    const isBack = action.isOpen && isSure && action.kind === 'give_back'
    const ref = { userId: action.userId ?? 0, id: action.subject ?? '' }
    const event = isBack ? await givenBackRow(sql, ref, action.reason) : null
    done = await confirm(adminSql, id, ctx.user.id, isSure, event)
  } catch (error) {
    if (error instanceof NotFound) return outdated
    throw error
  }
  const { outcome, isDone, balanceKop, debtKop } = done
  if (outcome === 'large') {
    const row = [
      button(admin.sureButton, to.adminYes(id, true), styleOf(action.kind)),
      button(admin.noButton, to.adminNo(id)),
    ]
    return { text: admin.large(action.amountKop ?? 0, action.reason), buttons: [row] }
  }
  if (outcome === 'unsure') return unsureScreen(deps, ctx, action)
  if (isDone)
    deps.log.info(
      { adminId: ctx.user.id, actionId: id, kind: action.kind, userId: action.userId, outcome },
      'admin action applied',
    )
  if (isDone && outcome === 'given_back') await enqueueDelivery(deps, action)
  const end = outcome === 'reversed' ? await reversalOf(deps, ctx, action) : undefined
  const isNotified = isDone ? await notifyPerson(deps, ctx, action, done) : undefined
  return {
    text: lines(
      outcomeText(ctx.t, outcome),
      outcome === 'promo_added' && admin.promoCode(action.subject ?? '', action.amountKop ?? 0),
      outcome === 'promo_stopped' && admin.promoStopped(action.subject ?? ''),
      balanceKop !== null && admin.balanceNow(balanceKop, debtKop ?? 0),
      end,
      isNotified !== undefined && (isNotified ? admin.told : admin.notTold),
    ),
    buttons: [
      outcome === 'promo_added' ? copyRow(admin.copyCodeButton, action.subject ?? '') : [],
      [
        ...(action.userId === null ? [] : [button(admin.personButton, to.adminPerson(action.userId))]),
        homeButton(ctx),
        menuButton(ctx),
      ],
    ],
  }
}

/** The second confirmation of a refund of a run, with its state here and at the provider. */
async function unsureScreen({ sql }: BotDeps, ctx: BotContext, { id, subject, reason }: Action): Promise<Screen> {
  const { admin } = ctx.t
  const run = await runOf({ sql }, subject ?? '')
  if (!run) return { text: admin.actionOutdated, buttons: [[homeButton(ctx)]] }
  const row = [
    button(admin.sureGiveBackButton, to.adminYes(id, true), 'danger'),
    button(admin.noButton, to.adminNo(id)),
  ]
  return {
    text: admin.unsure(runFacts(ctx, run), reason),
    buttons: [row, [button(admin.runButton, to.adminRun(run.id))]],
  }
}

/** Enqueues the message about the ending now, ahead of the next sweep. */
async function enqueueDelivery({ sql, enqueue }: BotDeps, { subject }: Action): Promise<void> {
  const [delivery] = await deliveryOf(sql, subject ?? '')
  if (delivery && delivery.doneAt === null) await enqueue.deliver(delivery.outboxId)
}

/**
 * Refunds the Stars of a parked payment before its row changes: the ledger is not involved, and the call is safe to
 * repeat. Returns a text when the refund failed.
 */
async function starsBack(
  { sql, log }: BotDeps,
  ctx: BotContext,
  { userId, subject }: Action,
): Promise<Html | undefined> {
  const [parked] = await parkedByCharge(sql, subject ?? '')
  if (!parked?.isOpen || userId === null) return undefined
  if (parked.isCredited) return outcomeText(ctx.t, 'charge_known')
  try {
    await refundStars(ctx.api, userId, parked.chargeId)
    return undefined
  } catch (error) {
    if (!(error instanceof TelegramRefused)) throw error
    if (error.code === 'already_refunded') return undefined
    if (error.code !== 'bad_request') throw error
    log.error({ err: error, userId, chargeId: parked.chargeId }, 'Telegram refuses to give a parked payment back')
    return ctx.t.admin.starsRefused
  }
}

/** Calls Telegram at once, so that the admin sees the result; the job retries a failure. */
async function reversalOf(
  { sql, operator, log }: BotDeps,
  ctx: BotContext,
  { subject }: Action,
): Promise<Html | undefined> {
  await operator.endReversals().catch(error => log.warn({ err: error }, 'a refund is left to the job'))
  const [payment] = await paymentByCharge(sql, subject ?? '')
  return payment?.provider === 'card' ? ctx.t.admin.cardBack : ctx.t.admin.reversal[payment?.reversal ?? 'asked']
}
