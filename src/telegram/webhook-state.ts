import { type Static, Type } from '@sinclair/typebox'
import { query, type Sql } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'

// Where Telegram sends updates, from the row that all machines share (sql/migrations/0008_operations.sql).

/** `taken`: another address was found and ours was set again. `fought`: the other address came back, and we left it. */
const State = Type.Union([
  Type.Literal('ok'),
  Type.Literal('gone'),
  Type.Literal('differs'),
  Type.Literal('taken'),
  Type.Literal('fought'),
])
export type Found = 'ok' | 'gone' | 'differs' | 'taken'

export const webhookWant = query(
  Type.Object({}),
  (sql, wanted: string, url: string) => sql`select from pay.webhook_want(${wanted}, ${url})`,
)

export type WebhookReading = {
  wanted: string
  found: Found | 'unknown'
  url: string
  pending: number
  failedAt: Date | null
}

export const webhookSee = query(
  Type.Object({ state: State, maySet: Type.Boolean() }),
  (sql, { wanted, found, url, pending, failedAt }: WebhookReading) => sql`
    select state, may_set as "maySet" from pay.webhook_see(${wanted}, ${found}, ${url}, ${pending}, ${failedAt})`,
)

export const webhookSet = query(
  Type.Object({}),
  (sql, wanted: string, url: string) => sql`select from pay.webhook_set(${wanted}, ${url})`,
)

const Row = Type.Object({
  wanted: Type.String(),
  state: State,
  url: Type.String(),
  foreignUrl: Nullable(Type.String()),
  pending: Type.Integer(),
  failedS: Nullable(Type.Number()),
  unknownS: Nullable(Type.Number()),
})
/** `failedS`: seconds since the last failed delivery. `unknownS`: seconds since Telegram stopped answering. */
export type WebhookRow = Static<typeof Row>

export const webhookRow = query(
  Row,
  (sql: Sql) => sql`
    select wanted, state, url, foreign_url as "foreignUrl", pending, extract(epoch from now() - failed_at)::float8 as "failedS",
      extract(epoch from now() - unknown_at)::float8 as "unknownS"
    from pay.webhook`,
)
