import { Composer } from 'telegraf'
import { button } from '../../telegram/screen.ts'
import { forgetUser } from '../../users/users.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { endDialogue } from '../order/open-quotes.ts'
import { to } from '../routes.ts'

/** Deletes what is personal after two presses, unless a run still holds money. */
export function forgetting(deps: BotDeps) {
  const { sql, log } = deps
  const bot = new Composer<BotContext>()
  bot.command('delete_me', ctx => {
    const { forget } = ctx.t
    return ctx.show({ text: forget.ask, buttons: [[button(forget.button, to.forget(1), 'danger')], [menuButton(ctx)]] })
  })
  onPress(bot, 'forget', async (ctx, step) => {
    await ctx.answer()
    const { forget } = ctx.t
    if (step === 1) {
      return ctx.show({
        text: forget.sure,
        buttons: [[button(forget.sureButton, to.forget(2), 'danger')], [menuButton(ctx)]],
      })
    }
    await ctx.show({ text: forget.working, buttons: [] })
    await endDialogue(ctx, deps, { withInvoices: true }) // while it is known where the buttons stand
    const result = await forgetUser(sql, ctx.user.id)
    log.info({ userId: ctx.user.id, result }, 'a person asked to be forgotten')
    const text = { busy: forget.busy, begun: forget.begun, forgotten: forget.done }[result]
    return ctx.show({ text, buttons: [[menuButton(ctx)]] })
  })
  return bot
}
