import { type Static, Type } from '@sinclair/typebox'
import { query, type Sql } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'

const Wallet = Type.Object({
  balanceKop: Type.Integer(),
  atWorkKop: Type.Integer(),
  atWorkCount: Type.Integer(),
  debtKop: Type.Integer(),
})
/** Kopecks. `balanceKop` can be spent; `atWorkKop` is on hold for running generations and no part of it; `debtKop` is owed
 * after a reversed payment. */
export type Wallet = Static<typeof Wallet>

export const walletOf = query(
  Wallet,
  (sql, userId: number) => sql`
    select w.balance_kop as "balanceKop", coalesce(g.held, 0)::bigint as "atWorkKop", coalesce(g.n, 0)::int as "atWorkCount",
      w.debt_kop as "debtKop"
    from pay.wallets w
    left join (select sum(price_kop) as held, count(*) as n from pay.generations
               where user_id = ${userId} and finished_at is null) g on true
    where w.user_id = ${userId}`,
)

/** Reads the wallet of a user; all zero for a user without one. */
export async function readWallet(sql: Sql, userId: number): Promise<Wallet> {
  const [row] = await walletOf(sql, userId)
  return row ?? { balanceKop: 0, atWorkKop: 0, atWorkCount: 0, debtKop: 0 }
}

/** Returns the kopecks that can be spent. */
export const balanceOf = async (sql: Sql, userId: number): Promise<number> => (await readWallet(sql, userId)).balanceKop

const Operation = Type.Object({
  seq: Type.Integer(),
  /** The kind of the ledger entry; `hold` for the debit of an open run. */
  kind: Type.String(),
  amountKop: Type.Integer(),
  balanceAfterKop: Type.Integer(),
  generationId: Nullable(Type.String()),
  modelId: Nullable(Type.String()),
  /** Of the payment that this entry credits or reverses. */
  chargeId: Nullable(Type.String()),
  createdAt: Type.Date(),
})
export type Operation = Static<typeof Operation>

/** Ledger entries of a user before the entry `before` (its seq), newest first. */
export const operations = query(
  Operation,
  (sql, userId: number, before: number, limit: number) => sql`
    select l.seq, case when l.kind = 'debit' and g.finished_at is null then 'hold' else l.kind end as kind, l.amount_kop as "amountKop", l.balance_after as "balanceAfterKop",
      l.generation_id as "generationId", g.model_id as "modelId",
      case when l.kind in ('topup', 'reversal') then substr(l.external_ref, strpos(l.external_ref, ':') + 1) end as "chargeId",
      l.created_at as "createdAt"
    from pay.ledger_entries l
    left join pay.generations g on g.user_id = l.user_id and g.id = l.generation_id
    where l.user_id = ${userId} and l.seq < ${before}
    order by l.seq desc
    limit ${limit}`,
)
