import type { Sql } from '../database/db.ts'
import { pause } from '../errors.ts'
import { type TokenBucket, takeTokens } from '../rate-limiter.ts'
import type { LimitedCall, RateLimiter } from './client.ts'
import { createFairQueue, type Tier, tierOf } from './fair-queue.ts'
import { TelegramRefused } from './refused.ts'

// About 30 messages a second for a bot, 1 a second in a chat with short bursts, 20 a minute in a group:
// docs/providers/telegram.md, "Sending". An edit costs half a message.
const whole = { key: 'tg', everyUs: 40_000, burst: 25 }
const inChat = { send: { everyUs: 1_000_000, burst: 4 }, edit: { everyUs: 500_000, burst: 8 } }
const inGroup = { everyUs: 3_000_000, burst: 5 }
// The clock of a progress message only goes with what is left: this much of the bursts above stays for others.
const spareOf = (bucket: TokenBucket): TokenBucket => ({ ...bucket, burst: Math.floor(bucket.burst / 2) })
// Answers to presses do not count as messages and have their own buckets. Each person has a bucket, larger than the 20
// presses a minute that the bot acts on. Faster presses share one more bucket and are answered while it has tokens.
const ofPresser = { everyUs: 2_000_000, burst: 10 }
const forHaste = { key: 'tg:answers', everyUs: 33_333, burst: 60 }
// Below the longest wait of the client, so that no token is spent on a call that is then given up.
const maxWaitMs = 25_000
// A token may be taken this far ahead without checking the queue.
const aheadMs = 200
// What of the bot's burst is kept for quieter chats: those who have been busy use up the rest and wait, and whoever comes after
// a while finds a place at once.
const keptFor: Record<Tier, number> = { line: 12, known: 5, quiet: 0 }
// Tokens per request: as many as become free during one round trip to the database, so that a slow database costs no
// sends. This is the maximum.
const maxPlaces = 10

/**
 * Telegram's limits, shared by all machines through the database. Within one machine, chats with little recent traffic
 * go before busy ones. Throws TelegramRefused `rate_limited` if the wait is too long: any wait for an answer to a
 * press or for a spare call, more than `maxWaitMs` for the rest. A chat action takes no token and is refused while messages
 * queue.
 */
export function createRateLimiter(sql: Sql): RateLimiter {
  let roundTripMs = 0
  const queue = createFairQueue(async (tier, most, better) => {
    const places = Math.min(most, maxPlaces, 1 + Math.floor((roundTripMs * 1_000) / whole.everyUs))
    for (;;) {
      const sentAt = performance.now()
      const waitMs = await takeTokens(sql, [inOne(places, tier)], aheadOf(tier)).catch(() => 0) // our limit is a courtesy, Telegram's 429 is the rule
      roundTripMs = performance.now() - sentAt
      const isTaken = waitMs <= aheadOf(tier)
      await pause(isTaken ? waitMs : Math.min(waitMs, longestLookMs), isTaken ? undefined : better)
      if (isTaken) return places
      if (tier !== 'quiet') return 0 // the line may be due, or a quieter chat has come
    }
  })

  async function send(chat: TokenBucket, signal: AbortSignal | undefined): Promise<number> {
    const had = queue.spend(chat.key)
    if (queue.isFree(had)) {
      const tier = tierOf(had)
      const waitMs = await takeTokens(sql, [inOne(1, tier), chat], aheadOf(tier))
      if (waitMs <= aheadOf(tier)) return waitMs
    }
    const waitMs = await takeTokens(sql, [chat], maxWaitMs)
    if (waitMs > maxWaitMs) throw overLimit(waitMs)
    await pause(waitMs, signal)
    const patience = AbortSignal.timeout(maxWaitMs - waitMs)
    await queue.turn(chat.key, had, signal ? AbortSignal.any([signal, patience]) : patience).catch(error => {
      if (patience.aborted) throw overLimit(maxWaitMs)
      throw error
    })
    return 0
  }

  async function spare(chat: TokenBucket): Promise<number> {
    const waitMs = queue.isFree(0) ? await takeTokens(sql, [spareOf(whole), spareOf(chat)], 0) : maxWaitMs
    if (waitMs > 0) throw overLimit(waitMs)
    return 0
  }

  async function answer(userId: number | undefined): Promise<number> {
    if (userId === undefined) return 0 // a checkout: Telegram cancels the payment if it is not answered
    if ((await takeTokens(sql, [{ key: `tg:a:${userId}`, ...ofPresser }], 0)) === 0) return 0
    const waitMs = await takeTokens(sql, [forHaste], 0)
    if (waitMs > 0) throw overLimit(waitMs)
    return 0
  }

  return async ({ chatId, isGroup, kind, userId, isSpare, signal }: LimitedCall) => {
    if (kind === 'answer') return answer(userId)
    if (kind === 'action' && !queue.isFree(0)) throw overLimit(maxWaitMs)
    if (kind === 'action' || kind === 'other') return 0
    // An edit of an inline message has no chat.
    if (chatId === undefined) return takeTokens(sql, [whole], maxWaitMs)
    const chat = { key: `tg:${chatId}`, ...(isGroup ? inGroup : inChat[kind]) }
    return isSpare ? spare(chat) : send(chat, signal)
  }
}

// As often the queue looks who is next.
const longestLookMs = 40

/** Only who finds nothing kept for others may take a place before it is free. */
const aheadOf = (tier: Tier): number => (tier === 'quiet' ? aheadMs : 0)

/** The bot's bucket for a chat of this tier, in units of `places` tokens. */
const inOne = (places: number, tier: Tier): TokenBucket => ({
  key: whole.key,
  everyUs: whole.everyUs * places,
  burst: Math.max(1, Math.floor((whole.burst - keptFor[tier]) / places)),
})

const overLimit = (retryAfterMs: number) =>
  new TelegramRefused('rate_limited', 'the budget of calls is used up', { retryAfterMs })
