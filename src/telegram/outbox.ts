import { type Static, Type } from '@sinclair/typebox'
import { query } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'

/** A notice about something the person did not do: the key of its text, and the plain values in it. */
const Notice = Type.Object({
  kind: Type.Literal('notice'),
  text: Type.Literal('friendRan'),
  values: Type.Object({ runs: Type.Integer(), capKop: Type.Integer() }),
})
export type Notice = Static<typeof Notice>
/** What has become of a person's plan at Telegram; `until` in unix seconds, null before the first month. */
const OfPlan = Type.Object({
  kind: Type.Literal('plan'),
  state: Type.Union([Type.Literal('active'), Type.Literal('canceled'), Type.Literal('failed')]),
  stars: Type.Integer(),
  until: Nullable(Type.Integer()),
})
export type OfPlan = Static<typeof OfPlan>
// An update of this person crashed the process twice and was set aside.
const Aside = Type.Object({ kind: Type.Literal('aside'), threadId: Type.Optional(Type.Integer()) })

const OfGeneration = Type.Object({
  /** How a generation ended; its result sent again; the original files of its result. */
  kind: Type.Union([Type.Literal('generation'), Type.Literal('resend'), Type.Literal('original')]),
  generationId: Type.String(),
  /** The topic in which it was asked for, if that is another than the run's. */
  threadId: Type.Optional(Nullable(Type.Integer())),
})
const OfSwitch = Type.Object({
  /** The service has switched a model off or on. For an admin. */
  kind: Type.Literal('switch'),
  modelId: Type.String(),
  n: Type.Integer(),
  /** True for the last message before further ones are suppressed. */
  isLast: Type.Boolean(),
})
// The result of a run that ended without it has come.
const OfLate = Type.Object({ kind: Type.Literal('late'), generationId: Type.String() })
const Body = Type.Union([OfGeneration, OfSwitch, Notice, OfPlan, Aside, OfLate])
export type OfGeneration = Static<typeof OfGeneration>
export type OfLate = Static<typeof OfLate>
export type OfSwitch = Static<typeof OfSwitch>
const Outgoing = Type.Object({
  id: Type.Integer(),
  userId: Type.Integer(),
  body: Body,
  attempts: Type.Integer(),
  sent: Type.Array(Type.Integer()),
})
/** A message to deliver. `sent` lists the outputs that have arrived, by position. */
export type Outgoing<Of = Static<typeof Body>> = Omit<Static<typeof Outgoing>, 'body'> & { body: Of }

// Longer than the largest upload takes. If a worker dies, another takes its message after this time.
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

/**
 * An output that has arrived. The file id is Telegram's. It is null if sending it again would not give the full result.
 */
export type SentFile = { n: number; file_id: string | null; sent_as: string | null; message_id: number | null }

/**
 * Call it between the parts of a message. Stores what has arrived and renews the lease. Returns false if another worker
 * has the message.
 */
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

/** Schedules again the messages that failed because the person was away. */
export const outboxRevive = query(
  Type.Object({ id: Type.Integer(), isResult: Type.Boolean() }),
  (sql, userId: number) => sql`
    select o.id, g.exec_state = 'success' as "isResult"
    from pay.outbox_revive(${userId}) as revived
    join pay.outbox o on o.id = revived
    join pay.generations g on g.user_id = o.user_id and g.id = o.body ->> 'generationId'`,
)

/** Messages that are overdue. */
export const waitingOutbox = query(
  Type.Object({ id: Type.Integer() }),
  (sql, limit: number) => sql`
    select id from pay.outbox where done_at is null and next_at <= now() order by next_at limit ${limit}`,
)
