import { type Static, Type } from '@sinclair/typebox'
import { query } from '../db.ts'

const ModelCost = Type.Object({
  modelId: Type.String(),
  runs: Type.Integer(),
  costKop: Type.Integer(),
  keptKop: Type.Integer(),
})
/** What the paid runs of a model cost us and what was kept for them, in kopecks. */
export type ModelCost = Static<typeof ModelCost>

/**
 * The paid successes of the last hour at today's rate. What the upstream took counts, and where it did not say, what was
 * expected. 1 credit is half a cent (kie-api.md §7).
 */
export const modelCosts = query(
  ModelCost,
  (sql, modelIds: readonly string[], usdRubRate: string) => sql`
    select m.id as "modelId", count(*) as runs, (sum(e.price_rub) * 100)::bigint as "keptKop",
      ceil(sum(coalesce(g.cost_credits, q.credits)) * 0.5 * ${usdRubRate}::numeric)::bigint as "costKop"
    from unnest(string_to_array(${modelIds.join(',')}, ',')) as m(id)
    join pay.generation_events e on e.model_id = m.id and e.status = 'success' and not e.is_free_applied
      and e.created_at > now() - interval '1 hour'
    join pay.generations g on g.user_id = e.user_id and g.id = e.request_id
    join pay.quotes q on q.user_id = g.user_id and q.id = g.quote_id
    group by m.id`,
)
