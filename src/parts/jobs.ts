import { deadQueue, type Jobs, startJobs } from '../jobs/queue.ts'
import type { Log } from '../log.ts'
import type { Wake } from '../payments/order.ts'
import type { Part, Settings } from './part.ts'
import { untilDone } from './until-done.ts'

/** Wakes the work that rows wait for. Before the start nobody is woken: the rows stand, and the sweep finds them. */
export type LateWake = Pick<Jobs['wake'], keyof Wake | 'lane' | 'intake'>

type Options = { config: Settings; databaseUrl(): string; log: Log }

/** The job queue. Its start connects to it; who works is the workers' part. */
export function openJobs({ config, databaseUrl, log }: Options) {
  // Bound late: the queue needs the address that the migration finds out, while orders and handlers are built before.
  let engine: Jobs | undefined
  const wake: LateWake = {
    submit: async (ref, afterMs, hasPlace) => engine?.wake.submit(ref, afterMs, hasPlace),
    check: async ref => engine?.wake.check(ref),
    poll: async (ref, pollAttempt, afterMs, sinceMs) => engine?.wake.poll(ref, pollAttempt, afterMs, sinceMs),
    deliver: async (outboxId, afterMs) => engine?.wake.deliver(outboxId, afterMs),
    lane: async lane => engine?.wake.lane(lane),
    intake: async (updateId, source) => engine?.wake.intake(updateId, source),
  }
  return {
    wake,
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
