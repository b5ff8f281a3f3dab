import { Type } from '@sinclair/typebox'
import { only, query, type Sql } from '../database/db.ts'
import type { Log, Scrub } from '../log.ts'
import type { OnAccountTrouble } from '../upstream/client.ts'

const words = <W extends string[]>(...list: W) => Type.Unsafe<W[number]>(Type.String({ enum: list }))

export const accountOpen = query(
  Type.Object({ word: words('opened', 'again') }),
  (sql, cause: 'auth' | 'no_credit', reported: string, needs: string | null) => sql`
    select pay.account_open(${cause}, ${reported}, ${needs}) as word`,
)
export const accountHalfOpen = query(
  Type.Object({ isHalfOpen: Type.Boolean() }),
  (sql, credits: string, restMs: number) => sql`
    select pay.account_half_open(${credits}, ${`${restMs} milliseconds`}) as "isHalfOpen"`,
)
/**
 * Whether you may send an order of this many credits. `closed`: yes. `trial`: yes, alone, to test the account. `wait`:
 * not yet.
 */
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
 * The circuit breaker of our account at the provider, shared by all machines. `isPaused`: no order is sold now, or none
 * of this many credits. Half-open: one order is sold while no other trial runs.
 */
export const accountState = query(
  Type.Object({ isOpen: Type.Boolean(), isPaused: Type.Boolean(), cause: Cause }),
  (sql, credits: string | null = null) => sql`
    select opened_at is not null as "isOpen", cause,
      coalesce(needs_credits <= ${credits}::numeric, false) or opened_at is not null and (half_open_at is null
        or coalesce(trial_until > now(), false) or cause = 'no_credit' and coalesce(has_credits < ${credits}::numeric, false)) as "isPaused"
    from pay.provider_account where is_only`,
)

/** Milliseconds from a refusal to the next try. An outage takes at least as long. */
export const accountRestMs = 20_000
// One balance request covers all calls that the provider's firewall refused within this time.
const requestAgainMs = 10_000

type Options = {
  sql: Sql
  log: Log
  scrub: Scrub
  /** Requests our balance from the provider. Its refusal comes back to `onAccountTrouble`. */
  credit(): Promise<number>
  /** Called when the breaker has opened, to notify the admins. */
  opened(): Promise<void>
}

/**
 * Opens the breaker if an answer refuses our account. Requests the balance at once, in case the trouble is already
 * over.
 */
export function createAccountBreaker({ sql, log, scrub, credit, opened }: Options): {
  onAccountTrouble: OnAccountTrouble
} {
  let requestedAt = Number.NEGATIVE_INFINITY
  const request = async () => {
    const credits = await credit().catch(() => undefined) // a refusal comes to `onAccountTrouble`
    if (credits !== undefined) await accountHalfOpen(sql, String(credits), 0)
  }
  return {
    async onAccountTrouble({ call, cause, isCertain, message, credits = null }) {
      try {
        if (!isCertain) {
          // The firewall may have refused the content of one request. The balance request has no content.
          if (performance.now() - requestedAt < requestAgainMs) return
          requestedAt = performance.now()
          await credit().catch(() => {})
          return
        }
        const { word } = only(await accountOpen(sql, cause, scrub(message), credits))
        log.error({ call, cause, reason: scrub(message), word }, 'the provider refuses our account')
        if (word !== 'opened') return
        await opened()
        await request()
      } catch (error) {
        log.error({ err: error, call, cause }, 'a refusal of our account could not be noted')
      }
    },
  }
}
