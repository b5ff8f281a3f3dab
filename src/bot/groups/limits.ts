import { type TokenBucket, takeTokens } from '../../rate-limiter.ts'
import type { Answered } from '../context.ts'
import type { BotDeps } from '../deps.ts'

const minuteUs = 60_000_000

/** At most `n` in any minute: half of them at once, the rest as time goes by. */
export const perMinute = (key: string, n: number): TokenBucket => {
  const burst = Math.max(1, Math.floor(n / 2))
  return { key, everyUs: Math.ceil(minuteUs / Math.max(1, n - burst)), burst }
}

const ofGroup = (chatId: number, { perMinute: n }: BotDeps['groupLimits']) => perMinute(`grp:${chatId}`, n)
const ofMember = (userId: number, { memberPerMinute: n }: BotDeps['groupLimits']) => perMinute(`grm:${userId}`, n)

/** Takes a place for an answer to this person in this group. Returns false when there is none: nobody can flood a group. */
export async function mayAsk(ctx: Answered, { sql, groupLimits }: BotDeps): Promise<boolean> {
  if ('isReplay' in ctx.update) return true // counted at its first handling
  const buckets = [ofGroup(ctx.chat!.id, groupLimits), ofMember(ctx.from!.id, groupLimits)]
  return (await takeTokens(sql, buckets, 0)) === 0
}

/** Takes a place for a message that all of the group see and that nobody paid for: one in ten seconds. */
export const maySpeak = async ({ sql }: Pick<BotDeps, 'sql'>, chatId: number): Promise<boolean> =>
  (await takeTokens(sql, [{ key: `group:${chatId}`, everyUs: 10_000_000, burst: 1 }], 0)) === 0

/** The pace of one person's presses, as in the private chat. */
export const mayPress = async ({ sql }: Pick<BotDeps, 'sql'>, userId: number): Promise<boolean> =>
  (await takeTokens(sql, [{ key: `act:${userId}`, everyUs: 3_000_000, burst: 30 }], 0)) === 0
