import type { Sql } from '../database/db.ts'
import { pause } from '../errors.ts'
import { type Rate, takeRate } from '../rates.ts'
import type { Pace, PacedCall } from './client.ts'
import { createFairQueue } from './fair-queue.ts'
import { TelegramRefused } from './refused.ts'

// About 30 messages a second for a bot, 1 a second in a chat with short bursts, 20 a minute in a group:
// docs/providers/telegram.md, "Sending". An edit weighs half a message.
const whole = { key: 'tg', everyUs: 40_000, burst: 25 }
const inChat = { send: { everyUs: 1_000_000, burst: 4 }, edit: { everyUs: 500_000, burst: 8 } }
const inGroup = { everyUs: 3_000_000, burst: 5 }
// Answers to presses are no messages, and take nothing from them. Each person has a share that nobody else can use up:
// more than the 20 presses a minute that are acted on. Who presses faster is answered while there are some left for all.
const ofPresser = { everyUs: 2_000_000, burst: 10 }
const forHaste = { key: 'tg:answers', everyUs: 33_333, burst: 60 }
// Below what the client is ready to wait, so that no place is taken for a call that is given up.
const maxWaitMs = 25_000
// So far ahead a place may be taken without a look at who else waits.
const aheadMs = 200
// Places that are asked for at once: as many as fall due while the database answers, so that a slow one costs no sends.
const maxPlaces = 10

/**
 * Telegram's limits, shared by all machines through the database. Within a machine a chat that has had much lately waits for
 * those that have had little. Throws TelegramRefused `rate_limited` for what would wait longer than it is worth: an answer to
 * a press waits for nothing, the rest for `maxWaitMs`.
 */
export function createPace(sql: Sql): Pace {
  let roundTripMs = 0
  const queue = createFairQueue(async most => {
    const places = Math.min(most, maxPlaces, 1 + Math.floor((roundTripMs * 1_000) / whole.everyUs))
    for (;;) {
      const asked = performance.now()
      const waitMs = await takeRate(sql, [inOne(places)], aheadMs).catch(() => 0) // our budget is a courtesy, 429 is the law
      roundTripMs = performance.now() - asked
      await pause(waitMs <= aheadMs ? waitMs : waitMs - aheadMs)
      if (waitMs <= aheadMs) return places
    }
  })

  async function send(chat: Rate, signal: AbortSignal | undefined): Promise<number> {
    if (queue.isEmpty()) {
      const waitMs = await takeRate(sql, [whole, chat], aheadMs)
      if (waitMs <= aheadMs) {
        queue.count(chat.key)
        return waitMs
      }
    }
    const waitMs = await takeRate(sql, [chat], maxWaitMs)
    if (waitMs > maxWaitMs) throw overLimit(waitMs)
    await pause(waitMs, signal)
    const patience = AbortSignal.timeout(maxWaitMs - waitMs)
    await queue.turn(chat.key, signal ? AbortSignal.any([signal, patience]) : patience).catch(error => {
      if (patience.aborted) throw overLimit(maxWaitMs)
      throw error
    })
    return 0
  }

  async function answer(userId: number | undefined): Promise<number> {
    if (userId === undefined) return 0 // a checkout: Telegram cancels the payment if it is not answered
    if ((await takeRate(sql, [{ key: `tg:a:${userId}`, ...ofPresser }], 0)) === 0) return 0
    const waitMs = await takeRate(sql, [forHaste], 0)
    if (waitMs > 0) throw overLimit(waitMs)
    return 0
  }

  return async ({ chatId, isGroup, kind, userId, signal }: PacedCall) => {
    if (kind === 'answer') return answer(userId)
    if (kind === 'other') return 0
    // Without a chat it is an edit of an inline message.
    if (chatId === undefined) return takeRate(sql, [whole], maxWaitMs)
    return send({ key: `tg:${chatId}`, ...(isGroup ? inGroup : inChat[kind]) }, signal)
  }
}

/** The budget of the whole, so many places at a time. */
const inOne = (places: number): Rate => ({
  key: whole.key,
  everyUs: whole.everyUs * places,
  burst: Math.floor(whole.burst / places),
})

const overLimit = (retryAfterMs: number) =>
  new TelegramRefused('rate_limited', 'the budget of calls is used up', { retryAfterMs })
