import { createHash } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import { query, type Sql } from '../database/db.ts'
import { Unknown } from '../errors.ts'

/** An update as it will be stored. `dead` says why it can never be handled. */
export type Incoming = { updateId: number; lane: string; payload: unknown; dead: string | null }

/**
 * Reads the body of an authentic webhook call. Never throws: what is not JSON, or not an update, is kept as it is under
 * an id made of its bytes, so that a repeat of it is recognised (docs/providers/telegram.md: never a 4xx for an
 * authentic update).
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

// Postgres refuses some thousands of levels, which would be a 5xx for ever; an update of Telegram has about ten.
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

/** Who must be served in order: one user in a private chat, one user in one group. */
export function laneOf(update: unknown): string {
  for (const kind of ['message', 'edited_message', 'callback_query', 'pre_checkout_query', 'my_chat_member']) {
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
  (sql, { updateId, lane, dead }: Incoming, payload: string) => sql`
    select pay.inbox_put(${updateId}, ${lane}, ${payload}, ${dead}) as "isNew"`,
)
export const inboxAdd = query(
  Type.Object({ updateId: Type.Integer() }),
  (sql, updates: object) => sql`select pay.inbox_add(${updates}) as "updateId"`,
)

/** Stores an update; false when it is already there. Only after this may it be acknowledged. Throws Unknown. */
export type Store = (incoming: Incoming) => Promise<boolean>

// Statements under way at once: the other connections are for whoever else must not wait.
const maxAtOnce = 2
// As many as Telegram sends at once, unless told otherwise.
const maxTogether = 40

/**
 * One statement stores all that came in while the one before was under way. Nobody waits for company: an update that
 * comes alone goes alone.
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
      // Of the same update twice the second is a repeat.
      for (const { incoming, resolve } of together) resolve(added.delete(incoming.updateId))
    } catch (error) {
      // One that Postgres will not have is nobody else's trouble.
      if (together.length > 1 && !(error instanceof Unknown)) for (const one of together) await storeAll([one])
      else for (const { reject } of together) reject(error)
    }
  }

  /** The ids of those that are new. */
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

const Taken = Type.Object({ updateId: Type.Integer(), payload: Type.Unknown(), attempts: Type.Integer() })
/** An update to handle. Its `payload` is null where it is under suspicion and the caller does not handle it alone. */
export type Taken = Static<typeof Taken>

// A worker that died leaves its update to the next one after this. Who is still at it prolongs its hold in time.
const holdMs = 15_000
export const renewalMs = 5_000
const hold = `${holdMs} milliseconds`

export const inboxTake = query(
  Taken,
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

/** Lanes with an update that waits and that nobody is at. Goes from lane to lane, however much waits in one of them. */
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
