import { Type } from '@sinclair/typebox'
import { Composer } from 'telegraf'
import { query } from '../../database/db.ts'
import { type BotContext, updateOf } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { resultShown } from '../order/result-replies.ts'
import { opinionOf } from '../runs/opinions.ts'

export const shareCount = query(Type.Object({}), (sql, userId: number) => sql`select pay.share_count(${userId})`)
export const opinionSet = query(
  Type.Object({ isSet: Type.Boolean() }),
  (sql, userId: number, { id, n }: { id: string; n: number }, isGood: boolean | null) => sql`
    select pay.opinion_set(${userId}, ${id}, ${n}, ${isGood}) as "isSet"`,
)

/** What people do with results beside pressing buttons: they send them into chats, and react to them. */
export function sharing({ sql, log }: Pick<BotDeps, 'sql' | 'log'>): Composer<BotContext> {
  const bot = new Composer<BotContext>()
  bot.use(async (ctx, next) => {
    const { chosen_inline_result: chosen, message_reaction: reaction } = updateOf(ctx)
    if (chosen) {
      const isResult = typeof chosen.result_id === 'string' && chosen.result_id.startsWith('r-')
      if (isResult && Number.isSafeInteger(chosen.from?.id)) await shareCount(sql, chosen.from.id)
      return
    }
    if (!reaction) return next()
    const userId = reaction.user?.id
    // A group's members say nothing of somebody else's result, and a chat is no person.
    if (userId === undefined || reaction.chat?.type !== 'private' || reaction.chat.id !== userId) return
    if (!Number.isSafeInteger(userId) || !Number.isSafeInteger(reaction.message_id)) return
    const [shown] = await resultShown(sql, userId, reaction.message_id)
    if (!shown) return
    const isGood = opinionOf(reaction.new_reaction)
    await opinionSet(sql, userId, shown, isGood)
    log.debug({ userId, generationId: shown.id, isGood }, 'an opinion of a result')
  })
  return bot
}
