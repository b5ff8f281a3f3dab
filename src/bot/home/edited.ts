import { takeTokens } from '../../rate-limiter.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'

// Three at once and then one in five seconds.
const [everyUs, burst] = [5_000_000, 3]

/** An answer once given is not read again: the person is told so. A live location edits itself, and that is nobody's word. */
export function edited({ sql }: BotDeps) {
  return async (ctx: BotContext, next: () => Promise<void>): Promise<void> => {
    const message = ctx.editedMessage
    if (!message) return next()
    if (message.edit_date === undefined || 'location' in message) return
    if ((await takeTokens(sql, [{ key: `edit:${ctx.user.id}`, everyUs, burst }], 0)) > 0) return
    await ctx.show({ text: ctx.t.edited, buttons: [[menuButton(ctx)]] })
  }
}
