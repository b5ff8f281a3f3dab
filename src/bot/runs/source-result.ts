import { type Static, Type } from '@sinclair/typebox'
import type { Catalogue, Model, Param } from '../../catalogue/models.ts'
import { checkInputs, type EarlierValue } from '../../catalogue/parameters.ts'
import { query, type Sql } from '../../database/db.ts'
import { Nullable } from '../../database/nullable.ts'
import { dateText } from '../../i18n/format.ts'
import { stringsFor } from '../../i18n/strings.ts'
import { shortId } from '../../id.ts'
import type { Language } from '../../money.ts'
import { clip } from '../../telegram/html.ts'
import { modelName } from '../names.ts'
import { mainText } from '../parameter-texts.ts'

const SourceResult = Type.Object({
  id: Type.String(),
  modelId: Type.String(),
  taskId: Type.String(),
  params: Type.Unsafe<Record<string, unknown>>(Type.Object({})),
  createdAt: Type.Date(),
  /** The number of files that the upstream promised; null for runs of older builds. */
  files: Nullable(Type.Integer()),
})
/** A successful run whose result another model can take further. */
export type SourceResult = Static<typeof SourceResult>

export const sourceResults = query(
  SourceResult,
  (sql, userId: number, modelIds: string[], limit: number) => sql`
    select g.id, g.model_id as "modelId", g.task_id as "taskId", q.params, g.created_at as "createdAt", g.promised as files
    from pay.generations g
    join pay.quotes q on q.user_id = g.user_id and q.id = g.quote_id
    where g.user_id = ${userId} and g.exec_state = 'success' and g.task_id is not null
      and g.model_id = any (string_to_array(${modelIds.join(',')}, ','))
    order by g.created_at desc, g.id desc
    limit ${limit}`,
)

// Nobody pages further to find a run.
const most = 50

/** Returns a person's own runs that the parameter accepts, newest first. */
export async function sourceResultsFor(sql: Sql, userId: number, model: Model, param: Param): Promise<SourceResult[]> {
  const runs = await sourceResults(sql, userId, param.previous_models ?? [], most)
  return runs.filter(run => acceptsSource(model, param, run))
}

/** Returns whether the parameter accepts this run. Problems of other parameters do not count. */
export const acceptsSource = (model: Model, param: Param, run: SourceResult): boolean =>
  checkInputs(model, { [param.name]: sourceValue(run) }).every(problem => problem.param !== param.name)

export const sourceValue = ({ id, taskId, modelId, params, files }: SourceResult): EarlierValue => ({
  generationId: id,
  taskId,
  modelId,
  params,
  ...(files !== null && { files }),
})

/** «23.11 15:09 · рыжий кот в лодке · Grok Imagine: картинка по тексту · № 7k2m». */
export function sourceText(
  { createdAt, id, modelId, params }: SourceResult,
  catalogue: Catalogue,
  language: Language,
): string {
  const model = catalogue.byId(modelId)
  const prompt = model && params[mainText(model)?.name ?? '']
  const words = typeof prompt === 'string' ? clip(prompt.replace(/\s+/g, ' ').trim(), 20) : ''
  const line = (model: string) =>
    stringsFor(language).wizard.earlier([dateText(createdAt, language), words, model].filter(Boolean), shortId(id))
  // Telegram cuts a long button at its end, which has the number: shorten the name instead.
  const name = modelName(catalogue, modelId, language)
  return line(clip(name, maxOfButton - [...line('-')].length + 1))
}

const maxOfButton = 64
