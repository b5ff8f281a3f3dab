import { tooMany } from './refusal.ts'

/** Tokens per second and the most that can be saved up. */
type Rate = { perS: number; burst: number }
type Bucket = { tokens: number; at: number }

// One message a second in a chat with bursts, 20 a minute in a group, 30 a second in all:
// https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
const PRIVATE: Rate = { perS: 1, burst: 20 }
const GROUP: Rate = { perS: 20 / 60, burst: 20 }
const WHOLE: Rate = { perS: 30, burst: 30 }
// Setting the webhook is allowed once a second.
const WEBHOOK: Rate = { perS: 1, burst: 1 }

/** Counts what the bot sends and throws 429 with whole seconds once it is too fast. Real time, whatever the scale. */
export function openLimits(enabled: () => boolean) {
  const buckets = new Map<string, Bucket>()

  function take(key: string, { perS, burst }: Rate, cost: number) {
    if (!enabled()) return
    const now = Date.now()
    const last = buckets.get(key) ?? { tokens: burst, at: now }
    const tokens = Math.min(burst, last.tokens + ((now - last.at) / 1000) * perS)
    // An album larger than what is left would never pass a full bucket by less than its size.
    const enough = tokens >= Math.min(cost, burst)
    buckets.set(key, { tokens: enough ? tokens - cost : tokens, at: now })
    if (!enough) throw tooMany(Math.max(1, Math.ceil((cost - tokens) / perS)))
  }

  return {
    /** `messages` as the chat counts them: an album is several, an edit a fraction. */
    message(chatId: unknown, messages: number) {
      if (typeof chatId === 'number') take(`chat ${chatId}`, chatId < 0 ? GROUP : PRIVATE, messages)
      take('all', WHOLE, messages)
    },
    webhook: () => take('webhook', WEBHOOK, 1),
  }
}
