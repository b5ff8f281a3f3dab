import { createHash } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import { query, type Sql } from '../db.ts'

/** An update as it will be stored. `dead` says why it can never be handled. */
export type Incoming = { updateId: number; lane: string; payload: unknown; dead: string | null }

/**
 * Reads the body of an authentic webhook call. Never throws: what is not JSON, or not an update, is kept as it is under
 * an id made of its bytes, so that a repeat of it is recognised (telegram.md §2.3: never a 4xx for an authentic update).
 */
export function readUpdate(body: string): Incoming {
  let payload: unknown
  try {
    payload = JSON.parse(body)
  } catch {
    return odd(body, 'not JSON')
  }
  const updateId = field(payload, 'update_id')
  if (typeof updateId !== 'number' || !Number.isSafeInteger(updateId) || updateId < 0) return odd(body, 'no update_id')
  if (isDeeper(payload, mostLevels)) return odd(body, 'nested too deep')
  return { updateId, lane: laneOf(payload), payload, dead: null }
}

// Postgres refuses some thousands of levels, which would be a 5xx for ever; an update of Telegram has about ten.
const mostLevels = 100
const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some(one => isDeeper(one, levels - 1)))

const odd = (body: string, dead: string): Incoming => ({
  updateId: -1 - createHash('sha256').update(body).digest().readUIntBE(0, 6),
  lane: 'odd',
  payload: body.slice(0, 100_000),
  dead,
})

/** Who must be served in order: one user in a private chat, one user in one group. */
function laneOf(update: unknown): string {
  for (const kind of ['message', 'callback_query', 'pre_checkout_query', 'my_chat_member']) {
    const content = field(update, kind)
    if (content === undefined) continue
    const from = field(field(content, 'from'), 'id')
    const chat = field(field(content, 'chat') ?? field(field(content, 'message'), 'chat'), 'id')
    const isPrivate = chat === undefined || chat === from
    return isPrivate ? `u:${named(from)}` : `c:${named(chat)}:${named(from)}`
  }
  return 'other'
}

// What is no id may hold a NUL, or be no text at all.
const named = (id: unknown) => (Number.isSafeInteger(id) ? String(id) : '?')

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined

export const inboxPut = query(
  Type.Object({ isNew: Type.Boolean() }),
  (sql, { updateId, lane, payload, dead }: Incoming) => sql`
    select pay.inbox_put(${updateId}, ${lane}, ${JSON.stringify(payload)}, ${dead}) as "isNew"`,
)

/** Stores an update; false when it is already there. Only after this may it be acknowledged. */
export async function store(sql: Sql, incoming: Incoming): Promise<boolean> {
  const [row] = await inboxPut(sql, incoming)
  return row!.isNew
}

const Taken = Type.Object({ updateId: Type.Integer(), payload: Type.Unknown(), attempts: Type.Integer() })
export type Taken = Static<typeof Taken>

// Longer than a handler may take; a worker that died leaves its update to the next one after this.
const hold = '30 seconds'

export const inboxTake = query(
  Taken,
  (sql, lane: string) => sql`
    select update_id as "updateId", payload, attempts from pay.inbox_take(${lane}, ${hold})`,
)
export const inboxDone = query(
  Type.Object({ isMine: Type.Boolean() }),
  (sql, updateId: number, attempt: number) => sql`select pay.inbox_done(${updateId}, ${attempt}) as "isMine"`,
)
export const inboxFail = query(
  Type.Object({ result: Type.String() }),
  (sql, updateId: number, attempt: number, reason: string, againMs: number) => sql`
    select pay.inbox_fail(${updateId}, ${attempt}, ${reason}, ${`${againMs} milliseconds`}) as result`,
)

/** Lanes with an update that waits and that nobody is at. */
export const waitingLanes = query(
  Type.Object({ lane: Type.String() }),
  (sql, limit: number) => sql`
    select lane from (
      select distinct on (lane) lane, next_at from pay.inbox where done_at is null order by lane, seq) heads
    where next_at <= now() order by next_at limit ${limit}`,
)
