import type { Sql } from '../../database/db.ts'
import { pause, Refused } from '../../errors.ts'
import { stringsFor } from '../../i18n/strings.ts'
import type { Log } from '../../log.ts'
import { checkoutRefusal } from '../../payments/top-ups.ts'
import type { Telegram } from '../../telegram/api.ts'
import { answerPress } from '../../telegram/client.ts'
import { answerPreCheckout } from '../../telegram/payments.ts'
import { languageOf } from '../../users/users.ts'

export type FastPath = {
  /** Called with every update before it is stored: a checkout is answered even when it cannot be. */
  checkout(update: Arrived): void
  /** Called with every new update, before it is queued. */
  arrived(update: Arrived): void
  /** Called when a worker of this process begins with an update. */
  begun(updateId: number): void
  close(): void
}
type Arrived = {
  update_id?: number
  callback_query?: { id: string; from?: { id: number } }
  pre_checkout_query?: Checkout
}
type Checkout = {
  id: string
  from: { id: number; language_code?: string }
  currency: string
  total_amount: number
  invoice_payload: string
}

// A press is normally answered by its handler, possibly with a text. When earlier updates delay the handler for longer
// than this, the press gets an empty answer, so the button does not hang.
const patienceMs = 1_200

// Telegram gives up after ten seconds, the person sooner. A database that has not answered by then will not.
const checkoutMs = 900

/** Answers the updates that cannot wait in a queue: checkouts, which have 10 s, and presses (docs/providers/telegram.md). */
export function createFastPath({ sql, telegram, log }: { sql: Sql; telegram: Telegram; log: Log }): FastPath {
  const waiting = new Map<number, NodeJS.Timeout>()
  const quietly = (what: string, call: Promise<unknown>) => {
    call.catch(error => {
      // A rate limit means presses faster than a person can make: no warning.
      const isHaste = error instanceof Refused && error.code === 'rate_limited'
      log[isHaste ? 'debug' : 'warn']({ err: error }, `${what} was not answered`)
    })
  }

  /** Reads the database only, on connections without slow queries. Refuses when it does not answer: nothing is charged then. */
  async function check({ id, from, currency, total_amount: total, invoice_payload: orderId }: Checkout): Promise<void> {
    const late = new AbortController()
    const refusal = await Promise.race([
      checkoutRefusal(sql, { userId: from.id, orderId, currency, total }),
      pause(checkoutMs, late.signal).then(() => 'unavailable' as const),
    ]).catch(error => {
      log.error({ err: error, userId: from.id }, 'a checkout could not be checked')
      return 'unavailable' as const
    })
    late.abort()
    const { refuse } = stringsFor(languageOf(null, from.language_code ?? null)).topUp
    await answerPreCheckout(telegram, id, refusal && refuse[refusal])
    log.info({ userId: from.id, orderId, refusal }, 'a checkout was answered')
  }

  return {
    checkout({ pre_checkout_query: checkout }) {
      if (checkout) quietly('a checkout', check(checkout))
    },
    arrived({ update_id: updateId, callback_query: press }) {
      if (press && updateId !== undefined) {
        const timer = setTimeout(() => {
          waiting.delete(updateId)
          quietly('a press', answerPress(telegram, { queryId: press.id, userId: press.from?.id ?? 0 }))
        }, patienceMs)
        waiting.set(updateId, timer)
      }
    },
    begun(updateId) {
      clearTimeout(waiting.get(updateId))
      waiting.delete(updateId)
    },
    close() {
      for (const timer of waiting.values()) clearTimeout(timer)
    },
  }
}
