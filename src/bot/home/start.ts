import { Composer } from 'telegraf'
import { lines } from '../../i18n/format.ts'
import { isId } from '../../id.ts'
import { openGenerations } from '../../payments/generations.ts'
import { readWallet } from '../../payments/wallet.ts'
import type { Html } from '../../telegram/html.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import { openedCard } from '../browse/card.ts'
import { displayPrices } from '../browse/display-price.ts'
import { formatRows, goneScreen } from '../browse/lists.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { topUpScreen } from '../money/top-up.ts'
import { onPress } from '../on-press.ts'
import { endDialogue, endedText, leaveDialogue } from '../order/open-quotes.ts'
import { to } from '../routes.ts'
import { runScreen } from '../runs/history.ts'

/** /start with its deep links, the menu, and /cancel: all of them end the dialogue; what is running goes on. */
export function start(deps: BotDeps) {
  const { catalogue, forSale } = deps
  const bot = new Composer<BotContext>()

  bot.start(async ctx => {
    const { requestId } = await leaveDialogue(ctx, deps)
    const shared = /^s_[a-z2-7]{12}_(.+)$/.exec(ctx.payload)?.[1]
    const payload = shared === undefined ? ctx.payload : `m_${shared}`
    const [kind, argument = ''] = /^([mgt])_(.+)$/.exec(payload)?.slice(1) ?? []
    if (kind === 'm') {
      if (ctx.user.isNew)
        await ctx.show({ text: ctx.t.welcomeToModel(ctx.from.first_name), buttons: [[menuButton(ctx)]] })
      const model = forSale.byKey(argument)
      return ctx.show(
        model ? await openedCard(deps, ctx, model) : await goneScreen(deps, ctx, catalogue.byKey(argument)),
      )
    }
    if (kind === 'g' && isId(argument)) {
      const screen = await runScreen(deps, ctx, argument)
      if (screen) return ctx.show(screen)
    }
    if (kind === 't') return ctx.show(topUpScreen(deps, ctx))
    const menu = ctx.user.isNew ? await welcomeScreen(deps, ctx) : await menuScreen(deps, ctx)
    return ctx.show(withWayBack(ctx, menu, requestId))
  })

  bot.command('menu', async ctx => {
    await toMenu(deps, ctx)
  })
  bot.command('cancel', async ctx => {
    const text = await cancel(deps, ctx)
    const menu = await menuScreen(deps, ctx)
    await ctx.show({ ...menu, text: lines(text, menu.text) })
  })
  onPress(bot, 'menu', async ctx => {
    await ctx.answer()
    await toMenu(deps, ctx)
  })
  onPress(bot, 'more', async ctx => {
    await ctx.answer()
    await ctx.show(moreScreen(deps, ctx))
  })
  onPress(bot, 'nothing', ctx => ctx.answer())

  return bot
}

/** Ends the dialogue with its invoices; returns what that ended, or why a running order goes on. */
export async function cancel(deps: BotDeps, ctx: BotContext): Promise<Html> {
  const ended = await endDialogue(ctx, deps, { withInvoices: true })
  const isNothing = !ended.wasBusy && ended.startedId === undefined
  const isTooLate = isNothing && (await openGenerations(deps.sql, ctx.user.id)).length > 0
  return isTooLate ? ctx.t.tooLateToCancel : endedText(ctx, ended)
}

/** Shows the menu and leaves the dialogue. If there was a quote, the text says that it is closed. */
async function toMenu(deps: BotDeps, ctx: BotContext): Promise<void> {
  const ended = await leaveDialogue(ctx, deps)
  const menu = withWayBack(ctx, await menuScreen(deps, ctx), ended.requestId)
  const isTold = (ended.prices > 0 && ended.requestId === undefined) || ended.startedId !== undefined
  await ctx.show(isTold ? { ...menu, text: lines(endedText(ctx, ended), menu.text) } : menu)
}

/** The menu with a button that leads back to the person's request. */
const withWayBack = ({ t }: BotContext, menu: Screen, requestId: string | undefined): Screen =>
  requestId === undefined
    ? menu
    : { ...menu, buttons: [[button(t.request.backButton, to.request(requestId, 'show'))], ...menu.buttons] }

/** The menu: what most people come for. */
export async function menuScreen({ sql }: Pick<BotDeps, 'sql'>, { t, user }: BotContext): Promise<Screen> {
  const { balanceKop, atWorkKop } = await readWallet(sql, user.id)
  return {
    text: t.menu({ canSpendKop: balanceKop, atWorkKop }),
    buttons: [
      ...formatRows({ t }),
      [
        button(t.balanceButton, to.balance()),
        button(t.historyButton, to.history('all', '0')),
        button(t.moreButton, to.more()),
      ],
    ],
  }
}

/** Everything else. */
function moreScreen({ forSale }: BotDeps, { t }: BotContext): Screen {
  return {
    text: t.more,
    buttons: [
      [
        button(t.freeButton(forSale.freeIds.size), to.list('free', 0)),
        button(t.allButton(forSale.models.length), to.list('all', 0)),
      ],
      [button(t.formatButton.tools, to.list('tools', 0)), button(t.referral.button, to.referral())],
      [button(t.languageButton, to.language(undefined)), button(t.helpButton, to.help(undefined))],
      [button(t.menuButton, to.menu())],
    ],
  }
}

/** The first screen of a new person. */
async function welcomeScreen(deps: BotDeps, ctx: BotContext): Promise<Screen> {
  const { forSale, startBonusKop } = deps
  const priceOf = await displayPrices(deps, ctx.user.id)
  const freeRuns = forSale.models.reduce((sum, model) => sum + (priceOf(model).free?.day ?? 0), 0)
  const menu = await menuScreen(deps, ctx)
  return { ...menu, text: ctx.t.welcome({ name: ctx.from?.first_name ?? '', freeRuns, bonusKop: startBonusKop }) }
}
