/**
 * No answer from the other side: a lost connection, a timeout, an unreadable reply. You cannot know what happened
 * there, so repeat the call with the same id and never refund because of it.
 */
export class Unknown extends Error {
  override name = 'Unknown'
}

/** The other side refused and would refuse again. `code` is a word for rows and metrics, never a text for people. */
export class Refused extends Error {
  override name = 'Refused'
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Waits for a call whose failure harms nothing. Throws bugs of ours only. */
export async function ifPossible(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unknown)) throw error
  }
}

/** The balance does not cover the price. No money was moved. */
export class InsufficientFunds extends Error {
  override name = 'InsufficientFunds'
}

/** The quote's 15 minutes are over. No money was moved. */
export class QuoteExpired extends Error {
  override name = 'QuoteExpired'
}

/** The quote was closed: cancelled, or replaced by another. No money was moved. */
export class QuoteClosed extends Error {
  override name = 'QuoteClosed'
}

/** The user has the maximum number of running generations. */
export class TooManyOpen extends Error {
  override name = 'TooManyOpen'
}

/** The free runs of this model are used up for the hour or the day, or no bonus run covers the price. */
export class FreeLimitReached extends Error {
  override name = 'FreeLimitReached'
}

/** The group was turned off, or its money does not pay for this any longer. No money was moved. */
export class GroupOff extends Error {
  override name = 'GroupOff'
}

/** The member has spent what a member may spend of the group's money today. No money was moved. */
export class MemberLimitReached extends Error {
  override name = 'MemberLimitReached'
}

/** The model is switched off. No money was moved. */
export class ModelOff extends Error {
  override name = 'ModelOff'
}

/** The provider accepts no orders from us at the moment, so sales are paused. No money was moved. */
export class SalesPaused extends Error {
  override name = 'SalesPaused'
}

/** A payment was reversed after it was spent: the user cannot start paid runs until the debt is paid. */
export class InDebt extends Error {
  override name = 'InDebt'
}

/** The user is banned and cannot start anything. */
export class Banned extends Error {
  override name = 'Banned'
}

/** No such quote, generation or user, or it belongs to another user. */
export class NotFound extends Error {
  override name = 'NotFound'
}

/**
 * The event's `field`, a column, has a wrong form or contradicts the moved money. No money was moved. This is a bug of
 * ours.
 */
export class EventRefused extends Error {
  override name = 'EventRefused'
  readonly field: string
  constructor(field: string, generationId: string, options?: ErrorOptions) {
    super(`the event of generation ${generationId} is refused: ${field}`, options)
    this.field = field
  }
}

/** Returns the five-character SQLSTATE of a Postgres error. Undefined for other errors. */
export const sqlState = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/** Waits `ms` milliseconds, or less if `signal` ends the wait. Never rejects. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal?.aborted) return resolve()
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
    function done() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
  })
