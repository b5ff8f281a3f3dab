import type { Telegram } from 'telegraf'
import type { Log } from '../log.ts'

export type FastPath = {
  /** Called with every new update, before it waits its turn. */
  arrived(update: Arrived): void
  /** Called when a worker of this process begins with an update. */
  begun(updateId: number): void
  close(): void
}
type Arrived = {
  update_id?: number
  callback_query?: { id: string }
  pre_checkout_query?: { id: string; from?: { language_code?: string } }
}

// A press is normally answered by its handler, which may have something to say. When the person's earlier updates keep
// it waiting for longer than this, it is answered without words, so that the button does not hang.
const patienceMs = 1_200

/** What must not wait behind a queue: checkouts have 10 s in all, and a press should feel alive (telegram.md §2.5). */
export function createFastPath(telegram: Telegram, log: Log): FastPath {
  const waiting = new Map<number, NodeJS.Timeout>()
  const quietly = (what: string, call: Promise<unknown>) => {
    call.catch(error => log.warn({ err: error }, `${what} was not answered`))
  }

  return {
    arrived({ update_id: updateId, callback_query: press, pre_checkout_query: checkout }) {
      if (checkout) {
        // Nothing is sold for Stars yet, so every checkout belongs to an invoice that is not ours.
        const isEnglish = checkout.from?.language_code?.startsWith('en')
        const refusal = isEnglish ? 'This invoice is out of date.' : 'Счёт устарел.'
        quietly('a checkout', telegram.answerPreCheckoutQuery(checkout.id, false, refusal))
      }
      if (press && updateId !== undefined) {
        const timer = setTimeout(() => {
          waiting.delete(updateId)
          quietly('a press', telegram.answerCbQuery(press.id))
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
