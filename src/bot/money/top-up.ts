import { Composer } from 'telegraf'
import { message } from 'telegraf/filters'
import { crash } from '../../crash.ts'
import { formatKop } from '../../money.ts'
import { readQuote } from '../../payments/quotes.ts'
import { openTopUp, type Paid, starsFor, takeBack, takePayment, topUpById } from '../../payments/top-ups.ts'
import { balanceOf } from '../../payments/wallet.ts'
import { type Invoice, sendInvoice } from '../../telegram/payments.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { closedScreen } from '../order/open-quotes.ts'
import { resumePaid } from '../order/quote-presses.ts'
import { byCard, cardButtons, packButtons } from '../pack-buttons.ts'
import { to } from '../routes.ts'

/** Packs, invoices, and what Telegram says was paid or given back. */
export function topUps(deps: BotDeps) {
  const { sql, log, starRateRub, card } = deps
  const bot = new Composer<BotContext>()
  bot.use(async (ctx, next) => {
    const quoteId = orderOf(ctx.route)
    if (quoteId === undefined) return next()
    const quote = await readQuote(sql, ctx.user.id, quoteId)
    if (quote && !quote.isClosed) return next()
    await ctx.answer(ctx.t.quote.closedPress)
    await ctx.show(closedScreen(ctx, quote, 'top up'))
  })
  bot.command('topup', async ctx => ctx.show(topUpScreen(deps, ctx)))
  onPress(bot, 'topUp', async (ctx, quoteId) => {
    await ctx.answer()
    await ctx.show(topUpScreen(deps, ctx, quoteId), quoteId === undefined ? 'here' : 'new') // an order waits there
  })

  onPress(bot, 'stars', async (ctx, rubles, quoteId) => {
    const amountKop = rubles * 100
    if (!deps.packsKop.includes(amountKop)) return ctx.show(topUpScreen(deps, ctx, quoteId), 'new')
    const total = starsFor(amountKop, starRateRub)
    return bill(deps, ctx, { provider: 'stars', currency: 'XTR', amountKop, total, quoteId, providerToken: '' })
  })
  onPress(bot, 'cardPacks', async (ctx, quoteId) => {
    await ctx.answer()
    await ctx.show(card ? cardScreen(deps, ctx, quoteId) : topUpScreen(deps, ctx, quoteId), 'new')
  })
  onPress(bot, 'cardPack', async (ctx, rubles, quoteId) => {
    const amountKop = rubles * 100
    if (!card || !byCard(deps.packsKop).includes(amountKop)) return ctx.show(topUpScreen(deps, ctx, quoteId), 'new')
    return bill(deps, ctx, { provider: 'card', currency: 'RUB', amountKop, total: amountKop, quoteId, ...card })
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
    }
    return tell(deps, ctx, paid)
  })

  // Telegram may be late with its word, and a person who has paid wants to know.
  onPress(bot, 'paid', async (ctx, orderId) => {
    const { topUp: t } = ctx.t
    await ctx.answer(t.looking)
    const [order] = await topUpById(sql, orderId)
    if (order?.userId !== ctx.user.id) return ctx.show(topUpScreen(deps, ctx), 'new')
    const isPaid = order.state === 'paid'
    const found = !isPaid && order.provider === 'stars' ? await deps.findPayment(ctx.user.id, orderId) : undefined
    if (found && found.result !== 'duplicate') return tell(deps, ctx, found)
    if (isPaid || found) {
      const text = t.isPaid(order.amountKop, await balanceOf(sql, ctx.user.id))
      return ctx.show({ text, buttons: balanceRow(ctx) }, 'new')
    }
    const text = order.provider === 'stars' ? t.unseen : t.cardUnseen
    return ctx.show({ text, buttons: [[button(t.paidButton, to.paid(orderId))], [menuButton(ctx)]] }, 'new')
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

/** The order that waits for what a button would pay. */
function orderOf(route: BotContext['route']): string | undefined {
  switch (route?.name) {
    case 'topUp':
    case 'cardPacks':
    case 'transfer':
      return route.args[0]
    case 'stars':
    case 'cardPack':
      return route.args[1]
    default:
      return undefined
  }
}

type Bill = Pick<Invoice, 'currency' | 'total' | 'providerToken' | 'vatCode'> & {
  provider: 'stars' | 'card'
  amountKop: number
  quoteId: string | undefined
}

/** An order to pay and its invoice; the order that is open for the same is billed again. */
async function bill({ sql }: BotDeps, ctx: BotContext, { provider, amountKop, quoteId = '', ...terms }: Bill) {
  await ctx.answer(ctx.t.topUp.invoiceSent)
  const { topUp: t } = ctx.t
  const wanted = { userId: ctx.user.id, provider, amountKop, total: terms.total, quoteId: quoteId || null }
  const order = await openTopUp(sql, wanted)
  const sum = terms.currency === 'XTR' ? `⭐ ${order.total}` : formatKop(order.total, ctx.language)
  await sendInvoice(ctx.telegram, {
    chatId: ctx.chat!.id,
    title: t.invoiceTitle(amountKop),
    description: t.invoiceAbout(amountKop),
    payload: order.id,
    label: t.invoiceLabel(amountKop),
    startParameter: `t_${order.id}`,
    buttons: [[{ text: t.payButton(sum), pay: true }], [button(t.paidButton, to.paid(order.id))]],
    ...terms,
    total: order.total,
  })
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
  buttons: balanceRow(ctx),
})

const balanceRow = (ctx: Pick<BotContext, 't'>) => [[button(ctx.t.balanceButton, to.balance()), menuButton(ctx)]]

/** What became of a payment; a credit leads back to the order that waited for it. */
async function tell(deps: BotDeps, ctx: BotContext, paid: Paid) {
  if (paid.result === 'parked') return ctx.show({ text: ctx.t.topUp.parked, buttons: [[menuButton(ctx)]] })
  await ctx.show(creditedScreen(ctx, paid))
  if (paid.quoteId !== null) await resumePaid(ctx, deps, paid.quoteId)
  return undefined
}

/** Packs, two in a row. With an order that waits, `quoteId`, the payment brings it back. */
export function topUpScreen(deps: BotDeps, ctx: BotContext, quoteId?: string): Screen {
  const { packsKop, starRateRub, card, transferDetails } = deps
  const { t } = ctx
  return {
    text: t.topUp.ask,
    buttons: [
      ...packButtons(packsKop, starRateRub, ctx, quoteId),
      card && byCard(packsKop).length > 0 ? [button(t.topUp.cardButton, to.cardPacks(quoteId))] : [],
      transferDetails === undefined ? [] : [button(t.transfer.button, to.transfer(quoteId))],
      [button(t.balanceButton, to.balance()), menuButton(ctx)],
    ],
  }
}

function cardScreen({ packsKop }: BotDeps, { t, language }: BotContext, quoteId: string | undefined): Screen {
  const back = [button(t.backButton, to.topUp(quoteId)), menuButton({ t })]
  return { text: t.topUp.cardAsk, buttons: [...cardButtons(packsKop, language, quoteId), back] }
}
