/** After its deadline, a run whose upstream cannot be asked is given up this much later, in milliseconds. */
export const graceMs = 15 * 60_000

/** An order waits this long, in milliseconds, for a provider that refuses our account; then the money goes back. */
export const maxPausedMs = 10 * 60_000

/** How often an order that waits asks whether the provider takes orders again, in milliseconds. */
export const pausedMs = 10_000

/** A place among the submits is reserved this far ahead, in milliseconds, so that orders go out as they came. */
export const maxWaitMs = 600_000

/** A write of what the upstream reported is retried this long, in milliseconds: for as long as a job may run. */
export const writeMs = 240_000

/** How much later than promised a worker may come, in milliseconds, before the sweep takes over. */
export const slackMs = 20_000

export const firstPollMs = 2_500

/** The pause before the next poll of a task of this age, both in milliseconds. */
export const nextPollMs = (ageMs: number): number => (ageMs < 30_000 ? firstPollMs : ageMs < 120_000 ? 7_000 : 20_000)

/** A job lives no longer, in milliseconds. */
export const longestJobMs = 300_000

// What may come between a poll that found a result and its settlement.
const delays = {
  jobMs: longestJobMs,
  retriesMs: 30_000, // the pauses between the tries of a job add up to no more
  pollMs: nextPollMs(Infinity), // from one poll to the next
  sweepMs: 120_000, // until the sweep takes over from a machine that died
  skewMs: 60_000, // a standby that took over may have another clock
}

/**
 * Returns what is wrong with `graceMs`, or undefined. Asked at the start of the service, before a run can be given up
 * while its result is still on the way. `other`: delays that differ, for tests.
 */
export function graceProblem(other: Partial<typeof delays> = {}): string | undefined {
  const longestMs = Object.values({ ...delays, ...other }).reduce((sum, ms) => sum + ms, 0)
  if (longestMs < graceMs) return undefined
  return `a run is given up ${graceMs / 60_000} minutes after its deadline, and its result may be ${longestMs / 60_000} on its way`
}
