import { type Static, Type } from '@sinclair/typebox'
import type { Inputs } from '../catalogue/parameters.ts'
import { query } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import type { PaymentProvider } from './top-ups.ts'

const Payment = Type.Object({
  seq: Type.Integer(),
  provider: Type.Unsafe<PaymentProvider>(Type.String()),
  chargeId: Type.String(),
  amountKop: Type.Integer(),
  receivedAt: Type.Date(),
  refund: Nullable(Type.Unsafe<'asked' | 'done' | 'refused'>(Type.String())),
})
/** A payment of a person; `seq` is its entry in their ledger. */
export type ReceivedPayment = Static<typeof Payment>

/** The payment behind a ledger entry: its credit or its reversal. */
export const paymentBySeq = query(
  Payment,
  (sql, userId: number, seq: number) => sql`
    select l.seq, p.provider, p.charge_id as "chargeId", p.amount_kop as "amountKop", p.received_at as "receivedAt",
      r.state as refund
    from pay.ledger_entries l
    join pay.payments p on p.user_id = l.user_id and l.external_ref = p.provider || ':' || p.charge_id
    left join pay.reversals r on r.provider = p.provider and r.charge_id = p.charge_id
    where l.user_id = ${userId} and l.seq = ${seq} and l.kind in ('topup', 'reversal')`,
)

export const lastPayments = query(
  Payment,
  (sql, userId: number, limit: number) => sql`
    select l.seq, p.provider, p.charge_id as "chargeId", p.amount_kop as "amountKop", p.received_at as "receivedAt",
      r.state as refund
    from pay.payments p
    join pay.ledger_entries l on l.user_id = p.user_id and l.kind = 'topup' and l.external_ref = p.provider || ':' || p.charge_id
    left join pay.reversals r on r.provider = p.provider and r.charge_id = p.charge_id
    where p.user_id = ${userId} order by p.received_at desc limit ${limit}`,
)

const Line = Type.Object({
  at: Type.Date(),
  /** The kind of the ledger entry; `hold` for the debit of an open run, `free` or `bonus_run` for a run without a debit. */
  kind: Type.String(),
  amountKop: Nullable(Type.Integer()),
  balanceAfterKop: Nullable(Type.Integer()),
  modelId: Nullable(Type.String()),
  generationId: Nullable(Type.String()),
  execState: Nullable(
    Type.Unsafe<'queued' | 'submitting' | 'running' | 'success' | 'failed' | 'timeout'>(Type.String()),
  ),
  inputs: Nullable(Type.Unsafe<Inputs>(Type.Object({}))),
})
export type StatementLine = Static<typeof Line>

/** All ledger entries and the runs without one, newest first. */
export const statementOf = query(
  Line,
  (sql, userId: number, limit: number) => sql`
    select x.at, case when x.kind = 'debit' and g.finished_at is null then 'hold' else x.kind end as kind, x.amount_kop as "amountKop", x.balance_after as "balanceAfterKop", g.model_id as "modelId",
      g.id as "generationId", g.exec_state as "execState", q.inputs
    from (
      (select l.created_at as at, l.seq, l.kind, l.amount_kop, l.balance_after, l.generation_id
       from pay.ledger_entries l where l.user_id = ${userId} order by l.seq desc limit ${limit})
      union all
      (select f.created_at, 0, case when f.grant_ref is null then 'free' else 'bonus_run' end, null, null, f.id
       from pay.generations f where f.user_id = ${userId} and f.is_free order by f.created_at desc limit ${limit})
      order by at desc, seq desc limit ${limit}
    ) x
    left join pay.generations g on g.user_id = ${userId} and g.id = x.generation_id
    left join pay.quotes q on q.user_id = g.user_id and q.id = g.quote_id
    order by x.at desc, x.seq desc`,
)
