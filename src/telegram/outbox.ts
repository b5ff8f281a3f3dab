import { type Static, Type } from '@sinclair/typebox'
import { query } from '../db.ts'

/** What happened without the person: the key of the words, and the plain values in them. */
const Notice = Type.Object({
  kind: Type.Literal('notice'),
  text: Type.Literal('friendRan'),
  values: Type.Object({ runs: Type.Integer(), capKop: Type.Integer() }),
})
export type Notice = Static<typeof Notice>

const OfRun = Type.Object({
  /** How a generation ended; its result once more; the files of its result as they were made. */
  kind: Type.Union([Type.Literal('generation'), Type.Literal('resend'), Type.Literal('original')]),
  generationId: Type.String(),
})
export type OfRun = Static<typeof OfRun>

const Body = Type.Union([OfRun, Notice])
const Outgoing = Type.Object({
  id: Type.Integer(),
  userId: Type.Integer(),
  body: Body,
  attempts: Type.Integer(),
  sent: Type.Array(Type.Integer()),
})
/** A message that must reach a person. `sent` are the outputs that have arrived, by position. */
export type Outgoing = Static<typeof Outgoing>

// Longer than the largest upload takes; a worker that died leaves the message to the next one after this.
const hold = '3 minutes'

export const outboxAdd = query(
  Type.Object({ id: Type.Integer() }),
  (sql, dedupe: string, userId: number, body: Static<typeof Body>) => sql`
    select pay.outbox_add(${dedupe}, ${userId}, ${body}) as id`,
)

export const outboxTake = query(
  Outgoing,
  (sql, id: number) => sql`
    select id, user_id as "userId", body, attempts, sent from pay.outbox_take(${id}, ${hold})`,
)

/** An output that has arrived. The file id is Telegram's, null where it leads to less than a person should get again. */
export type SentFile = { n: number; file_id: string | null; sent_as: string | null }

/** Between the parts of a message: notes what has arrived and keeps the message for us. False: it is another's now. */
export const outboxHold = query(
  Type.Object({ isMine: Type.Boolean() }),
  (sql, id: number, attempt: number, files: SentFile[]) => sql`
    select pay.outbox_hold(${id}, ${attempt}, ${files}, ${hold}) as "isMine"`,
)

export type Mark = {
  messageId: number | null
  files: SentFile[]
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
