import { Composer } from 'telegraf'
import { message } from 'telegraf/filters'
import type { Message } from 'telegraf/types'
import { crash } from '../../crash.ts'
import { leaveReceipt } from '../../delivery/invoices.ts'
import { planOfOrder } from '../../payments/plans.ts'
import { type Paid, takeBack, takePayment, topUpById } from '../../payments/top-ups.ts'
import { balanceOf } from '../../payments/wallet.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import { inTopic, type Topic, threadOf } from '../../telegram/topics.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { resumePaid } from '../order/quote-presses.ts'
import { to } from '../routes.ts'
import { topUpScreen } from './top-up.ts'

/** Handles the payments that Telegram reports, and the press that asks for a missing payment. */
export function payments(deps: BotDeps) {
  const { sql, log } = deps
  const bot = new Composer<BotContext>()

  bot.on(message('successful_payment'), async ctx => {
    const payment: Payment = ctx.message.successful_payment
    const chargeId = payment.telegram_payment_charge_id
    const provider = payment.currency === 'XTR' ? 'stars' : 'card'
    const { currency, total_amount: total, invoice_payload: orderId } = payment
    const untilS = unixTime(payment.subscription_expiration_date)
    crash('topup_received')
    if (threadOf(ctx.update) === null) ctx.api = inTopic(ctx.api, await topicOfInvoice(deps, ctx, orderId))
    const paid = await takePayment(sql, { provider, chargeId, userId: ctx.user.id, orderId, currency, total, untilS })
    crash('topup_committed')
    log.info({ userId: ctx.user.id, chargeId, orderId, result: paid.result }, 'a payment came in')
    if (paid.result === 'parked') {
      log.error({ userId: ctx.user.id, chargeId, orderId, reason: paid.reason }, 'a payment does not match: parked')
    }
    await reportPaid(deps, ctx, paid, orderId)
    if (paid.result !== 'parked') await leaveReceipt({ sql, log, telegram: ctx.api }, orderId, ctx.language)
  })

  // The update of Telegram may be late: look for the payment in its list.
  onPress(bot, 'paid', async (ctx, orderId) => {
    const { topUp: t } = ctx.t
    await ctx.answer(t.looking)
    const [order] = await topUpById(sql, orderId)
    if (order?.userId !== ctx.user.id) return ctx.show(topUpScreen(deps, ctx), 'new')
    const isPaid = order.state === 'paid'
    const found = !isPaid && order.provider === 'stars' ? await deps.findPayment(ctx.user.id, orderId) : undefined
    if (isPaid || (found && found.result !== 'parked')) {
      await leaveReceipt({ sql, log, telegram: ctx.api }, orderId, ctx.language, pressedInvoice(ctx))
    }
    if (found && found.result !== 'duplicate') return reportPaid(deps, ctx, found, orderId)
    if (isPaid || found) {
      const text = t.isPaid(order.amountKop, await balanceOf(sql, ctx.user.id))
      return ctx.show({ text, buttons: balanceRow(ctx) }, 'new')
    }
    const text = order.provider === 'stars' ? t.unseen : t.cardUnseen
    return ctx.show({ text, buttons: [[button(t.paidButton, to.paid(orderId), 'primary')], [menuButton(ctx)]] }, 'new')
  })

  bot.on('message', async (ctx, next) => {
    const refund = 'refunded_payment' in ctx.message ? (ctx.message.refunded_payment as Refund) : undefined
    if (refund === undefined) return next()
    const { telegram_payment_charge_id: chargeId } = refund
    const back = await takeBack(sql, 'stars', chargeId, ctx.user.id)
    log.info({ userId: ctx.user.id, chargeId, ...back }, 'a payment went back')
    // A parked payment was never credited: the message of Telegram is enough.
    if (back.result === 'unknown' || back.takenKop + back.debtKop === 0) return undefined
    return ctx.show({ text: ctx.t.topUp.takenBack(back.takenKop, back.debtKop), buttons: [[menuButton(ctx)]] })
  })
  return bot
}

const unixTime = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 2 ** 32 ? value : undefined

/** Telegram does not promise that the message of a payment is in the topic of its invoice. */
async function topicOfInvoice({ sql }: BotDeps, { user }: BotContext, orderId: string): Promise<Topic> {
  const [order] = await topUpById(sql, orderId)
  return { chatId: user.id, threadId: order?.userId === user.id ? order.threadId : null }
}

// Not among Telegraf's types, which know an older Bot API.
type Payment = Message.SuccessfulPaymentMessage['successful_payment'] & { subscription_expiration_date?: unknown }
type Refund = { telegram_payment_charge_id: string }

/** `until`: the end of the month of a plan that was paid. */
export const creditedScreen = (ctx: Pick<BotContext, 't'>, paid: Paid, until?: Date): Screen => ({
  text: ctx.t.topUp.credited({
    amountKop: paid.amountKop ?? 0,
    balanceKop: paid.balanceKop ?? 0,
    debtKop: paid.debtKop ?? 0,
    isSecond: paid.isSecond,
    until,
  }),
  buttons: balanceRow(ctx),
  // A second payment of an invoice may be a mistake: no occasion to celebrate.
  ...(!paid.isSecond && { effect: 'topUp' as const }),
})

const balanceRow = (ctx: Pick<BotContext, 't'>) => [[button(ctx.t.balanceButton, to.balance()), menuButton(ctx)]]

const pressedInvoice = ({ callbackQuery }: BotContext): number | undefined => {
  const message = callbackQuery?.message
  return message && 'invoice' in message ? message.message_id : undefined
}

/** Reports the result of a payment. After a credit, shows the order that waited for it. */
async function reportPaid(deps: BotDeps, ctx: BotContext, paid: Paid, orderId: string) {
  if (paid.result === 'parked') return ctx.show({ text: ctx.t.topUp.parked, buttons: [[menuButton(ctx)]] })
  const [plan] = await planOfOrder(deps.sql, ctx.user.id, orderId)
  await ctx.show(creditedScreen(ctx, paid, plan?.until ?? undefined))
  if (paid.quoteId !== null) await resumePaid(ctx, deps, paid.quoteId)
  return undefined
}
