import { type Static, Type } from '@sinclair/typebox'
import { only, query, type Sql, untilAnswered } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import type { Ref } from './generations.ts'

const Group = Type.Object({
  /** As Telegram names it now. */
  chatId: Type.Integer(),
  /** Of its wallet; negative, and the same for ever. */
  accountId: Type.Integer(),
  title: Type.String(),
  isOn: Type.Boolean(),
  /** `each`: every member for themselves; `group`: the balance of the group. */
  payer: Type.Unsafe<'each' | 'group'>(Type.String()),
  /** What one member may spend of the group's money a day, in kopecks. */
  memberDailyKop: Type.Integer(),
})
/** A group that was turned on once. */
export type Group = Static<typeof Group>

export const groupOf = query(
  Group,
  (sql, id: number) => sql`
    select chat_id as "chatId", account_id as "accountId", title, is_on as "isOn", payer, member_daily_kop as "memberDailyKop"
    from pay.groups where chat_id = ${id} or account_id = ${id} order by (chat_id = ${id}) desc limit 1`,
)

/** Reads a group by its chat id of now, or by its account. */
export async function readGroup(sql: Sql, id: number): Promise<Group | undefined> {
  const [row] = await groupOf(sql, id)
  return row
}

/** Turns a group on or off. `by`: null for an anonymous admin. `dailyKop`: the limit of a member in a group that is new. */
export const groupSwitch = query(
  Type.Object({ accountId: Nullable(Type.Integer()) }),
  (sql, chat: { id: number; title: string }, isOn: boolean, by: number | null, dailyKop: number) => sql`
    select pay.group_switch(${chat.id}, ${chat.title}, ${isOn}, ${by}, ${dailyKop}) as "accountId"`,
)

export const groupSet = query(
  Type.Object({}),
  (sql, accountId: number, to: { payer?: 'each' | 'group'; dailyKop?: number }, by: number) => sql`
    select pay.group_set(${accountId}, ${to.payer ?? null}, ${to.dailyKop ?? null}, ${by})`,
)

export const groupMove = query(
  Type.Object({ isMoved: Type.Boolean() }),
  (sql, from: number, to: number) => sql`select pay.group_move(${from}, ${to}) as "isMoved"`,
)

/** Notes the new id of a group that became a supergroup: settings, money and orders stay. Safe to repeat. */
export const moveGroup = (sql: Sql, from: number, to: number) => untilAnswered(() => groupMove(sql, from, to))

const GroupOrder = Type.Object({
  payerId: Type.Integer(),
  quoteId: Type.String(),
  askedBy: Type.Integer(),
  askerName: Type.String(),
  chatId: Type.Integer(),
  threadId: Nullable(Type.Integer()),
  /** The words of who asked, to be answered. */
  messageId: Nullable(Type.Integer()),
  progressId: Nullable(Type.Integer()),
  title: Type.String(),
  /** Where a new price would be paid from. */
  payer: Type.Unsafe<'each' | 'group'>(Type.String()),
  memberDailyKop: Type.Integer(),
})
/** A price that somebody asked for in a group, and where its result goes. */
export type GroupOrder = Static<typeof GroupOrder>

/** The order of a quote, for the person who asked for it. Nobody else finds it. */
export const groupOrderOf = query(
  GroupOrder,
  (sql, askedBy: number, quoteId: string) => sql`
    select o.payer_id as "payerId", o.quote_id as "quoteId", o.asked_by as "askedBy", u.first_name as "askerName",
      o.chat_id as "chatId", o.thread_id as "threadId", o.message_id as "messageId", o.progress_id as "progressId", g.title,
      g.payer, g.member_daily_kop as "memberDailyKop"
    from pay.group_orders o join pay.groups g using (chat_id) join pay.users u on u.user_id = o.asked_by
    where o.asked_by = ${askedBy} and o.quote_id = ${quoteId}`,
)

/** The order in a group that a run came of; no row: it was ordered in private. */
export const groupOrderOfRun = query(
  GroupOrder,
  (sql, { userId, id }: Ref) => sql`
    select o.payer_id as "payerId", o.quote_id as "quoteId", o.asked_by as "askedBy", u.first_name as "askerName",
      o.chat_id as "chatId", o.thread_id as "threadId", o.message_id as "messageId", o.progress_id as "progressId", g.title,
      g.payer, g.member_daily_kop as "memberDailyKop"
    from pay.generations r
    join pay.group_orders o on o.payer_id = r.user_id and o.quote_id = r.quote_id
    join pay.groups g on g.chat_id = o.chat_id join pay.users u on u.user_id = o.asked_by
    where r.user_id = ${userId} and r.id = ${id}`,
)

export type NewGroupOrder = Pick<GroupOrder, 'payerId' | 'quoteId' | 'askedBy' | 'chatId' | 'threadId' | 'messageId'>

export const groupOrderAdd = query(
  Type.Object({}),
  (sql, { payerId, quoteId, askedBy, chatId, threadId, messageId }: NewGroupOrder) => sql`
    select pay.group_order_add(${payerId}, ${quoteId}, ${askedBy}, ${chatId}, ${threadId}, ${messageId})`,
)

/** Notes the message that shows the group that something is being made. */
export const groupProgress = query(
  Type.Object({}),
  (sql, { payerId, quoteId }: Pick<GroupOrder, 'payerId' | 'quoteId'>, messageId: number) => sql`
    select pay.group_progress(${payerId}, ${quoteId}, ${messageId})`,
)

/** What a member has spent of the group's money today, in kopecks. */
export const groupSpent = query(
  Type.Object({ kop: Type.Integer() }),
  (sql, accountId: number, userId: number) => sql`select pay.group_spent(${accountId}, ${userId}) as kop`,
)

export type Given = 'given' | 'duplicate' | 'unknown' | 'short' | 'in_debt' | 'not_own'

export const groupGive = query(
  Type.Object({ result: Type.Unsafe<Given>(Type.String()) }),
  (sql, userId: number, accountId: number, kop: number, ref: string) => sql`
    select pay.group_give(${userId}, ${accountId}, ${kop}, ${ref}) as result`,
)

/** Moves money of a person to the account of a group, once for each `ref`. Throws Unknown (call again). */
export async function giveToGroup(
  sql: Sql,
  userId: number,
  accountId: number,
  kop: number,
  ref: string,
): Promise<Given> {
  return (await untilAnswered(async () => only(await groupGive(sql, userId, accountId, kop, ref)))).result
}

/** The newest movements of a group's money, with whose they were. */
export const groupLedger = query(
  Type.Object({
    at: Type.Date(),
    kind: Type.String(),
    amountKop: Type.Integer(),
    modelId: Nullable(Type.String()),
    name: Nullable(Type.String()),
  }),
  (sql, accountId: number, limit: number) => sql`
    select l.created_at as at, l.kind, l.amount_kop as "amountKop", g.model_id as "modelId", u.first_name as name
    from pay.ledger_entries l
    left join pay.generations g on g.user_id = l.user_id and g.id = l.generation_id
    left join pay.group_orders o on o.payer_id = g.user_id and o.quote_id = g.quote_id
    left join pay.ledger_entries m on l.kind = 'from_member' and m.kind = 'to_group' and m.external_ref = l.external_ref
    left join pay.users u on u.user_id = coalesce(o.asked_by, m.user_id)
    where l.user_id = ${accountId} order by l.seq desc limit ${limit}`,
)

export const guestWordsKeep = query(
  Type.Object({}),
  (sql, id: string, userId: number, words: string) => sql`select pay.guest_words_keep(${id}, ${userId}, ${words})`,
)

/** Words that a person wrote to the bot as a guest; nobody else finds them. */
export const guestWords = query(
  Type.Object({ words: Type.String() }),
  (sql, userId: number, id: string) => sql`
    select words from pay.guest_words where user_id = ${userId} and id = ${id}`,
)
