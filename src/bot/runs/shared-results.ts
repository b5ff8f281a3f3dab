import { type Static, Type } from '@sinclair/typebox'
import { query } from '../../database/db.ts'
import { isId } from '../../id.ts'

const Shared = Type.Object({
  id: Type.String(),
  n: Type.Integer(),
  fileId: Type.String(),
  sentAs: Type.Unsafe<'photo' | 'video' | 'audio' | 'document' | 'animation'>(Type.String()),
  modelId: Type.String(),
  createdAt: Type.Date(),
})
/** A file of a person's own that Telegram has. */
export type Shared = Static<typeof Shared>

// So many runs back results are looked for.
const maxRuns = 500

/**
 * The results of a person, newest run first, from `offset` on. `words`: patterns of ILIKE that the run's answers must all
 * match (`patternsOf` of gallery-rows.ts).
 */
export const sharedResults = query(
  Shared,
  (sql, userId: number, words: string[], offset: number, limit: number) => sql`
    select g.id, r.n, r.file_id as "fileId", r.sent_as as "sentAs", g.model_id as "modelId", g.created_at as "createdAt"
    from (select x.id, x.model_id, x.created_at, x.quote_id from pay.generations x
          where x.user_id = ${userId} and x.exec_state = 'success'
          order by x.created_at desc, x.id desc limit ${maxRuns}) g
    join pay.results r on r.user_id = ${userId} and r.generation_id = g.id
    join pay.quotes q on q.user_id = ${userId} and q.id = g.quote_id
    where r.file_id is not null and r.sent_as is not null
      and not exists (select from json_array_elements_text(${words}::json) w
        where regexp_replace(q.inputs::text, '"[A-Za-z0-9_]+":|"https?://[^"]*"', '', 'g') not ilike w)
    order by g.created_at desc, g.id desc, r.n
    limit ${limit} offset ${offset}`,
)

/** One result by its run and number, of its owner alone. */
export const sharedResult = query(
  Shared,
  (sql, userId: number, id: string, n: number) => sql`
    select g.id, r.n, r.file_id as "fileId", r.sent_as as "sentAs", g.model_id as "modelId", g.created_at as "createdAt"
    from pay.generations g join pay.results r on r.user_id = g.user_id and r.generation_id = g.id
    where g.user_id = ${userId} and g.id = ${id} and r.n = ${n} and g.exec_state = 'success'
      and r.file_id is not null and r.sent_as is not null`,
)

/** The inline query that finds one result. */
export const shareQuery = (id: string, n: number): string => `r:${id}:${n}`

/** Returns the result that a query of `shareQuery` names. */
export function sharedIn(text: string): { id: string; n: number } | undefined {
  const [, id = '', n = ''] = /^r:([a-z2-7]{12}):(\d{1,3})$/.exec(text.trim()) ?? []
  return isId(id) ? { id, n: Number(n) } : undefined
}
