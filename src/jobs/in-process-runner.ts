import type { Log } from '../log.ts'
import type { QueueName } from './queue.ts'

export type InProcessRunner = {
  /** Starts the job now. Returns false when this process has enough to do, is draining, or does not know the queue. */
  tryRun(name: QueueName, data: object): boolean
  /** Starts nothing new; resolves when all running jobs are done. */
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
// Fetches mostly wait for the other side, and each is another person's. Links and files from Telegram have slots of their
// own, so that slow hosts do not delay photos.
const most: Partial<Record<QueueName, number>> = { 'fetch-link': 64, 'fetch-file': 32 }

/**
 * Runs a job that is due now in the process that learned of it: the way through pg-boss costs three statements and a
 * notification. The rows are the truth here too: the sweep finds what a process was running when it died.
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
