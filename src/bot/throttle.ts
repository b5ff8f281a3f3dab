import { takeTokens } from '../rate-limiter.ts'
import { html } from '../telegram/html.ts'
import type { BotContext } from './context.ts'
import type { BotDeps } from './deps.ts'
import { fileOf } from './files/sent-file.ts'

// 20 actions a minute, 30 at once.
const everyUs = 3_000_000
const burst = 30

/**
 * Limits the rate of one person's actions. A press over the limit is still answered, once a minute with the reason. Admins
 * and payments have no limit.
 */
export function unhurried({ sql, adminIds }: BotDeps) {
  return async (ctx: BotContext, next: () => Promise<void>): Promise<void> => {
    const { id } = ctx.user
    const cost = costOf(ctx)
    if (cost === 0 || adminIds.includes(id)) return next()
    const waitMs = await takeTokens(sql, [{ key: `act:${id}`, everyUs: everyUs * cost, burst: burst / cost }], 0)
    if (waitMs === 0) return next()
    const text = ctx.t.tooFast(Math.ceil(waitMs / 1000))
    if (ctx.callbackQuery) return ctx.answer(text)
    const isFirst = (await takeTokens(sql, [{ key: `said:${id}`, everyUs: 60_000_000, burst: 1 }], 0)) === 0
    if (isFirst) await ctx.show({ text: html`${text}`, buttons: [] }, 'new')
  }
}

function costOf(ctx: BotContext): number {
  if ('isReplay' in ctx.update) return 0 // counted at its first handling
  if (ctx.callbackQuery) return ctx.route?.name === 'quote' ? 2 : 1
  const { message } = ctx
  if (!message || 'successful_payment' in message || 'refunded_payment' in message) return 0
  return fileOf(message) ? 3 : 1
}
