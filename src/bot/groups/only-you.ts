import { Refused } from '../../errors.ts'
import { createEphemerals } from '../../telegram/groups/ephemeral.ts'
import { isAboutChat } from '../../telegram/refused.ts'
import { type Screen, show } from '../../telegram/screen.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { link } from '../order/group/price.ts'
import { maySpeak } from './limits.ts'

/** What to say to one person. `inPrivate`: the same for their private chat. `payload`: what a link there carries. */
type Words = { screen: Screen; inPrivate?: Screen; payload?: string }

/**
 * Says something to one person of a group, so that nobody else sees it: by an ephemeral message, else in the private chat, with
 * a short hint in the group. Prices never go anywhere else.
 */
export type OnlyYou = (ctx: BotContext, words: Words) => Promise<void>

export function createOnlyYou(deps: BotDeps): OnlyYou {
  const ephemerals = createEphemerals()
  return async (ctx, { screen, inPrivate = screen, payload }) => {
    const chatId = ctx.chat!.id
    const to = { chatId, userId: ctx.user.id, ...(ctx.callbackQuery && { queryId: ctx.callbackQuery.id }) }
    if (await ephemerals.send(ctx.api, to, screen)) return
    const isTold = await tell(ctx, inPrivate)
    if (!(await maySpeak(deps, chatId))) return
    const { t, from } = ctx
    const name = from?.first_name ?? ''
    await show(
      ctx.api,
      { chatId },
      {
        text: isTold ? t.groups.toldInPrivate(name) : t.groups.askInPrivate(name),
        buttons: [[link(deps, t.groups.openButton, payload)]],
      },
    )
  }
}

/** Returns false where the person has not opened the bot, or has blocked it. */
async function tell(ctx: BotContext, screen: Screen): Promise<boolean> {
  try {
    await show(ctx.api, { chatId: ctx.user.id }, screen)
    return true
  } catch (error) {
    if (!(error instanceof Refused && isAboutChat(error)) || error.code === 'rate_limited') throw error
    return false
  }
}
