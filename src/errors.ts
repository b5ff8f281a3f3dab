/**
 * The world did not answer: a lost connection, a timeout, an unreadable reply. It says nothing about what happened
 * there, so ask again with the same id and never refund for it.
 */
export class Unknown extends Error {
  override name = 'Unknown'
}

/** The world said no and would say it again. `code` is a word for rows and metrics, never a text for people. */
export class Refused extends Error {
  override name = 'Refused'
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The wallet does not cover the price; nothing was taken. */
export class InsufficientFunds extends Error {
  override name = 'InsufficientFunds'
}

/** The quote's quarter of an hour has passed; nothing was taken. */
export class QuoteExpired extends Error {
  override name = 'QuoteExpired'
}

/** The price was closed: cancelled, or another took its place; nothing was taken. */
export class QuoteClosed extends Error {
  override name = 'QuoteClosed'
}

/** The user already has as many running generations as one user may. */
export class TooManyOpen extends Error {
  override name = 'TooManyOpen'
}

/** The free runs of this model are used up for the hour or the day, or no bonus run covers the price. */
export class FreeLimitReached extends Error {
  override name = 'FreeLimitReached'
}

/** The model is switched off; nothing was taken. */
export class ModelOff extends Error {
  override name = 'ModelOff'
}

/** The provider takes no orders from us for the moment, so nothing is sold; nothing was taken. */
export class SalesPaused extends Error {
  override name = 'SalesPaused'
}

/** A payment went back after it was spent: nothing paid starts until that is made up. */
export class InDebt extends Error {
  override name = 'InDebt'
}

/** Nothing starts for this user any more. */
export class Banned extends Error {
  override name = 'Banned'
}

/** No such quote, generation or user, or not this user's. */
export class NotFound extends Error {
  override name = 'NotFound'
}

/** An event of a generation whose `field`, a column, does not fit its shape or what moved; nothing moved. A bug of ours. */
export class EventRefused extends Error {
  override name = 'EventRefused'
  readonly field: string
  constructor(field: string, generationId: string, options?: ErrorOptions) {
    super(`the event of generation ${generationId} is refused: ${field}`, options)
    this.field = field
  }
}

/** The five-character SQLSTATE of a Postgres error, if it is one. */
export const sqlState = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/** Waits `ms` milliseconds, or less when `signal` ends the wait. Never rejects. */
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
