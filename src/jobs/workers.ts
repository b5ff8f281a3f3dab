import type { Job } from 'pg-boss'
import type { Ref } from '../payments/generations.ts'
import type { Jobs, QueueName } from './boss.ts'
import { type DeliverOptions, deliverJob } from './deliver.ts'
import { checkJob, submitJob } from './follow.ts'
import type { Lanes } from './lanes.ts'
import { sweep, tidy } from './sweep.ts'

type Options = DeliverOptions & Parameters<typeof submitJob>[0] & { lanes: Lanes; jobs: Jobs }

/** Starts this machine's workers: who is woken, by what, and how many at once. */
export async function startWorkers(options: Options): Promise<void> {
  const { sql, jobs, lanes, log } = options
  const { boss, wake } = jobs

  async function work<Data extends object>(name: QueueName, atOnce: number, handle: (data: Data) => Promise<unknown>) {
    await boss.work<Data>(
      name,
      // NOTIFY wakes us for what is due now; what is due later is found by polling, twice a second.
      { localConcurrency: atOnce, batchSize: 1, pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5 },
      async ([job]: Job<Data>[]) => {
        if (!job) return
        try {
          await handle(job.data)
        } catch (error) {
          log.error({ err: error, queue: name, jobId: job.id, data: job.data }, 'a job failed')
          throw error // tried again, and after its retries kept in the queue of the dead, where /metrics counts it
        }
      },
    )
  }

  await work<{ lane: string }>('lane', 1, async ({ lane }) => lanes.run(lane))
  await work<Ref>('submit', 4, ref => submitJob(options, ref))
  await work<{ ref: Ref; sinceMs?: number }>('check', 4, ({ ref, sinceMs }) => checkJob(options, ref, sinceMs))
  await work<{ outboxId: number }>('deliver', 4, ({ outboxId }) => deliverJob(options, outboxId))
  await work<{ minute?: boolean }>('sweep', 1, async ({ minute }) => {
    // Cron knows minutes; the three sweeps between two of them are sent ahead.
    if (minute) await Promise.all([15_000, 30_000, 45_000].map(afterMs => wake.sweep(afterMs)))
    await sweep(sql, wake, log)
  })
  await work('tidy', 1, () => tidy(sql))
  await boss.schedule('sweep', '* * * * *', { minute: true })
  await boss.schedule('tidy', '17 3 * * *')

  // Whatever a process that died left behind need not wait for the clock.
  await sweep(sql, wake, log)
}
