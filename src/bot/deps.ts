import type { Catalogue } from '../catalogue/models.ts'
import type { FileValue } from '../catalogue/parameters.ts'
import type { Sql } from '../database/db.ts'
import type { ModelStats } from '../events/repository.ts'
import type { Log, Scrub } from '../log.ts'
import type { About } from '../media/inspector.ts'
import type { MonthlyPlan } from '../monthly-plans.ts'
import type { Limits, Ref } from '../payments/generations.ts'
import type { Taken } from '../payments/late-results.ts'
import type { Enqueue, Order } from '../payments/order.ts'
import type { Settled, Started } from '../payments/order-statements.ts'
import type { Paid } from '../payments/top-ups.ts'
import type { TaskState } from '../upstream/answers.ts'
import type { Downloaded } from '../upstream/download.ts'

/** The dependencies of the screens: a plain argument of every Composer. */
export type BotDeps = {
  sql: Sql
  /** For admin actions only: a login with its own rights. */
  adminSql: Sql
  /** All models, including those that are off: past and running orders refer to them. */
  catalogue: Catalogue
  /** The models that can be ordered now. */
  forSale: Catalogue
  /** The cache behind `forSale`. */
  modelHealth: { refresh(): Promise<void> }
  log: Log
  limits: Limits
  /** Kopecks; the welcome bonus of a new user, 0 for none. */
  startBonusKop: number
  adminIds: readonly number[]
  /** Answers a minute in one group, and to one member; kopecks of its money that one member of a new group may spend a day. */
  groupLimits: { perMinute: number; memberPerMinute: number; memberDailyKop: number }
  /** Amounts of a top-up, kopecks. */
  packsKop: readonly number[]
  /** Rubles per Star, an exact decimal. */
  starRateRub: string
  /** What is sold by the month in Stars; empty for nothing. */
  plans: readonly MonthlyPlan[]
  /** Asks Telegram to stop the renewals that this person wants no longer. Returns how many are stopped. Throws Unknown. */
  stopPlans(userId: number): Promise<number>
  /** The payment provider for cards; undefined when cards are off. */
  card: { providerToken: string; vatCode: number | undefined } | undefined
  /** The details for a bank transfer, as a text; undefined when transfers are off. */
  transferDetails: string | undefined
  /** The bot's own name from getMe, without @. */
  botUsername(): string
  integration: {
    /** Throws InsufficientFunds, InDebt, Banned, QuoteExpired, QuoteClosed, TooManyOpen, FreeLimitReached, ModelOff, SalesPaused, NotFound, Unknown; in a group also GroupOff, MemberLimitReached. */
    place(order: Order): Promise<Started>
    /** `not_due`: the submit had begun. */
    cancel(ref: Ref): Promise<Settled>
  }
  /** Sells a late result. Throws InsufficientFunds, InDebt, Banned, NotFound, Unknown. */
  takeLate(ref: Ref): Promise<Taken>
  enqueue: Enqueue
  files: {
    /**
     * Fetches, inspects and stores a person's file; a picture that no model takes as it is becomes one that every model
     * takes. Throws Refused (too_big, wrong_kind, not_media, empty, dimensions, heavy, unreadable, or the code of a
     * format of media/formats.ts), Unknown.
     */
    fromTelegram(fileId: string, size: number | undefined, whose: About): Promise<FileValue>
    /** The same for a link. Throws also Refused (bad_url, private_address, redirect, not_found, too_large, truncated). */
    fromLink(url: string, whose: About): Promise<FileValue>
  }
  /** Fetches a file that Telegram has, at most 20 MB. Throws TelegramRefused, Unknown. */
  fileBytes(fileId: string, signal: AbortSignal): Promise<Uint8Array>
  /**
   * Downloads a recording that the provider publishes. Throws Refused (redirect, not_found, too_large, empty, truncated,
   * not_media, wrong_kind, bad_url, private_address), Unknown.
   */
  sample(address: string): Promise<Downloaded>
  /** Cached and refreshed once a minute: a screen never counts rows. */
  stats: {
    of(modelId: string): ModelStats | undefined
    /** Successes within 30 days. */
    popularity(modelId: string): number
  }
  /** Sends the results of a generation once more, by Telegram's file ids, to a topic; free of charge. */
  resend(ref: Ref, threadId: number | null): Promise<void>
  /** Sends the results as documents, as they were made. */
  original(ref: Ref, threadId: number | null): Promise<void>
  /** Asks Telegram for a payment of this order that no update has reported. Returns undefined when there is none yet. */
  findPayment(userId: number, orderId: string): Promise<Paid | undefined>
  operator: {
    build: { version: string; commit: string }
    /** Removes secrets from texts of others. */
    scrub: Scrub
    /** Returns a few violated invariants at most. Reads every row; throws Unknown when that takes too long. */
    broken(): Promise<{ promise: string; key: string }[]>
    /** Asks the upstream for the current state of a task. */
    task(taskId: string): Promise<TaskState>
    /** Refunds at Telegram the reversals that the ledger already has. */
    endReversals(): Promise<void>
  }
}
