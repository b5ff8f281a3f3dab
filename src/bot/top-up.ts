import { Composer } from 'telegraf'
import { message } from 'telegraf/filters'
import { crash } from '../crash.ts'
import { openTopUp, type Paid, starsFor, takeBack, takePayment } from '../payments/top-ups.ts'
import { sendInvoice } from '../telegram/payments.ts'
import { button, type Screen } from '../telegram/screen.ts'
import type { BotContext } from './context.ts'
import type { BotDeps } from './deps.ts'
import { menuButton } from './models.ts'
import { packButtons } from './packs.ts'
import { onPress } from './press.ts'
import { resumeOrder } from './quote.ts'
import { to } from './routes.ts'

/** S17: packs, invoices, and what Telegram says was paid or given back. */
export function topUps(deps: BotDeps) {
  const { sql, log, starRateRub } = deps
  const bot = new Composer<BotContext>()
  bot.command('topup', async ctx => ctx.show(topUpScreen(deps, ctx)))
  onPress(bot, 'topUp', async (ctx, quoteId) => {
    await ctx.answer()
    await ctx.show(topUpScreen(deps, ctx, quoteId), quoteId === undefined ? 'here' : 'new') // an order waits there
  })

  onPress(bot, 'stars', async (ctx, rubles, quoteId) => {
    const amountKop = rubles * 100
    if (!deps.packsKop.includes(amountKop)) return ctx.show(topUpScreen(deps, ctx, quoteId), 'new')
    await ctx.answer(ctx.t.topUp.invoiceSent)
    const { topUp: t } = ctx.t
    const wanted = { userId: ctx.user.id, provider: 'stars', amountKop, quoteId: quoteId ?? null } as const
    const order = await openTopUp(sql, { ...wanted, total: starsFor(amountKop, starRateRub) })
    await sendInvoice(ctx.telegram, {
      chatId: ctx.chat!.id,
      title: t.invoiceTitle(amountKop),
      description: t.invoiceAbout(amountKop),
      payload: order.id,
      currency: 'XTR',
      total: order.total,
      label: t.invoiceLabel(amountKop),
      providerToken: '',
      startParameter: `t_${order.id}`,
    })
  })

  bot.on(message('successful_payment'), async ctx => {
    const said = ctx.message.successful_payment
    const chargeId = said.telegram_payment_charge_id
    const provider = said.currency === 'XTR' ? 'stars' : 'card'
    const { currency, total_amount: total, invoice_payload: orderId } = said
    crash('topup_received')
    const paid = await takePayment(sql, { provider, chargeId, userId: ctx.user.id, orderId, currency, total })
    crash('topup_committed')
    log.info({ userId: ctx.user.id, chargeId, orderId, result: paid.result }, 'a payment came in')
    if (paid.result === 'parked') {
      log.error({ userId: ctx.user.id, chargeId, orderId, reason: paid.reason }, 'a payment does not match: parked')
      return ctx.show({ text: ctx.t.topUp.parked, buttons: [[menuButton(ctx)]] })
    }
    await ctx.show(creditedScreen(ctx, paid))
    if (paid.quoteId !== null) await resumeOrder(ctx, deps, paid.quoteId)
    return undefined
  })

  bot.on('message', async (ctx, next) => {
    const refund = 'refunded_payment' in ctx.message ? (ctx.message.refunded_payment as Refund) : undefined
    if (refund === undefined) return next()
    const { telegram_payment_charge_id: chargeId } = refund
    const back = await takeBack(sql, 'stars', chargeId, ctx.user.id)
    log.info({ userId: ctx.user.id, chargeId, ...back }, 'a payment went back')
    // A parked payment was on no balance: Telegram's own line says enough.
    if (back.result === 'unknown' || back.takenKop + back.debtKop === 0) return undefined
    return ctx.show({ text: ctx.t.topUp.takenBack(back.takenKop, back.debtKop), buttons: [[menuButton(ctx)]] })
  })
  return bot
}

// Not among Telegraf's types, which know an older Bot API.
type Refund = { telegram_payment_charge_id: string }

export const creditedScreen = (ctx: Pick<BotContext, 't'>, paid: Paid): Screen => ({
  text: ctx.t.topUp.credited({
    amountKop: paid.amountKop ?? 0,
    balanceKop: paid.balanceKop ?? 0,
    debtKop: paid.debtKop ?? 0,
    isSecond: paid.isSecond,
  }),
  buttons: [[button(ctx.t.balanceButton, to.balance()), menuButton(ctx)]],
})

/** Packs, two in a row. With an order that waits, `quoteId`, the payment brings it back. */
export function topUpScreen(deps: BotDeps, ctx: BotContext, quoteId?: string): Screen {
  const { packsKop, starRateRub, transferDetails } = deps
  const { t } = ctx
  return {
    text: t.topUp.ask,
    buttons: [
      ...packButtons(packsKop, starRateRub, ctx, quoteId),
      transferDetails === undefined ? [] : [button(t.transfer.button, to.transfer())],
      [button(t.balanceButton, to.balance()), menuButton(ctx)],
    ],
  }
}
