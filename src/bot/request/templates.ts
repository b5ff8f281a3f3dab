import { type Static, Type } from '@sinclair/typebox'
import type { Task } from '../../catalogue/models.ts'
import type { Inputs } from '../../catalogue/parameters.ts'
import { only, query, type Sql } from '../../database/db.ts'
import { newId } from '../../id.ts'

/** Templates of one person. */
export const maxTemplates = 20

const Template = Type.Object({
  id: Type.String(),
  words: Type.String(),
  task: Type.Unsafe<Task>(Type.String()),
  modelId: Type.String(),
  settings: Type.Unsafe<Inputs>(Type.Object({})),
})
/** A request that was kept for later. `words` have the places to fill in, in square brackets. */
export type Template = Static<typeof Template>

/** A person's templates, newest first. */
export const templatesOf = query(
  Template,
  (sql, userId: number) => sql`
    select id, words, task, model_id as "modelId", settings from pay.templates
    where user_id = ${userId} and deleted_at is null order by created_at desc, id`,
)

export const templateById = query(
  Template,
  (sql, userId: number, id: string, isDeleted: boolean) => sql`
    select id, words, task, model_id as "modelId", settings from pay.templates
    where user_id = ${userId} and id = ${id} and (deleted_at is not null) = ${isDeleted}`,
)

/** Reads a person's own template, or one that they have deleted. */
export async function readTemplate(
  sql: Sql,
  userId: number,
  id: string,
  { isDeleted = false } = {},
): Promise<Template | undefined> {
  const [row] = await templateById(sql, userId, id, isDeleted)
  return row
}

const Answer = Type.Object({ answer: Type.String() })

export const templateSave = query(
  Answer,
  (sql, userId: number, { id, words, task, modelId, settings }: Template) => sql`
    select pay.template_save(${userId}, ${id}, ${words}, ${task}, ${modelId}, ${settings}, ${maxTemplates}) as answer`,
)

/** Keeps a request. `full`: the person has as many as there may be. The same request is kept once. */
export async function saveTemplate(sql: Sql, userId: number, kept: Omit<Template, 'id'>): Promise<'saved' | 'full'> {
  return only(await templateSave(sql, userId, { id: newId(), ...kept })).answer as 'saved' | 'full'
}

export const templateDelete = query(
  Type.Object({ isDeleted: Type.Boolean() }),
  (sql, userId: number, id: string) => sql`select pay.template_delete(${userId}, ${id}) as "isDeleted"`,
)

export const templateRestore = query(
  Answer,
  (sql, userId: number, id: string) => sql`select pay.template_restore(${userId}, ${id}, ${maxTemplates}) as answer`,
)

/** Brings a deleted template back. `gone`: there is none of the person's under this id. */
export async function restoreTemplate(sql: Sql, userId: number, id: string): Promise<'restored' | 'full' | 'gone'> {
  return only(await templateRestore(sql, userId, id)).answer as 'restored' | 'full' | 'gone'
}
