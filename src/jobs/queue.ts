import { PgBoss } from 'pg-boss'
import { forPg } from '../address.ts'
import type { Log } from '../log.ts'
import type { Enqueue } from '../payments/order.ts'
import { longestJobMs } from '../payments/timing.ts'
import type { Source } from '../telegram/intakes.ts'

/** The queues of pg-boss. The rows are the truth: a job carries an id and may run twice or never. */
export const queues = [
  'lane',
  'fetch-file',
  'fetch-link',
  'submit',
  'check',
  'deliver',
  'late',
  'sweep',
  'judge',
  'tidy',
  'reconcile',
  'alarms',
  'audit',
  'webhook',
] as const
export type QueueName = (typeof queues)[number]
export const deadQueue = 'dead'

export type Jobs = {
  enqueue: Enqueue & {
    lane(lane: string): Promise<void>
    intake(updateId: number, source: Pick<Source, 'kind'>): Promise<void>
    sweep(afterMs: number): Promise<void>
  }
  queue: PgBoss
  /** From now on jobs that are due at once go to `tryRun` first, which returns whether it runs them. */
  offerTo(tryRun: (name: QueueName, data: object) => boolean): void
  /** Resolves when the connections and tables of pg-boss answer. */
  answers(): Promise<void>
  /** Waits for running jobs up to `timeoutMs` milliseconds and returns the rest to the queue. */
  stop(timeoutMs: number): Promise<void>
}

async function open(url: string, log: Log, options: { migrate: boolean; isWorker: boolean }): Promise<PgBoss> {
  const queue = new PgBoss({
    ...(await forPg(url)),
    application_name: 'telegen jobs',
    max: 4,
    connectionTimeoutMillis: 3_000,
    // Closes a connection that does not answer. Passed on to `pg`; the typings lack it.
    ...{ query_timeout: 8_000 },
    migrate: options.migrate,
    createSchema: options.migrate,
    useListenNotify: options.isWorker,
    supervise: options.isWorker,
    schedule: options.isWorker,
    superviseIntervalSeconds: 10,
    monitorIntervalSeconds: 10,
    cronMonitorIntervalSeconds: 15,
  })
  queue.on('error', error => log.error({ err: error }, 'job engine'))
  queue.on('warning', warning => log.warn({ warning }, 'job engine'))
  return queue
}

/** Creates or upgrades the schema of pg-boss and our queues: part of the migration, safe on several machines at once. */
export async function migrateJobs(url: string, log: Log): Promise<void> {
  const queue = await open(url, log, { migrate: true, isWorker: false })
  try {
    await queue.start()
    await queue.createQueue(deadQueue, { retentionSeconds: 14 * 86_400 })
    for (const name of queues) {
      const options = {
        notify: true,
        deadLetter: deadQueue,
        // A missing heartbeat shows that a worker died, and its job runs elsewhere.
        heartbeatSeconds: 15,
        expireInSeconds: longestJobMs / 1000,
        retryLimit: 3,
        retryDelay: 2,
        retryBackoff: true,
        deleteAfterSeconds: 600,
      }
      await queue.createQueue(name, options)
      await queue.updateQueue(name, options) // the queue may be of an earlier build
    }
  } finally {
    await queue.stop({ graceful: false }).catch(error => log.debug({ err: error }, 'the job engine had not started'))
  }
}

/** Connects to pg-boss. A process without the worker role only sends jobs. */
export async function startJobs(url: string, log: Log, isWorker: boolean): Promise<Jobs> {
  const queue = await open(url, log, { migrate: false, isWorker })
  try {
    await queue.start()
  } catch (error) {
    await queue.stop({ graceful: false }).catch(() => {}) // its pool and timers must not outlive the attempt
    throw error
  }
  // A job that cannot be sent does not undo the work: the row is stored, and the sweep finds it.
  let tryHere = (_name: QueueName, _data: object) => false
  const send = async (name: QueueName, data: object, afterMs = 0) => {
    if (afterMs <= 0 && tryHere(name, data)) return
    try {
      await queue.send(name, data, afterMs > 0 ? { startAfter: new Date(Date.now() + afterMs) } : {})
    } catch (error) {
      log.warn({ err: error, queue: name }, 'a wake-up was not sent')
    }
  }
  return {
    queue,
    enqueue: {
      submit: (ref, afterMs, hasPlace = false) => send('submit', { ref, hasPlace }, afterMs),
      check: ref => send('check', { ref }),
      poll: (ref, pollAttempt, afterMs, sinceMs = 0) => send('check', { ref, pollAttempt, sinceMs }, afterMs),
      deliver: (outboxId, afterMs) => send('deliver', { outboxId }, afterMs),
      late: (ref, afterMs) => send('late', { ref }, afterMs),
      lane: lane => send('lane', { lane }),
      intake: (updateId, { kind }) => send(kind === 'link' ? 'fetch-link' : 'fetch-file', { updateId }),
      sweep: afterMs => send('sweep', {}, afterMs),
    },
    offerTo: tryRun => {
      tryHere = tryRun
    },
    answers: async () => void (await queue.schemaVersion()),
    stop: timeoutMs => queue.stop({ graceful: true, timeout: timeoutMs }),
  }
}
