import { type Static, Type } from '@sinclair/typebox'
import { query, type Sql } from '../../database/db.ts'
import type { GalleryList } from '../codes.ts'

const Picture = Type.Object({
  id: Type.String(),
  n: Type.Integer(),
  fileId: Type.String(),
  modelId: Type.String(),
  createdAt: Type.Date(),
  isStarred: Type.Boolean(),
})
/** A picture of a person's own that Telegram has. */
export type Picture = Static<typeof Picture>
/** The last picture of the page before: its run and its number. */
export type After = { id: string; n: number } | undefined

// So many runs back a search and the family of a run are looked for.
const maxRuns = 500

/**
 * Pictures, newest run first, after `after`. `words`: patterns of ILIKE that the run's answers must all match, without the
 * names of the parameters and without links. A search reads the last `maxRuns` runs only.
 */
export const pictures = query(
  Picture,
  (sql, userId: number, words: string[], after: After, limit: number) => sql`
    select g.id, r.n, r.file_id as "fileId", g.model_id as "modelId", g.created_at as "createdAt",
      r.starred_at is not null as "isStarred"
    from (select x.id, x.model_id, x.created_at, x.quote_id from pay.generations x
          where x.user_id = ${userId} and x.exec_state = 'success'
            and (${after?.id ?? null}::text is null or (x.created_at, x.id) <=
                 (select b.created_at, b.id from pay.generations b where b.user_id = ${userId} and b.id = ${after?.id ?? null}::text))
          order by x.created_at desc, x.id desc limit ${maxRuns}) g
    join pay.results r on r.user_id = ${userId} and r.generation_id = g.id
    join pay.quotes q on q.user_id = ${userId} and q.id = g.quote_id
    where r.kind = 'image' and r.sent_as = 'photo' and r.file_id is not null
      and (${after?.id ?? null}::text is null or g.id <> ${after?.id ?? null}::text or r.n > ${after?.n ?? 0}::int)
      and not exists (select from json_array_elements_text(${words}::json) w 
        where regexp_replace(q.inputs::text, '"[A-Za-z0-9_]+":|"https?://[^"]*"', '', 'g') not ilike w)
    order by g.created_at desc, g.id desc, r.n
    limit ${limit}`,
)

/** The favourites, the last that was chosen first. */
export const starredPictures = query(
  Picture,
  (sql, userId: number, after: After, limit: number) => sql`
    select g.id, r.n, r.file_id as "fileId", g.model_id as "modelId", g.created_at as "createdAt", true as "isStarred"
    from pay.results r
    join pay.generations g on g.user_id = r.user_id and g.id = r.generation_id
    where r.user_id = ${userId} and r.starred_at is not null and r.sent_as = 'photo' and r.file_id is not null
      and (${after?.id ?? null}::text is null or (r.starred_at, r.generation_id, r.n) <
           (select a.starred_at, a.generation_id, a.n from pay.results a where a.user_id = ${userId}
              and a.generation_id = ${after?.id ?? null}::text and a.n = ${after?.n ?? 0}::int))
    order by r.starred_at desc, r.generation_id desc, r.n desc
    limit ${limit}`,
)

/** One picture by its run and number. */
export const pictureOf = query(
  Picture,
  (sql, userId: number, id: string, n: number) => sql`
    select g.id, r.n, r.file_id as "fileId", g.model_id as "modelId", g.created_at as "createdAt",
      r.starred_at is not null as "isStarred"
    from pay.generations g
    join pay.results r on r.user_id = g.user_id and r.generation_id = g.id
    where g.user_id = ${userId} and g.id = ${id} and r.n = ${n} and r.sent_as = 'photo' and r.file_id is not null`,
)

const Kin = Type.Object({ id: Type.String(), modelId: Type.String(), createdAt: Type.Date(), isParent: Type.Boolean() })
/** A run that this one was made of, or that was made of this one. */
export type Kin = Static<typeof Kin>

/** The runs that these answers name, and the later runs whose answers name the run. */
export const kinOf = query(
  Kin,
  (sql, userId: number, id: string, parents: string[], limit: number) => sql`
    select id, model_id as "modelId", created_at as "createdAt", true as "isParent" from pay.generations
    where user_id = ${userId} and id = any (string_to_array(${parents.join(',')}, ','))
    union all
    (select g.id, g.model_id, g.created_at, false
     from (select x.id, x.model_id, x.created_at, x.quote_id from pay.generations x where x.user_id = ${userId}
           order by x.created_at desc, x.id desc limit ${maxRuns}) g
     join pay.quotes q on q.user_id = ${userId} and q.id = g.quote_id
     where q.inputs::text like '%"generationId":"' || ${id}::text || '"%'
     order by g.created_at desc limit ${limit})`,
)

export const resultStar = query(
  Type.Object({ isThere: Type.Boolean() }),
  (sql, userId: number, id: string, n: number, isOn: boolean) => sql`
    select pay.result_star(${userId}, ${id}, ${n}, ${isOn}) as "isThere"`,
)

/**
 * Returns the words of a search as patterns that find them as they stand, in the JSON of the answers. A word is taken
 * literally: «100%» and «a_b» are no wildcards.
 */
export const patternsOf = (text: string): string[] =>
  text
    .split(/\s+/)
    .filter(word => word !== '')
    .slice(0, 10)
    .map(
      word =>
        `%${JSON.stringify(word)
          .slice(1, -1)
          .replace(/[\\%_]/g, '\\$&')}%`,
    )

/** Returns the runs that answers are made of: files of earlier results, and results taken further. */
export function parentsIn(inputs: unknown): string[] {
  const found = new Set<string>()
  const look = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    if ('generationId' in value && typeof value.generationId === 'string') found.add(value.generationId)
    for (const one of Object.values(value)) look(one)
  }
  look(inputs)
  return [...found]
}

/** The pictures of a list. */
export const picturesOf = (sql: Sql, userId: number, list: GalleryList, words: string, after: After, limit: number) =>
  list === 'starred'
    ? starredPictures(sql, userId, after, limit)
    : pictures(sql, userId, list === 'found' ? patternsOf(words) : [], after, limit)
