import { type Static, Type } from '@sinclair/typebox'
import { only, query, type Sql, untilAnswered } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'

const Proven = Type.Object({
  result: Type.Unsafe<'waiting' | 'proof_used' | 'one_waits' | 'not_open'>(Type.String()),
})

export const topUpProve = query(
  Proven,
  (sql, userId: number, id: string, proof: string, key: string) => sql`
    select pay.top_up_prove(${userId}, ${id}, ${proof}, ${key}) as result`,
)

/** A receipt as Telegram stores it. `key` identifies the file, whoever sends it and whenever. */
export type Proof = { kind: 'photo' | 'document'; fileId: string; key: string }

/** Submits a transfer to the admins and credits nothing. Repeating is harmless. */
export async function prove(sql: Sql, userId: number, id: string, { kind, fileId, key }: Proof) {
  return (await untilAnswered(async () => only(await topUpProve(sql, userId, id, `${kind}:${fileId}`, key)))).result
}

const Request = Type.Object({
  id: Type.String(),
  userId: Type.Integer(),
  firstName: Type.String(),
  username: Nullable(Type.String()),
  amountKop: Type.Integer(),
  state: Type.String(),
  proof: Nullable(Type.String()),
  createdAt: Type.Date(),
  paidBefore: Type.Integer(),
  deniedBefore: Type.Integer(),
})
/** A transfer that a person reports, with the outcomes of their earlier ones. */
export type Request = Static<typeof Request>

export const requestById = query(
  Request,
  (sql, id: string) => sql`
    select t.id, t.user_id as "userId", u.first_name as "firstName", u.username, t.amount_kop as "amountKop", t.state,
      t.proof, t.created_at as "createdAt", b.paid as "paidBefore", b.denied as "deniedBefore"
    from pay.top_ups t join pay.users u using (user_id)
    cross join lateral (
      select count(*) filter (where x.state = 'paid') as paid, count(*) filter (where x.state = 'denied') as denied
      from pay.top_ups x where x.user_id = t.user_id and x.provider = 'manual' and x.id <> t.id) b
    where t.id = ${id} and t.provider = 'manual'`,
)

export const waitingRequests = query(
  Type.Object({ id: Type.String(), userId: Type.Integer(), amountKop: Type.Integer(), createdAt: Type.Date() }),
  (sql, limit: number) => sql`
    select id, user_id as "userId", amount_kop as "amountKop", created_at as "createdAt"
    from pay.top_ups where state = 'waiting' order by created_at limit ${limit}`,
)

/** Returns the file of a receipt, to send it again. */
export function proofOf(proof: string): Pick<Proof, 'kind' | 'fileId'> {
  const [, kind, fileId = ''] = /^(photo|document):(.+)$/.exec(proof) ?? []
  return { kind: kind === 'photo' ? 'photo' : 'document', fileId }
}
