import { takeTokens } from '../../rate-limiter.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'

// Three at once and then one in five seconds.
const [everyUs, burst] = [5_000_000, 3]

/** Answers an edited message: edits are not read. Updates of a live location get no answer. */
export function edited({ sql }: BotDeps) {
  return async (ctx: BotContext, next: () => Promise<void>): Promise<void> => {
    const message = ctx.editedMessage
    if (!message) return next()
    if (message.edit_date === undefined || 'location' in message) return
    if ((await takeTokens(sql, [{ key: `edit:${ctx.user.id}`, everyUs, burst }], 0)) > 0) return
    await ctx.show({ text: ctx.t.edited, buttons: [[menuButton(ctx)]] })
  }
}
