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
  /** The content of the quote, if the caller has read it. */
  quote?: Pick<Quote, 'modelId' | 'category' | 'priceKop'>
  chatId: number
  /** The topic of the chat in which it was ordered; null outside of topics. */
  threadId?: number | null
  /** The message that becomes the progress message. */
  messageId: number | null
  /** Who asked for it in a group; the payer may be the group. Such an order has a row of `pay.group_orders`. */
  askedBy?: number
  /** Milliseconds from the submit to the refund when the upstream has no result. */
  deadlineMs: number
}

/**
 * How a generation ends. `promised`: the number of files that the upstream named, where it is more than there are
 * results. `cost`: credits that the upstream reports it took, an exact decimal.
 */
export type Ending =
  | { outcome: 'success'; results: ResultFile[]; promised?: number; cost?: string }
  | { outcome: 'failed' | 'timeout'; code: string; message: string; cost?: string }

/** Enqueues the jobs of an order. The sweep replaces a lost job; a doubled one is harmless. */
export type Enqueue = {
  /** `hasPlace`: the rate limiter of the upstream has a reservation for it. */
  submit(ref: Ref, afterMs?: number, hasPlace?: boolean): Promise<void>
  /** Polls the upstream once, outside the chain of polls. */
  check(ref: Ref): Promise<void>
  /**
   * The next poll of the chain, which goes on until the run ends: after `afterMs`, as the attempt `pollAttempt`. `sinceMs`:
   * the age of the generation at the previous poll.
   */
  poll(ref: Ref, pollAttempt: number, afterMs: number, sinceMs?: number): Promise<void>
  deliver(outboxId: number, afterMs?: number): Promise<void>
  /** Looks for the result of a run that ended without it, or ends its offer. */
  late(ref: Ref, afterMs?: number): Promise<void>
}

/** The dependencies of submit, check and settle. */
export type Deps = {
  sql: Sql
  upstream: Upstream
  results: ResultStore
  rateLimiter: UpstreamRateLimiter
  /** The address for the upstream's callback of a generation; undefined without a public address. */
  callbackUrl(generationId: string): string | undefined
  enqueue: Enqueue
  scrub: Scrub
  log: Log
  /** Called once for each run that this process has ended. */
  ended?(outcome: string, code: string): void
}
