import { conflict } from '../api/refusal.ts'
import type { Queues } from './queues.ts'

export type Poll = { offset: number; limit: number; timeoutMs: number }

/** The one getUpdates call that may wait; a second one ends it. */
export function openPolling({ queues, paused }: { queues: Queues; paused(): boolean }) {
  let open: { answer(): void; replace(): void } | undefined
  const replace = () => open?.replace()

  return {
    /** Answers the waiting call if there is an update for it. */
    answer: () => open?.answer(),
    replace,
    /** Acknowledges everything below `offset` and waits up to `timeoutMs` for the first update. */
    wait({ offset, limit, timeoutMs }: Poll, pump: () => void) {
      queues.confirm(offset < 0 ? (queues.pending().at(offset)?.entry.updateId ?? 0) : offset)
      replace()
      return new Promise<object[]>((resolve, reject) => {
        const timer = setTimeout(() => finish(() => resolve([])), timeoutMs)
        const finish = (settle: () => void) => {
          clearTimeout(timer)
          if (open === mine) open = undefined
          settle()
        }
        const mine = {
          answer() {
            const ready = paused() ? [] : queues.pending().slice(0, limit)
            for (const { entry } of ready) entry.tries++
            if (ready.length > 0) finish(() => resolve(ready.map(({ json }) => JSON.parse(json) as object)))
          },
          replace: () => finish(() => reject(conflict(REPLACED))),
        }
        open = mine
        pump()
      })
    },
  }
}

const REPLACED = 'terminated by other getUpdates request; make sure that only one bot instance is running'
