import { Banned, ifPossible } from '../../errors.ts'
import { type GroupOrder, groupOrderAdd, groupOrderOf, readGroup } from '../../payments/groups.ts'
import { closeQuotes, type Quote, quoteMinutes, readQuote } from '../../payments/quotes.ts'
import { type Ephemeral, editEphemeral, removeEphemeral } from '../../telegram/groups/ephemeral.ts'
import { toPlain } from '../../telegram/html.ts'
import type { Screen } from '../../telegram/screen.ts'
import type { GroupQuoteOp } from '../codes.ts'
import { type BotContext, updateOf } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { isFresh } from '../files/uploads.ts'
import { groupPriceScreen, startedScreen } from '../order/group/price.ts'
import { createQuote, quoteAs } from '../order/quote.ts'
import { isValid } from '../order/quote-presses.ts'
import { pressed } from '../show.ts'
import { quoted } from './asking.ts'
import { placeInGroup, refusalText } from './placing.ts'
import { pressOn } from './switching.ts'

/** Handles a press in a group. Returns false for a button that works in private only. */
export async function pressInGroup(ctx: BotContext, deps: BotDeps, introduce: () => Promise<void>): Promise<boolean> {
  const route = pressed(ctx)
  if (route?.name !== 'groupOn' && route?.name !== 'groupQuote') return false
  await introduce()
  if (route.name === 'groupOn') await ctx.answer(await pressOn(ctx, deps), { alert: true })
  else await pressGroupQuote(ctx, deps, ...route.args)
  await ctx.answer()
  return true
}

/** The buttons under a price that was asked for in a group; they stand in the group, or in the private chat of who asked. */
export async function pressGroupQuote(
  ctx: BotContext,
  deps: BotDeps,
  quoteId: string,
  op: GroupQuoteOp,
): Promise<void> {
  const [order] = await groupOrderOf(deps.sql, ctx.user.id, quoteId)
  const quote = order && (await readQuote(deps.sql, order.payerId, quoteId))
  // Another person's, however they came by it.
  if (!order || !quote) return ctx.answer(ctx.t.groups.notYours, { alert: true })
  if (ctx.user.isBanned) return ctx.answer(ctx.t.banned, { alert: true })
  if (quote.generationId !== null) {
    await ctx.answer(ctx.t.groups.already)
    return leave(ctx, startedScreen(ctx, order, 'startedBefore'))
  }
  switch (op) {
    case 'start':
      return start(ctx, deps, order, quote)
    case 'show':
      return renew(ctx, deps, order, quote)
    case 'self':
      return renew(ctx, deps, order, quote, { isBySelf: true })
    case 'cancel':
      await closeQuotes(deps.sql, order.payerId, { quoteId })
      await ctx.answer(toPlain(ctx.t.groups.cancelled))
      return leave(ctx, { text: ctx.t.groups.cancelled, buttons: [] })
  }
}

/** The pressed message, if it is one that only who pressed can see. */
function ephemeralOf(ctx: BotContext): Ephemeral | undefined {
  const message = updateOf(ctx).callback_query?.message
  const ephemeralId = message && 'ephemeral_message_id' in message ? message.ephemeral_message_id : undefined
  return ephemeralId === undefined ? undefined : { chatId: message!.chat.id, userId: ctx.user.id, ephemeralId }
}

/** Puts a screen in place of the pressed message, and nowhere else: in a group it is nobody else's business. */
async function put(ctx: BotContext, screen: Screen): Promise<void> {
  if (ctx.chat?.type === 'private') return void (await ctx.show(screen))
  const at = ephemeralOf(ctx)
  const isShown = at !== undefined && (await editEphemeral(ctx.api, at, screen))
  if (!isShown) await ctx.answer(toPlain(screen.text).slice(0, 200), { alert: true })
}

/** Nothing more to do here: the message goes, or says so in the private chat. */
async function leave(ctx: BotContext, screen: Screen): Promise<void> {
  const at = ephemeralOf(ctx)
  if (at) await ifPossible(removeEphemeral(ctx.api, at))
  else await put(ctx, screen)
}

async function start(ctx: BotContext, deps: BotDeps, order: GroupOrder, quote: Quote): Promise<void> {
  const model = deps.forSale.byId(quote.modelId)
  if (!model) return put(ctx, { text: ctx.t.groups.gone, buttons: [] })
  if (quote.isExpired || quote.isClosed || !isValid(deps, model, quote)) return renew(ctx, deps, order, quote)
  try {
    const isSaid = await placeInGroup(ctx, deps, order, quote)
    await ctx.answer(isSaid ? undefined : toPlain(ctx.t.groups.started))
    await leave(ctx, startedScreen(ctx, order, 'startedTo'))
  } catch (error) {
    const refusal = refusalText(ctx, error, order)
    if (refusal === 'again') return renew(ctx, deps, order, quote)
    if (refusal === 'short') return showAgain(ctx, deps, order, quote)
    if (!refusal) throw error
    if (error instanceof Banned) return ctx.answer(toPlain(refusal), { alert: true })
    await put(ctx, { text: refusal, buttons: [] })
  }
}

async function showAgain(ctx: BotContext, deps: BotDeps, order: GroupOrder, quote: Quote): Promise<void> {
  const where = ctx.chat?.type === 'private' ? 'private' : 'group'
  await put(ctx, await groupPriceScreen(ctx, deps, order, quote, where))
}

/** The same order at today's price, paid by whoever pays in the group now, or by the person. */
async function renew(
  ctx: BotContext,
  deps: BotDeps,
  order: GroupOrder,
  quote: Quote,
  { isBySelf = false } = {},
): Promise<void> {
  const { t, user } = ctx
  const model = deps.forSale.byId(quote.modelId)
  if (!model) return put(ctx, { text: t.groups.gone, buttons: [] })
  const ageMs = Date.now() - quote.expiresAt.getTime() + quoteMinutes * 60_000
  const hasFiles = JSON.stringify(quote.inputs).includes('"url"')
  if (hasFiles && !isFresh(ageMs)) return put(ctx, { text: t.groups.cannot, buttons: [] })
  const group = await readGroup(deps.sql, order.chatId)
  if (!group?.isOn) return put(ctx, { text: t.groups.isOffNow, buttons: [] })
  const payerId = group.payer === 'group' && !isBySelf ? group.accountId : user.id
  const result =
    payerId < 0
      ? await quoteAs(deps, payerId, model, quote.inputs, { isFree: false })
      : await createQuote(deps, user.id, model, quote.inputs)
  const fresh = quoted(result)
  if (!fresh) return put(ctx, { text: t.groups.cannot, buttons: [] })
  await closeQuotes(deps.sql, order.payerId, { quoteId: quote.id })
  await groupOrderAdd(deps.sql, { ...order, payerId, quoteId: fresh.id })
  const [now] = await groupOrderOf(deps.sql, user.id, fresh.id)
  if (now) await showAgain(ctx, deps, now, fresh)
}
