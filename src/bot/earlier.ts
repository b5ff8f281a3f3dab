import { type Static, Type } from '@sinclair/typebox'
import type { Model, Param } from '../catalogue/models.ts'
import { checkInputs, type EarlierValue } from '../catalogue/parameters.ts'
import { query, type Sql } from '../db.ts'

const Earlier = Type.Object({
  id: Type.String(),
  modelId: Type.String(),
  taskId: Type.String(),
  params: Type.Unsafe<Record<string, unknown>>(Type.Object({})),
  createdAt: Type.Date(),
  /** As many as the upstream named; runs of an earlier build do not tell. */
  files: Type.Union([Type.Integer(), Type.Null()]),
})
/** A successful run whose result another model can take further. */
export type Earlier = Static<typeof Earlier>

export const earlierRuns = query(
  Earlier,
  (sql, userId: number, modelIds: string[], limit: number) => sql`
    select g.id, g.model_id as "modelId", g.task_id as "taskId", q.params, g.created_at as "createdAt", g.promised as files
    from pay.generations g
    join pay.quotes q on q.user_id = g.user_id and q.id = g.quote_id
    where g.user_id = ${userId} and g.exec_state = 'success' and g.task_id is not null
      and g.model_id = any (string_to_array(${modelIds.join(',')}, ','))
    order by g.created_at desc, g.id desc
    limit ${limit}`,
)

// Whoever looks for an older one remembers what it was, not where it stood.
const most = 50

/** A person's own runs that fit the parameter, newest first. */
export async function earlierFor(sql: Sql, userId: number, model: Model, param: Param): Promise<Earlier[]> {
  const runs = await earlierRuns(sql, userId, param.previous_models ?? [], most)
  return runs.filter(run => fitsEarlier(model, param, run))
}

/** Whether the model takes this run further. What another answer could still mend is named at that answer. */
export const fitsEarlier = (model: Model, param: Param, run: Earlier): boolean =>
  checkInputs(model, { [param.name]: earlierValue(run) }).every(problem => problem.param !== param.name)

export const earlierValue = ({ id, taskId, modelId, params, files }: Earlier): EarlierValue => ({
  generationId: id,
  taskId,
  modelId,
  params,
  ...(files !== null && { files }),
})
