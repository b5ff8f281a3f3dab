import { type Static, Type } from '@sinclair/typebox'
import { only, query, type Sql, untilAnswered } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import { newId } from '../id.ts'

const Claimed = Type.Object({
  result: Type.Unsafe<'credited' | 'unknown' | 'used' | 'expired' | 'gone' | 'too_many'>(Type.String()),
  amountKop: Nullable(Type.Integer()),
  balanceKop: Nullable(Type.Integer()),
})
export type Claimed = Static<typeof Claimed>

export const promoClaim = query(
  Claimed,
  (sql, userId: number, code: string, claimKey: string) => sql`
    select result, amount_kop as "amountKop", balance_kop as "balanceKop" from pay.promo_claim(${userId}, ${code}, ${claimKey})`,
)

/** Redeems a code once for a person. `claimKey`: an idempotency key, made from the message with the code. */
export const claimPromo = (sql: Sql, userId: number, code: string, claimKey: string): Promise<Claimed> =>
  untilAnswered(async () => only(await promoClaim(sql, userId, code, claimKey)))

export const bonusLeft = query(
  Type.Object({ capKop: Type.Integer(), runs: Type.Integer() }),
  (sql, userId: number) => sql`
    select cap_kop as "capKop", sum(runs - used)::int as runs from pay.bonus_grants
    where user_id = ${userId} and used < runs group by cap_kop order by cap_kop`,
)
/** Bonus runs left, each for a price up to `capKop`. */
export type BonusRuns = { capKop: number; runs: number }

/** Returns the bonus runs that cover a price, with the lowest cap: those are used first. */
export async function bonusFor(sql: Sql, userId: number, priceKop: number): Promise<BonusRuns | undefined> {
  return (await bonusLeft(sql, userId)).find(({ capKop }) => priceKop > 0 && priceKop <= capKop)
}

const Invitations = Type.Object({ came: Type.Integer(), counted: Type.Integer(), shared: Type.Integer() })

export const refCode = query(
  Type.Object({ code: Type.String() }),
  (sql, userId: number, code: string) => sql`select pay.ref_code(${userId}, ${code}) as code`,
)
export const invitationsOf = query(
  Invitations,
  (sql, userId: number) => sql`
    select count(*) as came, count(rewarded_at) as counted, count(*) filter (where via = 'share') as shared
    from pay.referrals where inviter = ${userId}`,
)

/** Returns the code of a person's invitation link, made where there is none yet. */
export const invitationCode = async (sql: Sql, userId: number): Promise<string> =>
  (await untilAnswered(async () => only(await refCode(sql, userId, newId())))).code

/** Returns the code of a person's invitation link and its results: `shared` of them by a result. `runs`: the bonus runs left. */
export async function invitations(sql: Sql, userId: number) {
  const [code, counts, left] = await Promise.all([
    invitationCode(sql, userId),
    invitationsOf(sql, userId),
    bonusLeft(sql, userId),
  ])
  return { code, ...only(counts), runs: left.reduce((sum, { runs }) => sum + runs, 0) }
}
