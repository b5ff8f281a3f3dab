import { outboxRevive } from '../../telegram/outbox.ts'
import { button } from '../../telegram/screen.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { to } from '../routes.ts'

/**
 * Sends the messages that failed while the person had blocked the bot. /start always does: an update that failed halfway
 * may have used up the only sign that the person was away.
 */
export function welcomeBack({ sql, enqueue }: BotDeps) {
  return async (ctx: BotContext, next: () => Promise<void>): Promise<void> => {
    if (!ctx.user.wasAway && !/^\/start\b/.test(ctx.text ?? '')) return next()
    const waiting = await outboxRevive(sql, ctx.user.id)
    const results = waiting.filter(({ isResult }) => isResult).length
    if (results > 0) {
      const toHistory = button(ctx.t.historyButton, to.history('all', '0'), 'primary')
      await ctx.show({ text: ctx.t.waitingResults(results), buttons: [[toHistory, menuButton(ctx)]] }, 'new')
    }
    for (const { id } of waiting) await enqueue.deliver(id)
    await next()
  }
}
