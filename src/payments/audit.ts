import { type Static, Type } from '@sinclair/typebox'
import { connect, type Db, query, type Sql } from '../database/db.ts'

const Report = Type.Object({
  isReplica: Type.Boolean(),
  broken: Type.Unsafe<{ promise: string; rows: number; example: string }[]>(Type.Array(Type.Object({}))),
  books: Type.Unsafe<{ question: string; left_kop: number; right_kop: number }[]>(Type.Array(Type.Object({}))),
  accounts: Type.Unsafe<{ account: string; entries: number; kop: number }[]>(Type.Array(Type.Object({}))),
  costs: Type.Unsafe<{ model_id: string; runs: number; expected: number; real: number }[]>(Type.Array(Type.Object({}))),
})
/**
 * The state of the ledger: violated invariants by kind, pairs of sums that must be equal, the sum of the legs of each
 * account (zero over all accounts), real cost by model.
 */
export type Report = Static<typeof Report>

/** Opens a connection that may read every row: ten million entries take most of a minute. */
export function openLedger(url: string): Db {
  return connect(url, { max: 1, deadlineMs: 300_000, workMem: '64MB' })
}

/** One statement, so one snapshot. */
export const auditReport = query(
  Report,
  sql => sql`
    select pg_is_in_recovery() as "isReplica",
      (select coalesce(json_agg(b), '[]') from (
        select promise, count(*)::int as rows, min(key) as example from pay.broken group by promise order by promise) b) as broken,
      (select json_agg(b) from pay.books b) as books,
      (select json_agg(a order by a.account) from pay.accounts a) as accounts,
      (select coalesce(json_agg(c order by c.model_id), '[]') from pay.costs c) as costs`,
)

// A model whose runs cost more than the catalogue says, by this factor, is sold below its price.
const maxCostRatio = 1.02

/** Returns a sentence for each problem; none when the ledger is in order. */
export function findings({ isReplica, broken, books, accounts, costs }: Report): string[] {
  const together = accounts.reduce((sum, { kop }) => sum + kop, 0)
  return [
    ...(isReplica ? ['this database is a replica: it may be behind, ask the primary'] : []),
    ...(together === 0 ? [] : [`the legs of all entries add up to ${together} and not to 0`]),
    ...broken.map(({ promise, rows, example }) => `${promise}: ${rows}, for example ${example}`),
    ...books
      .filter(({ left_kop, right_kop }) => left_kop !== right_kop)
      .map(({ question, left_kop, right_kop }) => `${question}: ${left_kop} is not ${right_kop}`),
    ...costs
      .filter(({ expected, real }) => real > expected * maxCostRatio)
      .map(
        ({ model_id, runs, expected, real }) =>
          `${model_id} cost ${real} credits in ${runs} runs, ${expected} were expected`,
      ),
  ]
}

const Received = Type.Object({ chargeId: Type.String(), total: Type.Integer(), isReversed: Type.Boolean() })
/** A payment in Stars that is booked or parked here. */
export type Received = Static<typeof Received>

export const starsReceived = query(
  Received,
  (sql, after: string, limit: number) => sql`
    select charge_id as "chargeId", max(total) as total, bool_or(is_reversed) as "isReversed" from (
      select p.charge_id, p.total, exists (select from pay.reversals r where r.provider = p.provider
        and r.charge_id = p.charge_id and r.state = 'done') as is_reversed
      from pay.payments p where p.provider = 'stars'
      union all
      select k.charge_id, k.total, k.resolution = 'refunded' from pay.parked_payments k where k.provider = 'stars') x
    where charge_id > ${after} group by charge_id order by charge_id limit ${limit}`,
)

type Movement = { id: string; amount: number; isRefund: boolean }

/** Compares Telegram's list with the ledger. `movements`: the whole list but for the last minutes. Returns a sentence for each difference. */
export async function starFindings(sql: Sql, movements: Movement[]): Promise<string[]> {
  const booked = new Map<string, Received>()
  for (let after = ''; ; ) {
    const page = await starsReceived(sql, after, 1_000)
    for (const one of page) booked.set(one.chargeId, one)
    if (page.length < 1_000) break
    after = page.at(-1)!.chargeId
  }
  const refunded = new Set(movements.flatMap(({ id, isRefund }) => (isRefund ? [id] : [])))
  const problems: string[] = []
  for (const { id, amount, isRefund } of movements) {
    const ours = booked.get(id)
    if (!ours)
      problems.push(`Telegram has the ${isRefund ? 'refund' : 'payment'} ${id} of ⭐ ${amount}, the books do not`)
    else if (!isRefund && ours.total !== amount)
      problems.push(`${id} is ⭐ ${amount} at Telegram and ⭐ ${ours.total} here`)
    else if (isRefund && !ours.isReversed) problems.push(`${id} went back at Telegram and stands here`)
  }
  const known = new Set(movements.map(({ id }) => id))
  for (const [id, { isReversed }] of booked) {
    if (!known.has(id)) problems.push(`the books have the payment ${id}, Telegram does not`)
    else if (isReversed && !refunded.has(id)) problems.push(`${id} was taken back here and not given back at Telegram`)
  }
  return problems
}
