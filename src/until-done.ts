import { pause } from './errors.ts'
import type { Log } from './log.ts'

/**
 * Calls until it succeeds, with exponential backoff: an outage of the database or of Telegram must not end the process.
 * Returns undefined when aborted.
 */
export async function untilDone<T>(
  what: string,
  call: () => Promise<T>,
  log: Log,
  signal: AbortSignal,
): Promise<T | undefined> {
  for (let tries = 0; !signal.aborted; tries += 1) {
    try {
      return await call()
    } catch (error) {
      log.error({ err: error, tries: tries + 1 }, `${what} failed, to be tried again`)
      await pause(Math.min(30_000, 500 * 2 ** tries), signal)
    }
  }
  return undefined
}
