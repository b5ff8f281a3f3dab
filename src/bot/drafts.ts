import { type Static, Type } from '@sinclair/typebox'
import { query, type Sql } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import { newId } from '../id.ts'

export type DraftKind = 'order' | 'find' | 'request' | 'template' | 'promo' | 'question' | 'transfer'

const Draft = Type.Object({
  id: Type.String(),
  rev: Type.Integer(),
  kind: Type.Unsafe<DraftKind>(Type.String()),
  modelId: Nullable(Type.String()),
  inputs: Type.Unsafe<Record<string, unknown>>(Type.Object({})),
  step: Nullable(Type.String()),
  messageId: Nullable(Type.Integer()),
  /** The topic of that message; null outside of topics. */
  threadId: Nullable(Type.Integer()),
})
/**
 * The unfinished dialogue of a person: one each, deleted a day after the last change. Its kind defines `inputs` and `step`:
 * for orders see order/state.ts, for requests request/request.ts, for templates order/template-places.ts, for transfers money/transfer.ts.
 */
export type Draft = Static<typeof Draft>

export const draftOf = query(
  Draft,
  (sql, userId: number) => sql`
    select id, rev, kind, model_id as "modelId", inputs, step, message_id as "messageId", thread_id as "threadId"
    from pay.drafts where user_id = ${userId} and expires_at > now()`,
)

/** Returns the draft of a person, if there is one. */
export async function readDraft(sql: Sql, userId: number): Promise<Draft | undefined> {
  const [row] = await draftOf(sql, userId)
  return row
}

type Fresh = { kind: DraftKind; modelId?: string; inputs?: object; step?: string; messageId?: number }

export const draftOpen = query(
  Draft,
  (sql, userId: number, id: string, { kind, modelId, inputs, step, messageId }: Fresh) => sql`
    insert into pay.drafts as d (user_id, id, kind, model_id, inputs, step, message_id)
    values (${userId}, ${id}, ${kind}, ${modelId ?? null}, ${inputs ?? {}}, ${step ?? null}, ${messageId ?? null})
    on conflict (user_id) do update
    set id = excluded.id, rev = 0, kind = excluded.kind, model_id = excluded.model_id, inputs = excluded.inputs,
      step = excluded.step, message_id = excluded.message_id, thread_id = null, updated_at = now(), expires_at = excluded.expires_at
    returning id, rev, kind, model_id as "modelId", inputs, step, message_id as "messageId", thread_id as "threadId"`,
)

/** Opens a draft in place of any earlier one. */
export async function openDraft(sql: Sql, userId: number, fresh: Fresh): Promise<Draft> {
  const [row] = await draftOpen(sql, userId, newId(), fresh)
  return row!
}

export const draftSave = query(
  Draft,
  (sql, userId: number, { id, rev }: Pick<Draft, 'id' | 'rev'>, inputs: object, step: string) => sql`
    update pay.drafts
    set rev = rev + 1, inputs = ${inputs}, step = ${step}, updated_at = now(), expires_at = now() + interval '24 hours'
    where user_id = ${userId} and id = ${id} and rev = ${rev}
    returning id, rev, kind, model_id as "modelId", inputs, step, message_id as "messageId", thread_id as "threadId"`,
)

/** Saves the next version of a draft. Returns undefined when another update was first. */
export async function saveDraft(
  sql: Sql,
  userId: number,
  read: Pick<Draft, 'id' | 'rev'>,
  now: { inputs: object; step: string },
): Promise<Draft | undefined> {
  const [row] = await draftSave(sql, userId, read, now.inputs, now.step)
  return row
}

/** Records the message that shows the draft, and its topic. */
export const draftShown = query(
  Type.Object({}),
  (sql, userId: number, { id, rev }: Pick<Draft, 'id' | 'rev'>, messageId: number, threadId: number | null) => sql`
    update pay.drafts set message_id = ${messageId}, thread_id = ${threadId} where user_id = ${userId} and id = ${id} and rev = ${rev}`,
)

export const draftDrop = query(
  Type.Object({ id: Type.String(), step: Nullable(Type.String()) }),
  (sql, userId: number) => sql`
    delete from pay.drafts where user_id = ${userId} and expires_at > now() returning id, step`,
)

/** Leaves the dialogue: a request is parked, another draft is deleted. Returns it with the step at which it was. */
export const draftLeave = query(
  Type.Object({ id: Type.String(), step: Nullable(Type.String()), isParked: Type.Boolean() }),
  (sql, userId: number) => sql`
    with parked as (
      update pay.drafts set step = 'parked', rev = rev + 1, inputs = (inputs::jsonb - 'card')::json
      where user_id = ${userId} and kind = 'request' and expires_at > now() returning id
    ), dropped as (
      delete from pay.drafts where user_id = ${userId} and kind <> 'request' and expires_at > now()
    )
    select id, step, exists (select from parked) as "isParked" from pay.drafts
    where user_id = ${userId} and expires_at > now()`,
)

/** The step of a draft of the kind `find` while a card is open that asks its question itself. */
export const cardStep = 'card'

/**
 * Notes which card is open, as the `card` of the inputs. A search gives way and keeps its word, and a parked request stays
 * what it is; any other draft is left alone, and no row returned.
 */
export const cardOpen = query(
  Type.Object({ id: Type.String() }),
  (sql, userId: number, id: string, card: { modelId: string; at: number }) => sql`
    insert into pay.drafts as d (user_id, id, kind, inputs, step)
    values (${userId}, ${id}, 'find', ${{ card }}, ${cardStep})
    on conflict (user_id) do update
    set id = case when d.kind = 'request' and d.expires_at > now() then d.id else excluded.id end,
      kind = case when d.expires_at > now() then d.kind else excluded.kind end,
      step = case when d.kind = 'request' and d.expires_at > now() then d.step else excluded.step end,
      inputs = case when d.expires_at > now() then (d.inputs::jsonb || excluded.inputs::jsonb)::json else excluded.inputs end,
      rev = d.rev + 1, updated_at = now(), expires_at = excluded.expires_at
    where d.kind = 'find' or (d.kind = 'request' and d.step = 'parked') or d.expires_at <= now()
    returning d.id`,
)

/** The card is left: a search goes on, a parked request stays, and without them nothing is left. */
export const cardClose = query(
  Type.Object({}),
  (sql, userId: number) => sql`
    with over as (
      delete from pay.drafts
      where user_id = ${userId} and kind = 'find' and step = ${cardStep} and inputs ->> 'word' is null
    )
    update pay.drafts
    set step = case when kind = 'find' then 'found' else step end, inputs = (inputs::jsonb - 'card')::json, rev = rev + 1
    where user_id = ${userId} and ((kind = 'find' and step = ${cardStep} and inputs ->> 'word' is not null)
      or (kind = 'request' and inputs -> 'card' is not null))`,
)

/** Deletes the draft of a person. Returns false when there was none. */
export const dropDraft = async (sql: Sql, userId: number): Promise<boolean> => (await draftDrop(sql, userId)).length > 0

/** Deletes the draft if it is at this step: a later draft stays. */
export const draftDropAt = query(
  Type.Object({}),
  (sql, userId: number, step: string) => sql`delete from pay.drafts where user_id = ${userId} and step = ${step}`,
)
