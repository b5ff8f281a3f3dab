import type { Sql } from '../database/db.ts'
import type { Log, Scrub } from '../log.ts'
import type { Upstream } from '../upstream/client.ts'
import type { ResultFile } from '../upstream/collect.ts'
import type { UpstreamRateLimiter } from '../upstream/rate-limiter.ts'
import type { ResultStore } from '../upstream/results.ts'
import type { Ref } from './generations.ts'
import type { Quote } from './quotes.ts'

export type Order = {
  userId: number
  /** Made by the caller and stored before the call. */
  id: string
  /** The idempotency key: it can start one generation only. */
  requestKey: string
  quoteId: string
  /** The content of the quote, where the caller has it at hand; read otherwise. */
  quote?: Pick<Quote, 'modelId' | 'category' | 'priceKop'>
  chatId: number
  /** The message that turns into the progress. */
  messageId: number | null
  /** How long the upstream may take, from the submit on, before the money goes back. */
  deadlineMs: number
}

/**
 * How a generation ends. `promised`: the number of files that the upstream named, where it is more than there are
 * results. `cost`: credits that the upstream reports it took, an exact decimal.
 */
export type Ending =
  | { outcome: 'success'; results: ResultFile[]; promised?: number; cost?: string }
  | { outcome: 'failed' | 'timeout'; code: string; message: string; cost?: string }

/** Notifies a worker that there is something to do. A lost notification is found by the sweep, a doubled one is harmless. */
export type Wake = {
  /** `hasPlace`: its place in the upstream's rate limiter is reserved already, for when it comes. */
  submit(ref: Ref, afterMs?: number, hasPlace?: boolean): Promise<void>
  /** There may be news: ask the upstream once, outside of the chain of polls. */
  check(ref: Ref): Promise<void>
  /**
   * The next poll of the one chain that goes on until the end: after a while, as the attempt `pollAttempt`. `sinceMs` is
   * the generation's age at the poll before.
   */
  poll(ref: Ref, pollAttempt: number, afterMs: number, sinceMs?: number): Promise<void>
  deliver(outboxId: number, afterMs?: number): Promise<void>
}

/** What the story of an order works with. */
export type Deps = {
  sql: Sql
  upstream: Upstream
  results: ResultStore
  rateLimiter: UpstreamRateLimiter
  /** The address for the upstream's callback of a generation; undefined without a public address. */
  callbackUrl(generationId: string): string | undefined
  wake: Wake
  scrub: Scrub
  log: Log
  /** Called once for each run that this process has ended. */
  ended?(outcome: string, code: string): void
}
