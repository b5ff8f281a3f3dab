/** A refusal of the Bot API; the HTTP layer turns it into `{ok: false, error_code, description, parameters?}`. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  /** Whole seconds, with 429 only. */
  readonly retryAfterS: number | undefined
  /** The supergroup that the group has become. */
  readonly migrateTo: number | undefined

  constructor(
    status: number,
    description: string,
    { retryAfterS, migrateTo }: { retryAfterS?: number; migrateTo?: number } = {},
  ) {
    super(description)
    this.status = status
    this.retryAfterS = retryAfterS
    this.migrateTo = migrateTo
  }
}

export const bad = (text: string) => new Refusal(400, `Bad Request: ${text}`)
export const forbidden = (text: string) => new Refusal(403, `Forbidden: ${text}`)
export const conflict = (text: string) => new Refusal(409, `Conflict: ${text}`)
export const tooMany = (retryAfterS: number) =>
  new Refusal(429, `Too Many Requests: retry after ${retryAfterS}`, { retryAfterS })
