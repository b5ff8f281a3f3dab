import { deadQueue, type Jobs, startJobs } from '../jobs/queue.ts'
import type { Log } from '../log.ts'
import type { Enqueue } from '../payments/order.ts'
import { untilDone } from '../until-done.ts'
import type { Part, Settings } from './part.ts'

/** Enqueues jobs. Before the start it does nothing: the rows are stored, and the sweep finds them. */
export type LateEnqueue = Pick<Jobs['enqueue'], keyof Enqueue | 'lane' | 'intake'>

type Options = { config: Settings; databaseUrl(): string; log: Log }

/** The job queue. The start connects to it; `openWorkers` runs the jobs. */
export function openJobs({ config, databaseUrl, log }: Options) {
  // Set at the start: the address is known after the migration, and orders and handlers are built before.
  let engine: Jobs | undefined
  const enqueue: LateEnqueue = {
    submit: async (ref, afterMs, hasPlace) => engine?.enqueue.submit(ref, afterMs, hasPlace),
    check: async ref => engine?.enqueue.check(ref),
    poll: async (ref, pollAttempt, afterMs, sinceMs) => engine?.enqueue.poll(ref, pollAttempt, afterMs, sinceMs),
    deliver: async (outboxId, afterMs) => engine?.enqueue.deliver(outboxId, afterMs),
    late: async (ref, afterMs) => engine?.enqueue.late(ref, afterMs),
    lane: async lane => engine?.enqueue.lane(lane),
    intake: async (updateId, source) => engine?.enqueue.intake(updateId, source),
  }
  return {
    enqueue,
    /** Undefined before the start. */
    engine: () => engine,
    /** Jobs that failed for good. */
    dead: async (): Promise<number> => (await engine?.queue.getQueue(deadQueue))?.totalCount ?? 0,

    async start(signal) {
      engine = await untilDone('the job engine', () => startJobs(databaseUrl(), log, config.roles.worker), log, signal)
    },
    drain: async graceMs => engine?.stop(graceMs),
  } satisfies Part
}

export type JobsPart = ReturnType<typeof openJobs>
