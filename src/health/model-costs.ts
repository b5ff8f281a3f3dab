import { type Static, Type } from '@sinclair/typebox'
import { query } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'

const ModelCost = Type.Object({
  modelId: Type.String(),
  runs: Type.Integer(),
  costKop: Type.Integer(),
  keptKop: Type.Integer(),
  runIds: Type.Unsafe<string[]>(Type.Array(Type.String())),
})
/**
 * The cost of a model's paid runs and the captured amount, in kopecks. `runIds`: at most ten runs with the largest
 * losses.
 */
export type ModelCost = Static<typeof ModelCost>

/**
 * The paid successes of the last hour at today's rate. Counts the credits that the upstream reported, or else the
 * expected ones. 1 credit is half a cent.
 */
export const modelCosts = query(
  ModelCost,
  (sql, modelIds: readonly string[], usdRubRate: string) => sql`
    select m.id as "modelId", count(*) as runs, (sum(e.price_rub) * 100)::bigint as "keptKop",
      ceil(sum(coalesce(g.cost_credits, q.credits)) * 0.5 * ${usdRubRate}::numeric)::bigint as "costKop",
      to_json((array_agg(e.request_id order by
        coalesce(g.cost_credits, q.credits) * 0.5 * ${usdRubRate}::numeric - e.price_rub * 100 desc, e.request_id))[1:10]) as "runIds"
    from unnest(string_to_array(${modelIds.join(',')}, ',')) as m(id)
    join pay.generation_events e on e.model_id = m.id and e.status = 'success' and not e.is_free_applied
      and e.created_at > now() - interval '1 hour'
    join pay.generations g on g.user_id = e.user_id and g.id = e.request_id
    join pay.quotes q on q.user_id = g.user_id and q.id = g.quote_id
    group by m.id`,
)

const LossRun = Type.Object({
  id: Type.String(),
  userId: Type.Integer(),
  at: Type.Date(),
  costKop: Type.Integer(),
  keptKop: Type.Integer(),
  expectedCredits: Type.String(),
  costCredits: Nullable(Type.String()),
})
/**
 * A run that a model was switched off for: its cost and the captured amount in kopecks, the credits expected and
 * consumed.
 */
export type LossRun = Static<typeof LossRun>

/** Returns the runs behind the n-th change of a model, the largest losses first. */
export const lossRuns = query(
  LossRun,
  (sql, modelId: string, n: number, usdRubRate: string) => sql`
    select g.id, g.user_id as "userId", g.created_at as at, coalesce(g.kept_kop, g.price_kop) as "keptKop",
      ceil(coalesce(g.cost_credits, q.credits) * 0.5 * ${usdRubRate}::numeric)::bigint as "costKop",
      q.credits::text as "expectedCredits", g.cost_credits::text as "costCredits"
    from pay.model_switches s
    cross join json_array_elements_text(coalesce(s.figures -> 'runIds', '[]')) with ordinality as r(id, place)
    join pay.generations g on g.id = r.id
    join pay.quotes q on q.user_id = g.user_id and q.id = g.quote_id
    where s.model_id = ${modelId} and s.n = ${n} and s.cause = 'loss'
    order by r.place`,
)
