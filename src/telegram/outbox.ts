import { type Static, Type } from '@sinclair/typebox'
import { query } from '../db.ts'

const Outgoing = Type.Object({
  id: Type.Integer(),
  userId: Type.Integer(),
  body: Type.Object({ kind: Type.Literal('generation'), generationId: Type.String() }),
  attempts: Type.Integer(),
})
/** A message that must reach a person. Its only kind so far tells how a generation ended. */
export type Outgoing = Static<typeof Outgoing>

// Longer than the largest upload takes; a worker that died leaves the message to the next one after this.
const hold = '3 minutes'

export const outboxTake = query(
  Outgoing,
  (sql, id: number) => sql`
    select id, user_id as "userId", body, attempts from pay.outbox_take(${id}, ${hold})`,
)

export type Mark = {
  messageId: number | null
  /** Telegram's file ids of the outputs, by position. */
  files: { n: number; file_id: string; sent_as: string }[]
  dead: string | null
  againMs: number | null
}
export const outboxMark = query(
  Type.Object({ isMine: Type.Boolean() }),
  (sql, id: number, attempt: number, { messageId, files, dead, againMs }: Mark) => sql`
    select pay.outbox_mark(${id}, ${attempt}, ${messageId}, ${files}, ${dead},
      ${againMs === null ? null : `${againMs} milliseconds`}) as "isMine"`,
)

export const outboxRevive = query(
  Type.Object({ id: Type.Integer() }),
  (sql, userId: number) => sql`select id from pay.outbox_revive(${userId}) as id`,
)

/** Messages that nobody sent in time. */
export const waitingOutbox = query(
  Type.Object({ id: Type.Integer() }),
  (sql, limit: number) => sql`
    select id from pay.outbox where done_at is null and next_at <= now() order by next_at limit ${limit}`,
)
