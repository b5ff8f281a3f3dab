import { type Static, Type } from '@sinclair/typebox'
import { query, type Sql } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import {
  Banned,
  FreeLimitReached,
  GroupOff,
  InDebt,
  InsufficientFunds,
  MemberLimitReached,
  ModelOff,
  NotFound,
  QuoteClosed,
  QuoteExpired,
  SalesPaused,
  sqlState,
  TooManyOpen,
} from '../errors.ts'
import type { Limits, Ref } from './generations.ts'
import type { Order } from './order.ts'

// The lease of a row: the sweep takes over when its worker has not renewed it for this long.
const lease = '60 seconds'

const Started = Type.Object({
  result: Type.String(),
  id: Type.String(),
  priceKop: Type.Integer(),
  balanceKop: Type.Integer(),
})
/** Kopecks. `duplicate`: the same order was placed before; `key_reused`: another order has its key. */
export type Started = Omit<Static<typeof Started>, 'result'> & { result: 'started' | 'duplicate' | 'key_reused' }

export const genStart = query(
  Started,
  (sql, order: Order, limits: Limits, event: object | null = null) => sql`
    select result, generation_id as id, price_kop as "priceKop", balance_kop as "balanceKop"
    from pay.place(${event}, ${order.userId}, ${order.id}, ${order.requestKey}, ${order.chatId}, ${order.messageId}, ${order.quoteId},
      ${`${order.deadlineMs} milliseconds`}, ${limits.maxOpen}, ${limits.freeDaily}, ${limits.freeHourly},
      ${limits.newFreeDaily}, ${order.threadId ?? null})`,
)

export const groupStart = query(
  Started,
  (sql, order: Order & { askedBy: number }, limits: Limits, event: object | null = null) => sql`
    select result, generation_id as id, price_kop as "priceKop", balance_kop as "balanceKop"
    from pay.group_place(${event}, ${order.askedBy}, ${order.userId}, ${order.id}, ${order.requestKey}, ${order.chatId},
      ${order.quoteId}, ${`${order.deadlineMs} milliseconds`}, ${limits.maxOpen}, ${limits.freeDaily}, ${limits.freeHourly},
      ${limits.newFreeDaily}, ${order.threadId ?? null})`,
)

/** Returns the statement that starts the order: one that was asked for in a group has more to hold. */
export function startOf(order: Order) {
  const { askedBy } = order
  return (sql: Sql, limits: Limits, event: object | null) =>
    askedBy === undefined ? genStart(sql, order, limits, event) : groupStart(sql, { ...order, askedBy }, limits, event)
}

const startRefusals: Record<string, new (about: string, options: ErrorOptions) => Error> = {
  P0402: InsufficientFunds,
  P0403: InDebt,
  P0404: NotFound,
  P0405: Banned,
  P0410: QuoteExpired,
  P0411: QuoteClosed,
  P0423: ModelOff,
  P0425: GroupOff,
  P0426: MemberLimitReached,
  P0424: SalesPaused,
  P0429: TooManyOpen,
  P0430: FreeLimitReached,
}

/** Returns the refusal of `genStart` as an error to throw; undefined for any other error. */
export function startRefusal(
  error: unknown,
  { userId, quoteId }: Pick<Order, 'userId' | 'quoteId'>,
): Error | undefined {
  const Refusal = startRefusals[sqlState(error) ?? '']
  return Refusal && new Refusal(`user ${userId}, quote ${quoteId}`, { cause: error })
}

export const genSubmit = query(
  Type.Object({
    attempt: Type.Integer(),
    modelId: Type.String(),
    params: Type.Unsafe<Record<string, unknown>>(Type.Object({})),
  }),
  (sql, { userId, id }: Ref, token: string) => sql`
    select attempt, model_id as "modelId", params from pay.gen_submit(${userId}, ${id}, ${token}, ${lease})`,
)

export const genAccepted = query(
  Type.Object({ isMine: Type.Boolean() }),
  (sql, { userId, id }: Ref, attempt: number, taskId: string) => sql`
    select pay.gen_accepted(${userId}, ${id}, ${attempt}, ${taskId}, ${lease}) as "isMine"`,
)

export const genRequeue = query(
  Type.Object({ isMine: Type.Boolean() }),
  (sql, { userId, id }: Ref, attempt: number, afterMs: number) => sql`
    select pay.gen_requeue(${userId}, ${id}, ${attempt}, ${`${afterMs} milliseconds`}) as "isMine"`,
)

export const genWait = query(
  Type.Object({}),
  (sql, { userId, id }: Ref, waitMs: number) => sql`
    select pay.gen_wait(${userId}, ${id}, ${`${waitMs} milliseconds`}) as "nothing"`,
)

/** Claims the poll attempt: true for one worker only. */
export const genPoll = query(
  Type.Object({ isMine: Type.Boolean() }),
  (sql, { userId, id }: Ref, pollAttempt: number) => sql`
    select pay.gen_look(${userId}, ${id}, ${pollAttempt}, ${lease}) as "isMine"`,
)

/** Leases the open generations that are due and have no lease. */
export const genDue = query(
  Type.Object({ userId: Type.Integer(), id: Type.String(), execState: Type.String(), pollAttempt: Type.Integer() }),
  (sql, limit: number) => sql`
    select user_id as "userId", id, exec_state as "execState", look as "pollAttempt" from pay.gen_due(${limit}, ${lease})`,
)

export const genAttach = query(
  Type.Object({ isAttached: Type.Boolean() }),
  (sql, id: string, taskId: string) => sql`select pay.gen_attach(${id}, ${taskId}) as "isAttached"`,
)

const Settled = Type.Object({
  result: Type.String(),
  state: Type.String(),
  outboxId: Nullable(Type.Integer()),
})
/** `not_due`: this ending is not allowed now. `outboxId`: the message about the ending. */
export type Settled = Omit<Static<typeof Settled>, 'result'> & { result: 'settled' | 'already' | 'not_due' }

export const genFinish = query(
  Settled,
  (
    sql,
    { userId, id }: Ref,
    outcome: string,
    code: string | null,
    message: string | null,
    results: object,
    promised: number | null = null,
    cost: string | null = null,
    event: object | null = null,
  ) => sql`
    select result, state, outbox_id as "outboxId"
    from pay.settle(${event}, ${userId}, ${id}, ${outcome}, ${code}, ${message}, ${results}, ${promised}, ${cost})`,
)
