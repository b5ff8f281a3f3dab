import type { Sql } from '../../database/db.ts'
import type { NoFiles } from '../../delivery/messages.ts'
import { Refused, Unknown } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { TelegramRefused } from '../../telegram/client.ts'
import type { Mark, Outgoing } from '../../telegram/outbox.ts'
import { isAboutChat } from '../../telegram/refused.ts'
import { markUnreachable } from '../../users/users.ts'

// A quarter of an hour without an answer, with the pauses below. A rate limit is no failure, so it has more.
const maxAttempts = 10
const maxWaits = 100

/** The outcome of a delivery; `blank` has none yet. */
export type Outcome = Omit<Mark, 'files'>
export const blank: Outcome = { messageId: null, dead: null, againMs: null }

/** Returns whether the other side refused or did not answer, as opposed to a bug of ours. */
export const isOfWorld = (error: unknown): error is Refused | Unknown =>
  error instanceof Refused || error instanceof Unknown

/** Returns whether the person cannot receive messages now. */
export const isUnreachable = (error: unknown): error is TelegramRefused =>
  error instanceof TelegramRefused && (error.code === 'blocked' || error.code === 'chat_not_found')

/** Returns why the files can never be sent; undefined when a retry may help or no message can reach the person. */
export function noFiles(error: unknown, attempts: number): NoFiles | undefined {
  if (error instanceof Unknown) return attempts < maxAttempts ? undefined : 'refused'
  if (!(error instanceof Refused) || isAboutChat(error)) return undefined
  if (error.code === 'too_big' || error.code === 'too_large') return 'too_big'
  if (error.code === 'kept_full') return 'full'
  // A missing file may appear a moment later (docs/providers/kie.md, "Results").
  if (error.code === 'not_found') return attempts < 3 ? undefined : 'gone'
  return 'refused'
}

/** Returns the outcome of a failed delivery: retry later or give up. Throws `error` when it is a bug of ours. */
export async function refusal(
  options: { sql: Sql; log: Log },
  { id, userId, attempts }: Outgoing,
  error: unknown,
): Promise<Outcome> {
  const later = (againMs: number): Outcome => ({ ...blank, againMs })
  const never = (dead: string): Outcome => ({ ...blank, dead })
  if (!isOfWorld(error)) throw error
  options.log.warn({ err: error, outboxId: id, attempt: attempts }, 'delivery did not go through')

  if (isUnreachable(error)) {
    await markUnreachable(options.sql, userId)
    return never(error.code)
  }
  if (error instanceof TelegramRefused) {
    if (error.code === 'unauthorized') return later(60_000)
    if (error.code === 'rate_limited' && attempts < maxWaits) return later((error.retryAfterMs ?? 5_000) + 500)
  }
  if (attempts >= maxAttempts) return never(error instanceof Refused ? error.code : 'no answer')
  return later(Math.min(300_000, 1_000 * 2 ** attempts))
}
