import type { Telegram } from 'telegraf'
import { pause } from '../errors.ts'
import type { Log } from '../log.ts'

/** What we handle. Always sent whole: left out, the previous list would stay (telegram.md §1.2). */
export const allowedUpdates = [
  'message',
  'edited_message',
  'callback_query',
  'pre_checkout_query',
  'my_chat_member',
] as const

/**
 * Tells Telegram where to send updates, never dropping those that wait. Called at every start: the same arguments
 * change nothing there, and the secret is the one thing that cannot be read back and compared.
 */
export async function registerWebhook(
  telegram: Telegram,
  { url, secret }: { url: string; secret: string },
): Promise<void> {
  await telegram.setWebhook(url, { secret_token: secret, allowed_updates: allowedUpdates, max_connections: 40 })
}

/** Calls until it succeeds, with growing pauses: a Telegram that is away must not end the process. Undefined when aborted. */
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
