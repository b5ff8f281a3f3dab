/** Milliseconds after its deadline until a run is given up when the upstream does not answer. */
export const graceMs = 15 * 60_000

/** Milliseconds that an order waits for a provider that refuses our account, before the refund. */
export const maxPausedMs = 10 * 60_000

/** Milliseconds between two attempts of an order that waits for the provider. */
export const pausedMs = 10_000

/** How far ahead, in milliseconds, the rate limiter reserves submits, so that orders keep their sequence. */
export const maxWaitMs = 600_000

/** Milliseconds for which a write of the upstream's answer is retried: as long as a job may run. */
export const writeMs = 240_000

/** Milliseconds that a job may be late before the sweep takes over. */
export const slackMs = 20_000

export const firstPollMs = 2_500

/** The pause before the next poll of a task of this age, both in milliseconds. */
export const nextPollMs = (ageMs: number): number => (ageMs < 30_000 ? firstPollMs : ageMs < 120_000 ? 7_000 : 20_000)

/** The longest time that a job may run, in milliseconds. */
export const longestJobMs = 300_000

// The delays between a poll that found a result and its settlement.
const delays = {
  jobMs: longestJobMs,
  retriesMs: 30_000, // the pauses between the tries of a job add up to no more
  pollMs: nextPollMs(Infinity), // from one poll to the next
  sweepMs: 120_000, // until the sweep takes over from a machine that died
  skewMs: 60_000, // a standby that took over may have another clock
}

/**
 * Returns the problem with `graceMs`, or undefined. Checked at the start of the service: a run must not be given up while
 * its result may still arrive. `other`: other delays, for tests.
 */
export function graceProblem(other: Partial<typeof delays> = {}): string | undefined {
  const longestMs = Object.values({ ...delays, ...other }).reduce((sum, ms) => sum + ms, 0)
  if (longestMs < graceMs) return undefined
  return `a run is given up ${graceMs / 60_000} minutes after its deadline, and its result may be ${longestMs / 60_000} on its way`
}
