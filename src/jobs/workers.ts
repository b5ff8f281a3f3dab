import type { Job } from 'pg-boss'
import type { Ref } from '../payments/generations.ts'
import { untilDone } from '../until-done.ts'
import { checkAlarms } from './alarms.ts'
import { auditLedger } from './audit.ts'
import { deliverJob } from './delivery/deliver.ts'
import type { DeliverOptions } from './delivery/delivery.ts'
import { createInProcessRunner, type InProcessRunner } from './in-process-runner.ts'
import { lateJob } from './late.ts'
import { type ModelHealthOptions, updateModelHealth } from './model-health.ts'
import { stopPlans } from './plans.ts'
import type { Jobs, QueueName } from './queue.ts'
import { endReversals, reconcileStars, removeOutdatedInvoices } from './reconcile.ts'
import { checkJob, submitJob } from './submit-and-poll.ts'
import { goOnForgetting, sweep, tidy } from './sweep.ts'
import type { Fetcher } from './updates/intake.ts'
import type { Lanes } from './updates/lanes.ts'
import { watchWebhook } from './webhook.ts'

type Options = DeliverOptions &
  Parameters<typeof auditLedger>[0] &
  Parameters<typeof checkAlarms>[0] &
  Parameters<typeof watchWebhook>[0] &
  Parameters<typeof submitJob>[0] &
  ModelHealthOptions & { lanes: Lanes; jobs: Jobs; fetcher: Fetcher }

type Check = { ref: Ref; pollAttempt?: number; sinceMs?: number }
type Update = { updateId: number }

const schedules: Partial<Record<QueueName, string>> = {
  judge: '*/2 * * * *',
  tidy: '17 * * * *',
  reconcile: '* * * * *',
  alarms: '* * * * *',
  audit: '41 * * * *',
  webhook: '* * * * *',
}

/**
 * Starts the workers of this machine: one handler per queue, with its concurrency. Waits for a database that goes away in
 * the middle. Returns the drain for work done outside pg-boss.
 */
export async function startWorkers(options: Options, signal: AbortSignal): Promise<Pick<InProcessRunner, 'drain'>> {
  const { sql, jobs, lanes, log } = options
  const { queue, enqueue } = jobs

  await queue.work<{ lane: string }>('lane', { batchSize: 50, burstWhenBatchFull: true, ...polling }, async jobs => {
    for (const { data } of jobs) lanes.run(data.lane)
  })
  const onDemand = onDemandJobs(options)
  await work(options, 'fetch-file', 4, onDemand['fetch-file'])
  await work(options, 'fetch-link', 4, onDemand['fetch-link'])
  await work(options, 'submit', 4, onDemand.submit)
  await work(options, 'check', 4, onDemand.check)
  await work(options, 'deliver', 4, onDemand.deliver)
  await work(options, 'late', 1, onDemand.late)
  await work<{ minute?: boolean }>(options, 'sweep', 1, async ({ minute }) => {
    await sweep(sql, enqueue, log)
    // Cron has a resolution of a minute: send the three sweeps in between ahead.
    if (!minute) return
    await Promise.all([15_000, 30_000, 45_000].map(afterMs => enqueue.sweep(afterMs)))
    await goOnForgetting(sql, log)
  })
  for (const [name, run] of Object.entries(scheduledJobs(options))) await work(options, name as QueueName, 1, run)
  const failed = (name: QueueName, data: object) =>
    queue.send(name, data, { startAfter: 2 }).then(
      () => {},
      error => log.warn({ err: error, queue: name }, 'a wake-up was not sent'),
    )
  const runner = createInProcessRunner({ work: onDemand, failed, log })
  jobs.offerTo(runner.tryRun)

  await untilDone('the schedules', () => schedule(queue), log, signal)
  // Finds the jobs of a process that died, without waiting for the schedule.
  await untilDone('the first sweep', () => sweep(sql, enqueue, log), log, signal)
  await untilDone('the first reconciliation', () => queue.send('reconcile', {}), log, signal)
  return runner
}

async function schedule(queue: Jobs['queue']): Promise<void> {
  await queue.schedule('sweep', '* * * * *', { minute: true })
  for (const [name, cron] of Object.entries(schedules)) await queue.schedule(name, cron)
}

// NOTIFY reports jobs that are due now; those due later are found by polling, twice a second.
const polling = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5 }

async function work<Data extends object>(
  { jobs: { queue }, log }: Options,
  name: QueueName,
  atOnce: number,
  handle: (data: Data) => Promise<unknown>,
) {
  for (let n = 0; n < atOnce; n++) {
    let worker = ''
    worker = await queue.work<Data>(name, { batchSize: 1, ...polling }, async ([job]: Job<Data>[]) => {
      if (!job) return
      // Fetch the next job at once: the burst mode of pg-boss does not cover batches of one.
      queue.notifyWorker(worker)
      try {
        await handle(job.data)
      } catch (error) {
        log.error({ err: error, queue: name, jobId: job.id, data: job.data }, 'a job failed')
        throw error // retried, and after its retries kept in the dead letter queue, where /metrics counts it
      }
    })
  }
}

/** Jobs that a person waits for. They run in this process when it has room, else through pg-boss. */
function onDemandJobs(options: Options) {
  const { fetcher, tracing } = options
  return {
    async submit({ ref, hasPlace }: { ref: Ref; hasPlace: boolean }) {
      const outcome = await tracing.request(ref.id, 'submit', () => submitJob(options, ref, hasPlace))
      // An unknown model name fails every order: open the circuit now.
      if (outcome === 'unsupported') await updateModelHealth(options)
    },
    check: ({ ref, pollAttempt, sinceMs }: Check) =>
      tracing.request(ref.id, 'check', () => checkJob(options, ref, pollAttempt, sinceMs)),
    deliver: ({ outboxId }: { outboxId: number }) => deliverJob(options, outboxId),
    late: ({ ref }: { ref: Ref }) => tracing.request(ref.id, 'late', () => lateJob(options, ref)),
    'fetch-file': ({ updateId }: Update) => fetcher.fetch(updateId),
    'fetch-link': ({ updateId }: Update) => fetcher.fetch(updateId),
  }
}

/** Jobs on a schedule, one at a time on each machine. */
const scheduledJobs = (options: Options) => ({
  judge: () => updateModelHealth(options),
  async tidy() {
    const failed = await tidy(options.sql, options.log)
    if (failed.length > 0) throw new Error(`tidy failed in ${failed.join(', ')}`)
  },
  async reconcile() {
    // Independent: a failed refund must not stop the reading of payments.
    const ends = await Promise.allSettled([
      endReversals(options),
      stopPlans(options),
      reconcileStars(options),
      removeOutdatedInvoices(options),
    ])
    const failed = ends.find(end => end.status === 'rejected')
    if (failed) throw failed.reason
  },
  alarms: () => checkAlarms(options),
  audit: () => auditLedger(options),
  webhook: () => watchWebhook(options),
})
