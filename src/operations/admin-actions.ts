import { type Static, Type } from '@sinclair/typebox'
import { only, query, type Sql, untilAnswered } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import { NotFound, sqlState } from '../errors.ts'
import { newId } from '../id.ts'
import { refusedEvent } from '../payments/event-rows.ts'

export type ActionKind =
  | 'credit'
  | 'take'
  | 'ban'
  | 'unban'
  | 'message'
  | 'refund'
  | 'approve'
  | 'deny'
  | 'parked_credit'
  | 'parked_refund'
  | 'parked_close'
  | 'promo_add'
  | 'promo_stop'
  | 'give_back'

/** A change that an admin requests. `subject`: the charge, order, code or run it is about. */
export type Change = {
  kind: ActionKind
  userId: number | null
  subject: string | null
  amountKop: number | null
  reason: string
  /** Of a promo code: how many people, and until when. */
  promo?: { uses: number; until: string }
}

export const actionPut = query(
  Type.Object({}),
  (sql, id: string, adminId: number, { kind, userId, subject, amountKop, reason, promo }: Change) => sql`
    select from pay.admin_ask(${id}, ${adminId}, ${kind}, ${userId}, ${subject}, ${amountKop}, ${promo ?? {}}, ${reason})`,
)

/** Stores a requested change; nothing changes before it is confirmed. Returns the id that its buttons carry. */
export async function requestChange(sql: Sql, adminId: number, change: Change): Promise<string> {
  const id = newId()
  await untilAnswered(() => actionPut(sql, id, adminId, change))
  return id
}

const Action = Type.Object({
  id: Type.String(),
  kind: Type.Unsafe<ActionKind>(Type.String()),
  userId: Nullable(Type.Integer()),
  subject: Nullable(Type.String()),
  amountKop: Nullable(Type.Integer()),
  reason: Type.String(),
  isOpen: Type.Boolean(),
})
export type Action = Static<typeof Action>

export const actionById = query(
  Action,
  (sql, id: string) => sql`
    select id, kind, user_id as "userId", subject, amount_kop as "amountKop", reason,
      done_at is null and expires_at > now() as "isOpen"
    from pay.admin_actions where id = ${id}`,
)

const Done = Type.Object({
  isDone: Type.Boolean(),
  outcome: Type.String(),
  balanceKop: Nullable(Type.Integer()),
  debtKop: Nullable(Type.Integer()),
})
/** `isDone`: this call applied it. `outcome`: the same for every later call; `large` and `unsure` need a second confirmation. */
export type Done = Static<typeof Done>

export const adminDo = query(
  Done,
  (sql, id: string, adminId: number, isSure: boolean) => sql`
    select done as "isDone", outcome, balance_kop as "balanceKop", debt_kop as "debtKop"
    from pay.admin_do(${id}, ${adminId}, ${isSure})`,
)

export const adminGiveBack = query(
  Done,
  (sql, event: object | null, id: string, adminId: number) => sql`
    select done as "isDone", outcome, balance_kop as "balanceKop", debt_kop as "debtKop"
    from pay.admin_give_back(${event}, ${id}, ${adminId})`,
)

/**
 * Applies a confirmed change once; safe to repeat. `event`: the event row of a confirmed refund of a run
 * (`givenBackRow`). Throws NotFound (unknown, out of date), EventRefused, Unknown.
 */
export async function confirm(
  sql: Sql,
  id: string,
  adminId: number,
  isSure: boolean,
  event: object | null = null,
): Promise<Done> {
  const act = () => (event && isSure ? adminGiveBack(sql, event, id, adminId) : adminDo(sql, id, adminId, isSure))
  try {
    return await untilAnswered(async () => only(await act()))
  } catch (error) {
    if (sqlState(error) === 'P0404') throw new NotFound(`action ${id} of admin ${adminId}`, { cause: error })
    throw refusedEvent(error, id)
  }
}

export const adminDrop = query(
  Type.Object({ isDropped: Type.Boolean() }),
  (sql, id: string) => sql`select pay.admin_drop(${id}) as "isDropped"`,
)

/** Records in the audit log that an admin saw private content of a person. */
export const auditView = query(
  Type.Object({}),
  (sql, adminId: number, kind: 'prompt', userId: number, subject: string) => sql`
    select from pay.audit_look(${adminId}, ${kind}, ${userId}, ${subject})`,
)

const Entry = Type.Object({
  at: Type.Date(),
  adminId: Type.Integer(),
  kind: Type.String(),
  reason: Nullable(Type.String()),
  amountKop: Nullable(Type.Integer()),
  outcome: Nullable(Type.String()),
})
export type AuditEntry = Static<typeof Entry>

/** The audit log of a person, newest first. */
export const auditOf = query(
  Entry,
  (sql, userId: number, limit: number) => sql`
    select l.at, l.admin_id as "adminId", l.kind, l.reason, a.amount_kop as "amountKop", a.outcome
    from pay.audit_log l left join pay.admin_actions a on a.id = l.action_id
    where l.user_id = ${userId} order by l.id desc limit ${limit}`,
)
