import { Composer } from 'telegraf'
import { replaceOffer } from '../../delivery/late-offer.ts'
import { Banned, InDebt, InsufficientFunds, NotFound } from '../../errors.ts'
import { isOffered, type Late, type Offer, offerOf, readLate, type Taken } from '../../payments/late-results.ts'
import { readWallet } from '../../payments/wallet.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import { packButtons } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'
import { lateScreen } from '../runs/late.ts'
import { createMessages } from '../runs/reports.ts'

/** «Take it for 3,80 ₽»: the press on the offer of a late result. */
export function lateResults(deps: BotDeps): Composer<BotContext> {
  const bot = new Composer<BotContext>()
  onPress(bot, 'late', async (ctx, id) => {
    const ref = { userId: ctx.user.id, id }
    try {
      await tell(ctx, deps, await deps.takeLate(ref), await readLate(deps.sql, ref))
    } catch (error) {
      const late = await readLate(deps.sql, ref)
      const isShort = error instanceof InsufficientFunds || error instanceof InDebt
      if (isShort && late && isOffered(late)) {
        await ctx.answer()
        await ctx.show(await shortScreen(deps, ctx, late), 'new')
      } else if (error instanceof Banned) await ctx.answer(ctx.t.banned, { alert: true })
      else if (error instanceof NotFound) await ctx.answer(ctx.t.outdated)
      else throw error
    }
  })
  return bot
}

async function tell(ctx: BotContext, deps: BotDeps, taken: Taken, late: Late | undefined): Promise<void> {
  const { late: t } = ctx.t
  switch (taken) {
    case 'later':
      return ctx.answer(t.later, { alert: true })
    case 'nothing':
      return ctx.answer(ctx.t.outdated)
    case 'over':
      await ctx.answer(t.overPress, { alert: true })
      break
    case 'already':
      await ctx.answer(t.already)
      break
    case 'taken':
      await ctx.answer(t.taking)
  }
  const messageId = ctx.callbackQuery?.message?.message_id
  if (!late || messageId === undefined) return
  const screen = lateScreen(deps.catalogue, late, taken === 'over' ? 'over' : 'taken', ctx.language)
  await replaceOffer(ctx.api, { chatId: ctx.chat!.id, messageId }, screen)
}

/** What is missing, and the packs that cover it. Their payment brings the offer again. */
async function shortScreen(deps: BotDeps, ctx: BotContext, { priceKop, takeId, expiresAt }: Offer): Promise<Screen> {
  const { t } = ctx
  const { balanceKop, debtKop } = await readWallet(deps.sql, ctx.user.id)
  const needKop = priceKop + debtKop - balanceKop
  const covering = deps.packsKop.filter(kop => kop >= needKop).slice(0, 2)
  return {
    text: debtKop > 0 ? t.debt.screen({ debtKop, needKop }) : t.late.short(priceKop, balanceKop, expiresAt),
    buttons: [
      ...packButtons(covering, deps.starRateRub, { t }, takeId, { isNext: true }),
      [button(t.topUp.otherWays, to.topUp(takeId))],
      [button(t.menuButton, to.menu())],
    ],
  }
}

/** Shows the offer that a payment was for. Returns false when it was for something else, or nothing is offered any more. */
export async function offerAgain(ctx: BotContext, deps: BotDeps, takeId: string): Promise<boolean> {
  const offer = await offerOf(deps.sql, ctx.user.id, takeId)
  if (offer) await ctx.show(createMessages(deps).lateOffer(offer, ctx.language), 'new')
  return offer !== undefined
}
