import { Composer } from 'telegraf'
import { type Failure, getRecentFailures } from '../events/repository.ts'
import { dateText, lines } from '../i18n/format.ts'
import { clip, type Html, html } from '../telegram/html.ts'
import type { BotContext } from './context.ts'
import type { BotDeps } from './deps.ts'
import { menuButton } from './models.ts'

/** What only the operator's people see. To everybody else these commands do not exist. */
export function admin({ sql, adminIds }: BotDeps) {
  const bot = new Composer<BotContext>()
  bot.command('admin_errors', async (ctx, next) => {
    if (!adminIds.includes(ctx.user.id)) return next()
    const failures = await getRecentFailures(sql, 20)
    const { failuresTitle, failuresNone } = ctx.t
    const text = lines(failuresTitle(failures.length), ...failures.map(failure => entry(failure, ctx)))
    return ctx.show({ text: failures.length > 0 ? text : failuresNone, buttons: [[menuButton(ctx)]] })
  })

  return bot
}

/** A2: one failure in two lines; the message is the upstream's own, already without secrets. */
const entry = (failure: Failure, { language }: BotContext): Html => {
  const { createdAt, requestId, userId, modelId, priceRub, errorCode, errorMessage, status } = failure
  const message = clip((errorMessage ?? status).replace(/\s+/g, ' '), 80)
  return html`\n${dateText(createdAt, language)} · <code>${requestId}</code> · ${modelId} · ${userId} · ${priceRub} ₽
<b>${errorCode}</b>: ${message}`
}
