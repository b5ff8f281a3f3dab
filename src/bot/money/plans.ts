import { Composer } from 'telegraf'
import { Refused } from '../../errors.ts'
import { lines } from '../../i18n/format.ts'
import type { MonthlyPlan } from '../../monthly-plans.ts'
import {
  openPlan,
  planChanged,
  planStop,
  planStopped,
  type Subscription,
  subscriptionOf,
} from '../../payments/plans.ts'
import { TelegramRefused } from '../../telegram/client.ts'
import { planLink, renewStars } from '../../telegram/payments.ts'
import { type Button, button, type Screen } from '../../telegram/screen.ts'
import { menuButton } from '../buttons.ts'
import { type BotContext, updateOf } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'

/** Monthly plans: what is offered, the link by which Telegram charges every month, and the end of it. */
export function plans(deps: BotDeps) {
  const bot = new Composer<BotContext>()
  bot.command('plan', async ctx => ctx.show(await planScreen(deps, ctx)))
  onPress(bot, 'plans', async ctx => {
    await ctx.answer()
    await ctx.show(await planScreen(deps, ctx))
  })
  onPress(bot, 'plan', async (ctx, name) => {
    await ctx.answer()
    const plan = deps.plans.find(({ id }) => id === name)
    await ctx.show(plan ? await orderScreen(deps, ctx, plan) : await planScreen(deps, ctx))
  })
  onPress(bot, 'planRenewal', async (ctx, orderId, op) => {
    const [subscription] = await subscriptionOf(deps.sql, ctx.user.id)
    if (subscription?.id !== orderId) {
      await ctx.answer()
      return ctx.show(await planScreen(deps, ctx))
    }
    await (op === 'stop' ? stop(deps, ctx, subscription) : resume(deps, ctx, subscription))
    return undefined
  })
  return bot
}

/** A row that leads to the plans; none where nothing is sold by the month and the person has no plan. */
export async function planRow({ sql, plans }: BotDeps, { t, user }: BotContext): Promise<Button[]> {
  const isShown = plans.length > 0 || (await subscriptionOf(sql, user.id)).length > 0
  return isShown ? [button(t.plan.button, to.plans())] : []
}

/** The person's plan, or what is offered. */
async function planScreen({ sql, plans }: BotDeps, ctx: BotContext): Promise<Screen> {
  const { t } = ctx
  const last = [button(t.balanceButton, to.balance()), menuButton(ctx)]
  const [own] = await subscriptionOf(sql, ctx.user.id)
  if (own) return { text: t.plan.status(own), buttons: [renewalRow(ctx, own), last] }
  if (plans.length === 0) return { text: t.plan.none, buttons: [last] }
  return {
    text: lines(t.plan.offers, ...plans.map(t.plan.offer)),
    buttons: [...plans.map(plan => [button(t.plan.offerButton(plan), to.plan(plan.id))]), last],
  }
}

function renewalRow({ t }: BotContext, { id, state }: Subscription): Button[] {
  if (state === 'stopping') return []
  return state === 'active' || state === 'failed'
    ? [button(t.plan.cancelButton, to.planRenewal(id, 'stop'), 'danger')]
    : [button(t.plan.resumeButton, to.planRenewal(id, 'resume'))]
}

/** The terms of a plan, with the link to pay. Who has a plan sees that instead. */
async function orderScreen(deps: BotDeps, ctx: BotContext, plan: MonthlyPlan): Promise<Screen> {
  const { t } = ctx
  try {
    const orderId = await openPlan(deps.sql, ctx.user.id, plan)
    const url = await planLink(ctx.api, {
      title: t.plan.invoiceTitle(plan.amountKop),
      description: t.plan.invoiceAbout(plan),
      payload: orderId,
      label: t.plan.invoiceTitle(plan.amountKop),
      stars: plan.stars,
    })
    return {
      text: t.plan.order(plan),
      buttons: [
        [{ text: t.plan.linkButton(plan.stars), url, style: 'success' }],
        [button(t.topUp.paidButton, to.paid(orderId))],
        [button(t.backButton, to.plans()), menuButton(ctx)],
      ],
    }
  } catch (error) {
    if (error instanceof Refused && error.code === 'plan_goes_on') return planScreen(deps, ctx)
    throw error
  }
}

/** Stops the renewals. The wish is stored first: where Telegram does not answer now, the job tells it later. */
async function stop(deps: BotDeps, ctx: BotContext, { id }: Subscription): Promise<void> {
  await ctx.answer(ctx.t.plan.canceling)
  await planStop(deps.sql, ctx.user.id, id)
  await deps.stopPlans(ctx.user.id)
  await ctx.show(await planScreen(deps, ctx))
}

/** Only the person can resume, in Telegram's own settings; the bot can but allow what it has stopped itself. */
async function resume({ sql }: BotDeps, ctx: BotContext, { id, state, chargeId }: Subscription): Promise<void> {
  const { t, user } = ctx
  await ctx.answer()
  const buttons = [[button(t.plan.button, to.plans()), menuButton(ctx)]]
  try {
    if (state === 'stopped') {
      await renewStars(ctx.api, user.id, chargeId, true)
      await planStopped(sql, user.id, id, false)
    }
    await ctx.show({ text: t.plan.resume, buttons })
  } catch (error) {
    if (!(error instanceof TelegramRefused) || (error.code !== 'bad_request' && error.code !== 'no_method')) throw error
    await ctx.show({ text: t.plan.resumeUnknown, buttons })
  }
}

/** What Telegram says of subscriptions; an update with anything missing or unknown changes nothing. */
export function planUpdates({ sql, log }: Pick<BotDeps, 'sql' | 'log'>): Composer<BotContext> {
  const bot = new Composer<BotContext>()
  bot.use(async (ctx, next) => {
    const { subscription } = updateOf(ctx)
    if (!subscription) return next()
    const { user, invoice_payload: orderId, state } = subscription
    const userId = user?.id
    const isReadable = Number.isSafeInteger(userId) && typeof orderId === 'string' && /^[a-z2-7]{12}$/.test(orderId)
    if (!isReadable || (state !== 'active' && state !== 'canceled' && state !== 'failed')) {
      log.warn({ updateId: ctx.update.update_id, state }, 'a subscription that is not as described')
      return
    }
    const [changed] = await planChanged(sql, userId, orderId, state)
    log.info({ userId, orderId, state, result: changed?.result }, 'Telegram tells of a subscription')
  })
  return bot
}
