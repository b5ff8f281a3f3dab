import type { Log } from '../log.ts'
import type { QueueName } from './queue.ts'

export type Hands = {
  /** Begins with it now; false when this process has enough to do, or ends. */
  take(name: QueueName, data: object): boolean
  /** Resolves when what has begun is done; nothing new begins. */
  drain(): Promise<void>
}

type Options = {
  work: Partial<Record<QueueName, (data: never) => Promise<unknown>>>
  /** What failed goes to the job engine, which tries it again. */
  failed(name: QueueName, data: object): Promise<void>
  log: Log
}

// Of one kind at once. The rest is the job engine's, which shares it out among all machines.
const mostAtOnce = 16
// Fetches mostly wait for the other side, and each of a kind is another person's. Links and files from Telegram have places
// of their own, so that slow hosts hold up no photo.
const most: Partial<Record<QueueName, number>> = { 'fetch-link': 64, 'fetch-file': 32 }

/**
 * What is due now is done by the process that learned of it: the way through the job engine costs three statements and
 * a wake-up. The rows are the truth here too: what a process that dies had in its hands is found by the sweep.
 */
export function createHands({ work, failed, log }: Options): Hands {
  const busy = new Map<QueueName, number>()
  const running = new Set<Promise<void>>()
  let isDraining = false
  const atWork = (name: QueueName) => busy.get(name) ?? 0

  async function begin(name: QueueName, data: object, handle: (data: never) => Promise<unknown>) {
    busy.set(name, atWork(name) + 1)
    try {
      await handle(data as never)
    } catch (error) {
      log.error({ err: error, queue: name, data }, 'a job failed')
      await failed(name, data)
    } finally {
      busy.set(name, atWork(name) - 1)
    }
  }

  return {
    take(name, data) {
      const handle = work[name]
      if (!handle || isDraining || atWork(name) >= (most[name] ?? mostAtOnce)) return false
      const one = begin(name, data, handle).finally(() => running.delete(one))
      running.add(one)
      return true
    },
    async drain() {
      isDraining = true
      await Promise.allSettled(running)
    },
  }
}
