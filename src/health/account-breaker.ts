import { Type } from '@sinclair/typebox'
import { only, query, type Sql } from '../db.ts'
import type { Log, Scrub } from '../log.ts'
import type { HeardOfAccount } from '../upstream/client.ts'

const words = <W extends string[]>(...list: W) => Type.Unsafe<W[number]>(Type.String({ enum: list }))

export const accountOpen = query(
  Type.Object({ word: words('opened', 'again') }),
  (sql, cause: 'auth' | 'no_credit', said: string, needs: string | null) => sql`
    select pay.account_open(${cause}, ${said}, ${needs}) as word`,
)
export const accountHalfOpen = query(
  Type.Object({ isHalfOpen: Type.Boolean() }),
  (sql, credits: string, restMs: number) => sql`
    select pay.account_half_open(${credits}, ${`${restMs} milliseconds`}) as "isHalfOpen"`,
)
/** What to do with an order that takes so many credits: send it, send it alone to try the account, or not yet. */
export const accountAdmits = query(
  Type.Object({ word: words('closed', 'trial', 'wait') }),
  (sql, generationId: string, credits: string) => sql`select pay.account_admits(${generationId}, ${credits}) as word`,
)
export const accountRelease = query(
  Type.Object({}),
  (sql, generationId: string) => sql`select pay.account_release(${generationId}) as "nothing"`,
)

const Cause = Type.Union([words('auth', 'no_credit'), Type.Null()])
/**
 * The breaker of our account at the provider, as all machines see it. `isPaused`: no order is sold now, or none that takes
 * so many credits; half-open, one is while none is being tried.
 */
export const accountState = query(
  Type.Object({ isOpen: Type.Boolean(), isPaused: Type.Boolean(), cause: Cause }),
  (sql, credits: string | null = null) => sql`
    select opened_at is not null as "isOpen", cause,
      coalesce(needs_credits <= ${credits}::numeric, false) or opened_at is not null and (half_open_at is null
        or coalesce(trial_until > now(), false) or cause = 'no_credit' and coalesce(has_credits < ${credits}::numeric, false)) as "isPaused"
    from pay.provider_account where is_only`,
)

/** After a refusal, milliseconds until the account is tried again: an outage is not over in less. */
export const accountRestMs = 20_000
// Asked once for all requests that a wall in front of the API has turned away within this time.
const askAgainMs = 10_000

type Options = {
  sql: Sql
  log: Log
  scrub: Scrub
  /** Asks the provider for our balance; a refusal of it comes back to `heard`. */
  credit(): Promise<number>
  /** The breaker has opened: for the admins. */
  opened(): Promise<void>
}

/** Opens the breaker of our account when an answer refuses it, and asks at once whether it is over already. */
export function createAccount({ sql, log, scrub, credit, opened }: Options): { heard: HeardOfAccount } {
  let askedAt = Number.NEGATIVE_INFINITY
  const ask = async () => {
    const credits = await credit().catch(() => undefined) // whatever it says, it is heard
    if (credits !== undefined) await accountHalfOpen(sql, String(credits), 0)
  }
  return {
    async heard({ call, cause, isCertain, message, credits = null }) {
      try {
        if (!isCertain) {
          // One request may have displeased the wall. The balance is asked for without a word of any person's.
          if (performance.now() - askedAt < askAgainMs) return
          askedAt = performance.now()
          await credit().catch(() => {})
          return
        }
        const { word } = only(await accountOpen(sql, cause, scrub(message), credits))
        log.error({ call, cause, reason: scrub(message), word }, 'the provider refuses our account')
        if (word !== 'opened') return
        await opened()
        await ask()
      } catch (error) {
        log.error({ err: error, call, cause }, 'a refusal of our account could not be noted')
      }
    },
  }
}
