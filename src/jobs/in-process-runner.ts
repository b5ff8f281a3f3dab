import type { Log } from '../log.ts'
import type { QueueName } from './queue.ts'

export type InProcessRunner = {
  /** Starts the job now. Returns false at the limit of its queue, while draining, and for a queue without a handler. */
  tryRun(name: QueueName, data: object): boolean
  /** Starts no more jobs. Resolves when the running ones are done. */
  drain(): Promise<void>
}

type Options = {
  work: Partial<Record<QueueName, (data: never) => Promise<unknown>>>
  /** Called with a job that failed: pg-boss retries it. */
  failed(name: QueueName, data: object): Promise<void>
  log: Log
}

// Per queue. Beyond this, jobs go through pg-boss, which spreads them over all machines.
const maxAtOnce = 16
// Fetches mostly wait for another host, and each belongs to another person. Links and Telegram's files have separate
// slots, so slow hosts do not delay photos.
const most: Partial<Record<QueueName, number>> = { 'fetch-link': 64, 'fetch-file': 32 }

/**
 * Runs jobs that are due now in this process: pg-boss would cost three statements and a notification each. When the process
 * dies, the sweep finds its jobs by their rows.
 */
export function createInProcessRunner({ work, failed, log }: Options): InProcessRunner {
  const running = new Map<QueueName, number>()
  const jobs = new Set<Promise<void>>()
  let isDraining = false
  const runningOf = (name: QueueName) => running.get(name) ?? 0

  async function run(name: QueueName, data: object, handle: (data: never) => Promise<unknown>) {
    running.set(name, runningOf(name) + 1)
    try {
      await handle(data as never)
    } catch (error) {
      log.error({ err: error, queue: name, data }, 'a job failed')
      await failed(name, data)
    } finally {
      running.set(name, runningOf(name) - 1)
    }
  }

  return {
    tryRun(name, data) {
      const handle = work[name]
      if (!handle || isDraining || runningOf(name) >= (most[name] ?? maxAtOnce)) return false
      const job = run(name, data, handle).finally(() => jobs.delete(job))
      jobs.add(job)
      return true
    },
    async drain() {
      isDraining = true
      await Promise.allSettled(jobs)
    },
  }
}
