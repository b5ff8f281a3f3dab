import { createHash } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import { query, type Sql } from '../database/db.ts'
import { Unknown } from '../errors.ts'

/** An update to store. `dead` says why it can never be handled. */
export type Incoming = { updateId: number; lane: string; payload: unknown; dead: string | null }

/**
 * Reads the body of an authentic webhook call. Never throws. A body that is not JSON or not an update is stored
 * unchanged. Its id is derived from its bytes, so that a repeat is recognised. Never answer an authentic update with
 * 4xx (docs/providers/telegram.md).
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
  if (isDeeper(payload, maxLevels)) return odd(body, 'nested too deep')
  return { updateId, lane: laneOf(payload), payload, dead: null }
}

// Postgres refuses JSON nested thousands of levels deep. Without this limit, every retry would end in a 5xx. Telegram's
// updates have about ten levels.
const maxLevels = 100
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

const kindsOfPeople = [
  'message',
  'edited_message',
  'callback_query',
  'pre_checkout_query',
  'my_chat_member',
  'chosen_inline_result',
  'message_reaction',
  'guest_message',
  'subscription',
]

/** The key of the queue that keeps the order: one user in a private chat, one user in one group. */
export function laneOf(update: unknown): string {
  for (const kind of kindsOfPeople) {
    const content = field(update, kind)
    if (content === undefined) continue
    const from = field(field(content, 'from') ?? field(content, 'user'), 'id')
    const chat = field(field(content, 'chat') ?? field(field(content, 'message'), 'chat'), 'id')
    const isPrivate = chat === undefined || chat === from
    return isPrivate ? `u:${named(from)}` : `c:${named(chat)}:${named(from)}`
  }
  return 'other'
}

// A malformed id may hold a NUL or may not be text at all.
const named = (id: unknown) => (Number.isSafeInteger(id) ? String(id) : '?')

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined

export const inboxPut = query(
  Type.Object({ isNew: Type.Boolean() }),
  (sql, { updateId, lane, dead }: Incoming, payload: string) => sql`
    select pay.inbox_put(${updateId}, ${lane}, ${payload}, ${dead}) as "isNew"`,
)
export const inboxAdd = query(
  Type.Object({ updateId: Type.Integer() }),
  (sql, updates: object) => sql`select pay.inbox_add(${updates}) as "updateId"`,
)

/** Stores an update. Returns false if it is already stored. Acknowledge it only afterwards. Throws Unknown. */
export type Store = (incoming: Incoming) => Promise<boolean>

// Statements in flight at once. The other connections stay free for requests that must not wait.
const maxAtOnce = 2
// The number that Telegram sends at once by default.
const maxTogether = 40

/**
 * Stores in one statement all updates that arrived during the previous statement. An update never waits for others: if
 * it comes alone, it is stored alone.
 */
export function createStore(sql: Sql): Store {
  type Waiting = { incoming: Incoming; resolve(isNew: boolean): void; reject(error: unknown): void }
  const waiting: Waiting[] = []
  let underWay = 0

  async function next(): Promise<void> {
    if (underWay >= maxAtOnce) return
    const together = waiting.splice(0, maxTogether)
    if (together.length === 0) return
    underWay += 1
    try {
      await storeAll(together)
    } finally {
      underWay -= 1
      void next()
    }
  }

  async function storeAll(together: Waiting[]): Promise<void> {
    try {
      const added = await put(together.map(({ incoming }) => incoming))
      // If an update comes twice, the second is a repeat.
      for (const { incoming, resolve } of together) resolve(added.delete(incoming.updateId))
    } catch (error) {
      // If Postgres refuses one update, the others are still stored.
      if (together.length > 1 && !(error instanceof Unknown)) for (const one of together) await storeAll([one])
      else for (const { reject } of together) reject(error)
    }
  }

  /** Returns the ids that were not stored before. */
  async function put(updates: Incoming[]): Promise<Set<number>> {
    const [first, ...others] = updates
    if (first && others.length === 0) {
      const [row] = await inboxPut(sql, first, JSON.stringify(first.payload))
      return new Set(row!.isNew ? [first.updateId] : [])
    }
    const rows = await inboxAdd(
      sql,
      updates.map(one => ({ ...one, payload: JSON.stringify(one.payload) })),
    )
    return new Set(rows.map(({ updateId }) => updateId))
  }

  return incoming =>
    new Promise((resolve, reject) => {
      waiting.push({ incoming, resolve, reject })
      void next()
    })
}

/** Whether more texts or files of the lane wait to be handled, beside this update. Commands, presses and payments do not count. */
export const moreContent = query(
  Type.Object({ isComing: Type.Boolean() }),
  (sql, lane: string, updateId: number) => sql`
    select exists (
      select from (
        select payload -> 'message' as message from pay.inbox
        where lane = ${lane} and done_at is null and update_id <> ${updateId}
        union all
        select payload -> 'message' from pay.intakes
        where lane = ${lane} and done_at is null and update_id <> ${updateId}
      ) waiting
      where message ->> 'message_id' is not null and coalesce(message ->> 'text', '') not like '/%'
        and message -> 'successful_payment' is null and message -> 'refunded_payment' is null
    ) as "isComing"`,
)

const ClaimedUpdate = Type.Object({ updateId: Type.Integer(), payload: Type.Unknown(), attempts: Type.Integer() })
/** An update to handle. `payload` is null if the update is under suspicion and the caller does not handle it alone. */
export type ClaimedUpdate = Static<typeof ClaimedUpdate>

// If a worker dies, another takes its update after this time. A live worker renews its lease.
const holdMs = 15_000
export const renewalMs = 5_000
const hold = `${holdMs} milliseconds`

export const inboxTake = query(
  ClaimedUpdate,
  (sql, lane: string, token: string, isAlone: boolean) => sql`
    select update_id as "updateId", payload, attempts from pay.inbox_take(${lane}, ${hold}, ${token}, ${isAlone})`,
)
export const inboxHold = query(
  Type.Object({ isMine: Type.Boolean() }),
  (sql, updateId: number, attempt: number) => sql`
    select pay.inbox_hold(${updateId}, ${attempt}, ${hold}) as "isMine"`,
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

/**
 * Lanes with waiting updates and no worker. Reads lane by lane, so the cost does not depend on how much waits in one of
 * them.
 */
export const waitingLanes = query(
  Type.Object({ lane: Type.String() }),
  (sql, limit: number) => sql`
    with recursive heads as (
      (select lane, next_at from pay.inbox where done_at is null order by lane, seq limit 1)
      union all
      select n.lane, n.next_at from heads h cross join lateral (
        select i.lane, i.next_at from pay.inbox i where i.done_at is null and i.lane > h.lane
        order by i.lane, i.seq limit 1) n)
    select lane from heads where next_at <= now() order by next_at limit ${limit}`,
)
