import type { Job } from 'pg-boss'
import type { Ref } from '../payments/generations.ts'
import { lookForAlarms } from './alarms.ts'
import { auditBooks } from './audit.ts'
import { type DeliverOptions, deliverJob } from './deliver.ts'
import { createHands, type Hands } from './in-process-runner.ts'
import type { Fetcher } from './intake.ts'
import type { Lanes } from './lanes.ts'
import { type JudgeOptions, judge } from './model-health.ts'
import type { Jobs, QueueName } from './queue.ts'
import { endReversals, reconcileStars } from './reconcile.ts'
import { checkJob, submitJob } from './submit-and-poll.ts'
import { goOnForgetting, sweep, tidy } from './sweep.ts'
import { watchWebhook } from './webhook.ts'

type Options = DeliverOptions &
  Parameters<typeof auditBooks>[0] &
  Parameters<typeof lookForAlarms>[0] &
  Parameters<typeof watchWebhook>[0] &
  Parameters<typeof submitJob>[0] &
  JudgeOptions & { lanes: Lanes; jobs: Jobs; fetcher: Fetcher }

type Check = { ref: Ref; pollAttempt?: number; sinceMs?: number }

/**
 * Starts this machine's workers: who is woken, by what, and how many at once. Gives what ends those that work without
 * the job engine.
 */
export async function startWorkers(options: Options): Promise<Pick<Hands, 'drain'>> {
  const { sql, jobs, lanes, fetcher, tracing, log } = options
  const { boss, wake } = jobs

  // NOTIFY wakes us for what is due now; what is due later is found by polling, twice a second.
  const polling = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5 }

  async function work<Data extends object>(name: QueueName, atOnce: number, handle: (data: Data) => Promise<unknown>) {
    for (let n = 0; n < atOnce; n++) {
      let worker = ''
      worker = await boss.work<Data>(name, { batchSize: 1, ...polling }, async ([job]: Job<Data>[]) => {
        if (!job) return
        // Where there was one there may be more. The engine's own burst leaves out batches of one.
        boss.notifyWorker(worker)
        try {
          await handle(job.data)
        } catch (error) {
          log.error({ err: error, queue: name, jobId: job.id, data: job.data }, 'a job failed')
          throw error // tried again, and after its retries kept in the queue of the dead, where /metrics counts it
        }
      })
    }
  }

  await boss.work<{ lane: string }>('lane', { batchSize: 50, burstWhenBatchFull: true, ...polling }, async jobs => {
    for (const { data } of jobs) lanes.run(data.lane)
  })
  const ofOrders = {
    async submit({ ref, hasPlace }: { ref: Ref; hasPlace: boolean }) {
      const outcome = await tracing.request(ref.id, 'submit', () => submitJob(options, ref, hasPlace))
      // A name that the upstream does not know fails the next person as surely as this one: no waiting for the clock.
      if (outcome === 'unsupported') await judge(options)
    },
    check: ({ ref, pollAttempt, sinceMs }: Check) =>
      tracing.request(ref.id, 'check', () => checkJob(options, ref, pollAttempt, sinceMs)),
    deliver: ({ outboxId }: { outboxId: number }) => deliverJob(options, outboxId),
    'fetch-file': ({ updateId }: { updateId: number }) => fetcher.fetch(updateId),
    'fetch-link': ({ updateId }: { updateId: number }) => fetcher.fetch(updateId),
  }
  await work('fetch-file', 4, ofOrders['fetch-file'])
  await work('fetch-link', 4, ofOrders['fetch-link'])
  await work('submit', 4, ofOrders.submit)
  await work('check', 4, ofOrders.check)
  await work('deliver', 4, ofOrders.deliver)
  await work<{ minute?: boolean }>('sweep', 1, async ({ minute }) => {
    await sweep(sql, wake, log)
    // Cron knows minutes; the three sweeps between two of them are sent ahead.
    if (!minute) return
    await Promise.all([15_000, 30_000, 45_000].map(afterMs => wake.sweep(afterMs)))
    await goOnForgetting(sql, log)
  })
  await work('judge', 1, () => judge(options))
  await work('tidy', 1, async () => {
    const failed = await tidy(sql, log)
    if (failed.length > 0) throw new Error(`tidy failed in ${failed.join(', ')}`)
  })
  await work('reconcile', 1, async () => {
    // Apart: the list of payments is read whatever refunds do.
    const ends = await Promise.allSettled([endReversals(options), reconcileStars(options)])
    const failed = ends.find(end => end.status === 'rejected')
    if (failed) throw failed.reason
  })
  await work('alarms', 1, () => lookForAlarms(options))
  await work('audit', 1, () => auditBooks(options))
  await work('webhook', 1, () => watchWebhook(options))
  await boss.schedule('sweep', '* * * * *', { minute: true })
  await boss.schedule('judge', '*/2 * * * *')
  await boss.schedule('tidy', '17 * * * *')
  await boss.schedule('reconcile', '* * * * *')
  await boss.schedule('alarms', '* * * * *')
  await boss.schedule('audit', '41 * * * *')
  await boss.schedule('webhook', '* * * * *')

  const failed = (name: QueueName, data: object) =>
    boss.send(name, data, { startAfter: 2 }).then(
      () => {},
      error => log.warn({ err: error, queue: name }, 'a wake-up was not sent'),
    )
  const hands = createHands({ work: ofOrders, failed, log })
  jobs.offerTo(hands.take)

  // Whatever a process that died left behind need not wait for the clock.
  await sweep(sql, wake, log)
  await boss.send('reconcile', {})
  return hands
}
