import type { Catalogue } from '../catalogue/models.ts'
import type { FileValue } from '../catalogue/parameters.ts'
import type { Sql } from '../database/db.ts'
import type { ModelStats } from '../events/repository.ts'
import type { Log, Scrub } from '../log.ts'
import type { About, Kind } from '../media/inspector.ts'
import type { Limits, Ref } from '../payments/generations.ts'
import type { Enqueue, Order } from '../payments/order.ts'
import type { Settled, Started } from '../payments/order-statements.ts'
import type { Paid } from '../payments/top-ups.ts'
import type { TaskState } from '../upstream/answers.ts'

/** What the screens stand on; every Composer gets it as a plain argument. */
export type BotDeps = {
  sql: Sql
  /** For what admins do, and nothing else: a login with rights of its own. */
  adminSql: Sql
  /** All models, also those that are off: past and running orders have them. */
  catalogue: Catalogue
  /** Those that can be ordered now. */
  forSale: Catalogue
  /** The memory behind `forSale`. */
  modelHealth: { refresh(): Promise<void> }
  log: Log
  limits: Limits
  /** Kopecks; the welcome bonus of a new user, 0 for none. */
  startBonusKop: number
  adminIds: readonly number[]
  /** What can be added at once, kopecks. */
  packsKop: readonly number[]
  /** Rubles that one Star brings, an exact decimal. */
  starRateRub: string
  /** The payment provider for cards; undefined while that way is off. */
  card: { providerToken: string; vatCode: number | undefined } | undefined
  /** Where to transfer money to, in words for the person; undefined while that way is off. */
  transferDetails: string | undefined
  /** The bot's own name from getMe, without @. */
  botUsername(): string
  integration: {
    /** Throws InsufficientFunds, InDebt, Banned, QuoteExpired, QuoteClosed, TooManyOpen, FreeLimitReached, ModelOff, SalesPaused, NotFound, Unknown. */
    place(order: Order): Promise<Started>
    /** `not_due`: the submit had begun. */
    cancel(ref: Ref): Promise<Settled>
  }
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
    /** What a person's file is: nothing of it is stored. Throws as `fromTelegram`. */
    look(fileId: string, size: number | undefined, whose: About): Promise<Kind>
  }
  /** Prepared beforehand and refreshed once a minute: a screen never counts. */
  stats: {
    of(modelId: string): ModelStats | undefined
    /** Successes within 30 days. */
    popularity(modelId: string): number
  }
  /** Sends the results of a generation once more, by Telegram's file ids; free of charge. */
  resend(ref: Ref): Promise<void>
  /** Sends the results as documents, as they were made. */
  original(ref: Ref): Promise<void>
  /** Asks Telegram's list of Stars for a payment of this order that no update has told; undefined: there is none yet. */
  findPayment(userId: number, orderId: string): Promise<Paid | undefined>
  operator: {
    build: { version: string; commit: string }
    /** Takes what is secret out of what others wrote. */
    scrub: Scrub
    /** Rows of broken promises, a few at most. Reads everything there is; throws Unknown when that takes too long. */
    broken(): Promise<{ promise: string; key: string }[]>
    /** What the upstream says of a task now. */
    task(taskId: string): Promise<TaskState>
    /** Asks Telegram to give back what the ledger gave back already. */
    endReversals(): Promise<void>
  }
}
