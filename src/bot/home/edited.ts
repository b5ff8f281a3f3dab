import { takeTokens } from '../../rate-limiter.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { readDraft } from '../drafts.ts'
import { answerRequest } from '../order/answer-request.ts'
import { requestIn, withPart } from '../request/request.ts'

// Three at once and then one in five seconds.
const [everyUs, burst] = [5_000_000, 3]

/**
 * Answers an edited message. The words of a request are read again; other edits are not, and the person is told. Updates of a
 * live location get no answer.
 */
export function edited(deps: BotDeps) {
  return async (ctx: BotContext, next: () => Promise<void>): Promise<void> => {
    const message = ctx.editedMessage
    if (!message) return next()
    if (message.edit_date === undefined || 'location' in message) return
    if ((await takeTokens(deps.sql, [{ key: `edit:${ctx.user.id}`, everyUs, burst }], 0)) > 0) return
    if (await isReworded(ctx, deps)) return
    await ctx.show({ text: ctx.t.edited, buttons: [[menuButton(ctx)]] })
  }
}

/** Quotes the request with the new words. Returns false when the message is not a part of it. */
async function isReworded(ctx: BotContext, deps: BotDeps): Promise<boolean> {
  const message = ctx.editedMessage!
  const draft = await readDraft(deps.sql, ctx.user.id)
  const request = requestIn(draft)
  const before = request?.parts.find(({ messageId }) => messageId === message.message_id)
  if (!request || !before) return false
  const { text: _, ...rest } = before
  const text = 'text' in message ? message.text : 'caption' in message ? message.caption : undefined
  const part = { ...rest, ...(text !== undefined && { text }) }
  await answerRequest(ctx, deps, { request: withPart(request, part).request, draft, place: { where: 'new' } })
  return true
}
