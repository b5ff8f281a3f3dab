import { Composer } from 'telegraf'
import { lines } from '../../i18n/format.ts'
import { parkedPayments, promoCodes } from '../../operations/lookup.ts'
import { requestById, waitingRequests } from '../../payments/transfers.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import type { RequestOp } from '../codes.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { showRequest } from '../money/transfer.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'
import { homeButton } from './buttons.ts'
import { confirmScreen } from './confirm.ts'
import { formScreenText, formText } from './forms.ts'

/** Transfer requests, promo codes and parked payments: lists, each with the commands and buttons that lead to a confirm screen. */
export function adminMoney(deps: BotDeps) {
  const bot = new Composer<BotContext>()
  bot.command('requests', async ctx => ctx.show(await requestsScreen(deps, ctx)))
  bot.command('parked', async ctx => ctx.show(await parkedScreen(deps, ctx)))
  bot.command('admin_promo', async (ctx, next) => {
    if (ctx.payload.trim() !== '') return next()
    return ctx.show(await promosScreen(deps, ctx))
  })
  onPress(bot, 'adminRequests', async ctx => {
    await ctx.answer()
    await ctx.show(await requestsScreen(deps, ctx))
  })
  onPress(bot, 'adminParked', async ctx => {
    await ctx.answer()
    await ctx.show(await parkedScreen(deps, ctx))
  })
  onPress(bot, 'adminRequest', (ctx, id, op) => decide(deps, ctx, id, op))
  return bot
}

async function requestsScreen({ sql }: BotDeps, ctx: BotContext): Promise<Screen> {
  const { admin } = ctx.t
  const waiting = await waitingRequests(sql, 20)
  return {
    text: admin.requests(waiting.length),
    buttons: [
      ...waiting.map(({ id, createdAt, amountKop, userId }) => [
        button(admin.requestRow(createdAt, amountKop, userId), to.adminRequest(id, 'proof')),
      ]),
      [homeButton(ctx)],
    ],
  }
}

async function decide(deps: BotDeps, ctx: BotContext, id: string, op: RequestOp): Promise<void> {
  const { admin } = ctx.t
  const [request] = await requestById(deps.sql, id)
  if (request?.state !== 'waiting') return ctx.answer(admin.alreadyDecided, { alert: true })
  await ctx.answer()
  switch (op) {
    case 'proof':
      return showRequest(ctx.api, ctx.user.id, request, ctx)
    case 'approve': {
      const { userId, amountKop } = request
      const change = { kind: 'approve', userId, subject: id, amountKop, reason: admin.approveReason } as const
      await ctx.show(await confirmScreen(deps, ctx, change), 'new')
      return
    }
    default: {
      const text = formScreenText(ctx, op === 'otherAmount' ? 'approve' : 'deny', id)
      await ctx.show({ text, buttons: [[homeButton(ctx)]] }, 'new')
    }
  }
}

async function parkedScreen({ sql }: BotDeps, ctx: BotContext): Promise<Screen> {
  const { admin } = ctx.t
  const parked = await parkedPayments(sql, 10)
  const how = (['parked_credit', 'parked_refund', 'parked_close'] as const).map(kind => formText(ctx, kind))
  return {
    text: lines(
      admin.parked(parked.length),
      ...parked.map(one => admin.parkedLine({ ...one, at: one.receivedAt })),
      ...(parked.length > 0 ? [admin.parkedHow, ...how] : []),
    ),
    buttons: [[homeButton(ctx)]],
  }
}

async function promosScreen({ sql }: BotDeps, ctx: BotContext): Promise<Screen> {
  const { admin } = ctx.t
  const codes = await promoCodes(sql, 20)
  return {
    text: lines(
      admin.promos(codes.length),
      ...codes.map(({ code, amountKop, used, uses, expiresAt, isOver }) =>
        admin.promo(code, amountKop, used, uses, expiresAt, isOver),
      ),
      { html: '' },
      formText(ctx, 'promo_add'),
      formText(ctx, 'promo_stop'),
    ),
    buttons: [[homeButton(ctx)]],
  }
}
