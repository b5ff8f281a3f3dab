import { bad } from '../api/refusal.ts'
import type { Random } from '../random.ts'

type Verdict = { ok: boolean; error?: string }

// Telegram cancels a payment that the bot has not confirmed by then:
// https://core.telegram.org/bots/api#precheckoutquery
const CHECKOUT_MS = 10_000
const TOO_OLD = 'query is too old and response timeout expired or query ID is invalid'
const TIMED_OUT: Verdict = { ok: false, error: 'BOT_PRECHECKOUT_TIMEOUT' }

/** Pre-checkout queries that wait for the bot; no answer in time is a refusal. */
export function openCheckouts({ scale, random }: { scale: number; random: Random }) {
  const waiting = new Map<string, (verdict: Verdict) => void>()
  return {
    open() {
      const id = random.digits(18)
      const verdict = new Promise<Verdict>(resolve => {
        const timer = setTimeout(() => settle(TIMED_OUT), CHECKOUT_MS * scale)
        const settle = (verdict: Verdict) => {
          clearTimeout(timer)
          waiting.delete(id)
          resolve(verdict)
        }
        waiting.set(id, settle)
      })
      return { id, verdict }
    },
    /** Throws 400 for a query that is too old, was answered before, or never existed. */
    answer(id: string, ok: boolean, error: string | undefined) {
      const settle = waiting.get(id)
      if (!settle) throw bad(TOO_OLD)
      if (!ok && !error) throw bad('error_message must be non-empty if ok is False')
      settle(ok ? { ok } : { ok, error: error! })
    },
    close() {
      for (const settle of [...waiting.values()]) settle(TIMED_OUT)
    },
  }
}
