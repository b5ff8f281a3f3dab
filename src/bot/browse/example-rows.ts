import { type Static, Type } from '@sinclair/typebox'
import { query } from '../../database/db.ts'
import { Nullable } from '../../database/nullable.ts'

const Example = Type.Object({
  modelId: Type.String(),
  slot: Type.Integer(),
  words: Type.String(),
  sentAs: Type.Unsafe<'photo' | 'video' | 'audio' | 'animation' | 'document'>(Type.String()),
  fileId: Nullable(Type.String()),
  hasCopy: Type.Boolean(),
})
/** Something that a model made, for everybody to see. */
export type Example = Static<typeof Example>

/** How many examples each model has; models without one are left out. */
export const exampleCounts = query(
  Type.Object({ modelId: Type.String(), count: Type.Integer() }),
  sql => sql`select model_id as "modelId", count(*)::int as count from pay.examples group by model_id`,
)

/** The first `most` examples of each of these models, in their order. */
export const examplesOf = query(
  Example,
  (sql, modelIds: string[], most: number) => sql`
    select e.model_id as "modelId", e.slot, e.words, e.sent_as as "sentAs", e.file_id as "fileId",
      e.content is not null as "hasCopy"
    from json_array_elements_text(${JSON.stringify(modelIds)}::text::json) m
    cross join lateral (select * from pay.examples x where x.model_id = m order by x.slot limit ${most}) e
    order by e.model_id, e.slot`,
)

export const exampleCopy = query(
  Type.Object({ content: Type.Uint8Array() }),
  (sql, modelId: string, slot: number) => sql`
    select content from pay.examples where model_id = ${modelId} and slot = ${slot} and content is not null`,
)

/** Notes under which id Telegram has our copy now. */
export const exampleSent = query(
  Type.Object({}),
  (sql, modelId: string, slot: number, sentAs: string, fileId: string) => sql`
    select from pay.example_sent(${modelId}, ${slot}, ${sentAs}, ${fileId})`,
)

/** The results of a run among the examples of its model. */
export const examplesOfRun = query(
  Type.Object({ modelId: Type.String(), slot: Type.Integer() }),
  (sql, userId: number, generationId: string) => sql`
    select model_id as "modelId", slot from pay.examples
    where user_id = ${userId} and generation_id = ${generationId}`,
)
