import { Composer } from 'telegraf'
import { noteInvoice, payButton } from '../../delivery/invoices.ts'
import { offerOf } from '../../payments/late-results.ts'
import { readQuote } from '../../payments/quotes.ts'
import { openTopUp, starsFor } from '../../payments/top-ups.ts'
import { type Invoice, sendInvoice } from '../../telegram/payments.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import { threadOf } from '../../telegram/topics.ts'
import { byCard, cardButtons, menuButton, packButtons } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { closedScreen } from '../order/open-quotes.ts'
import { to } from '../routes.ts'
import { routesShown } from '../show.ts'

/** Packs and invoices: how a person begins to pay. */
export function topUps(deps: BotDeps) {
  const { sql, starRateRub, card } = deps
  const bot = new Composer<BotContext>()
  bot.use(async (ctx, next) => {
    const quoteId = orderOf(ctx.route)
    if (quoteId === undefined) return next()
    const quote = await readQuote(sql, ctx.user.id, quoteId)
    if (quote ? !quote.isClosed : await offerOf(sql, ctx.user.id, quoteId)) return next()
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

  return bot
}

/** Returns the id of the quote that the payment of a button is for. */
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

/**
 * Opens a top-up and sends its invoice. An open top-up for the same purpose is used again. The amounts give way to it,
 * unless they are on the screen of an order, and so do earlier invoices that nobody has paid.
 */
async function bill({ sql, log }: BotDeps, ctx: BotContext, { provider, amountKop, quoteId = '', ...terms }: Bill) {
  await ctx.answer(ctx.t.topUp.invoiceSent)
  const { topUp: t } = ctx.t
  const wanted = { userId: ctx.user.id, provider, amountKop, total: terms.total, quoteId: quoteId || null }
  const order = await openTopUp(sql, wanted)
  if (quoteId === '' && isChoice(ctx)) {
    const row = [button(t.otherAmountButton, to.topUp(undefined)), menuButton(ctx)]
    await ctx.show({ text: t.invoiceBelow(amountKop), buttons: [row] })
  }
  const messageId = await sendInvoice(ctx.api, {
    chatId: ctx.chat!.id,
    title: t.invoiceTitle(amountKop),
    description: t.invoiceAbout(amountKop),
    payload: order.id,
    label: t.invoiceLabel(amountKop),
    startParameter: `t_${order.id}`,
    buttons: [[payButton(ctx.language, order)], [button(t.paidButton, to.paid(order.id)), menuButton(ctx)]],
    ...terms,
    total: order.total,
  })
  await noteInvoice(
    { sql, telegram: ctx.api, log },
    { userId: ctx.user.id, orderId: order.id, messageId, threadId: threadOf(ctx.update) },
  )
}

/** Whether the pressed message is the screen of amounts. */
const isChoice = (ctx: BotContext) => routesShown(ctx).some(({ name }) => name === 'stars' || name === 'cardPack')

/** The screen of packs, two in a row. `quoteId`: the order to show again after the payment. */
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
