import { Composer } from 'telegraf'
import { lines } from '../i18n/format.ts'
import { isId } from '../id.ts'
import { freeLeft } from '../payments/generations.ts'
import { readWallet } from '../payments/wallet.ts'
import { outboxRevive } from '../telegram/outbox.ts'
import { button, type Screen } from '../telegram/screen.ts'
import { cardScreen } from './card.ts'
import type { BotContext } from './context.ts'
import type { BotDeps } from './deps.ts'
import { dropDraft } from './drafts.ts'
import { runScreen } from './history.ts'
import { formatRows, goneScreen } from './models.ts'
import { onPress } from './press.ts'
import { to } from './routes.ts'
import { topUpScreen } from './top-up.ts'

/** /start with its deep links, the menu, and /cancel: all of them end the dialogue; what is running goes on. */
export function start(deps: BotDeps) {
  const { sql, catalogue } = deps
  const bot = new Composer<BotContext>()

  bot.start(async ctx => {
    await dropDraft(sql, ctx.user.id)
    await deliverWaiting(deps, ctx)
    const [kind, argument = ''] = /^([mgt])_(.+)$/.exec(ctx.payload)?.slice(1) ?? []
    if (kind === 'm') {
      if (ctx.user.isNew) await ctx.show({ text: ctx.t.welcomeToModel(ctx.from.first_name), buttons: [] })
      const model = catalogue.byKey(argument)
      return ctx.show(model ? await cardScreen(deps, ctx, model) : await goneScreen(deps, ctx))
    }
    if (kind === 'g' && isId(argument)) {
      const screen = await runScreen(deps, ctx, argument)
      if (screen) return ctx.show(screen)
    }
    if (kind === 't') return ctx.show(topUpScreen(deps, ctx))
    return ctx.show(ctx.user.isNew ? await welcomeScreen(deps, ctx) : await menuScreen(deps, ctx))
  })

  bot.command('menu', async ctx => {
    await dropDraft(sql, ctx.user.id)
    await ctx.show(await menuScreen(deps, ctx))
  })
  bot.command('cancel', async ctx => {
    const menu = await menuScreen(deps, ctx)
    const wasBusy = await dropDraft(sql, ctx.user.id)
    await ctx.show({ ...menu, text: lines(wasBusy ? ctx.t.cancelled : ctx.t.nothingToCancel, menu.text) })
  })
  onPress(bot, 'menu', async ctx => {
    await ctx.answer()
    await dropDraft(sql, ctx.user.id)
    await ctx.show(await menuScreen(deps, ctx))
  })
  onPress(bot, 'nothing', ctx => ctx.answer())

  return bot
}

/** S2. */
export async function menuScreen({ sql, catalogue }: BotDeps, { t, user }: BotContext): Promise<Screen> {
  const { balanceKop, atWorkKop } = await readWallet(sql, user.id)
  const text = t.menu({ canSpendKop: balanceKop, atWorkKop })
  return {
    text,
    buttons: [
      ...formatRows({ t }),
      [
        button(t.freeButton(catalogue.freeIds.size), to.list('free', 0)),
        button(t.allButton(catalogue.models.length), to.list('all', 0)),
      ],
      [button(t.historyButton, to.history('a', '0')), button(t.balanceButton, to.balance())],
      [
        button(t.referral.button, to.referral()),
        button(t.languageButton, to.language(undefined)),
        button(t.helpButton, to.help(undefined)),
      ],
    ],
  }
}

/** S1: the first thing a new person reads. */
async function welcomeScreen(deps: BotDeps, ctx: BotContext): Promise<Screen> {
  const { sql, catalogue, limits, startBonusKop } = deps
  const left = await freeLeft(sql, ctx.user.id, { daily: limits.freeDaily, hourly: limits.freeHourly })
  const freeRuns = [...catalogue.freeIds].reduce((sum, id) => sum + left(id).day, 0)
  const menu = await menuScreen(deps, ctx)
  return { ...menu, text: ctx.t.welcome({ name: ctx.from?.first_name ?? '', freeRuns, bonusKop: startBonusKop }) }
}

/** Results that could not be sent while the person had blocked the bot come now. */
async function deliverWaiting({ sql, wake }: BotDeps, ctx: BotContext): Promise<void> {
  const waiting = await outboxRevive(sql, ctx.user.id)
  if (waiting.length === 0) return
  await ctx.show({
    text: ctx.t.waitingResults(waiting.length),
    buttons: [[button(ctx.t.historyButton, to.history('a', '0'))]],
  })
  for (const { id } of waiting) await wake.deliver(id)
}
