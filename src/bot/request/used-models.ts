import { type Static, Type } from '@sinclair/typebox'
import type { Inputs } from '../../catalogue/parameters.ts'
import { query } from '../../database/db.ts'

const UsedModel = Type.Object({ modelId: Type.String(), inputs: Type.Unsafe<Inputs>(Type.Object({})) })
export type UsedModel = Static<typeof UsedModel>

// What a person used longer ago says little about the next order.
const enough = 40

/** The newest run of each model among the last ones of a person that did not fail, newest first. */
export const usedModels = query(
  UsedModel,
  (sql, userId: number) => sql`
    select r.model_id as "modelId", q.inputs
    from (
      select g.user_id, g.model_id, g.quote_id, row_number() over (order by g.created_at desc, g.id desc) as n,
        row_number() over (partition by g.model_id order by g.created_at desc, g.id desc) as nth
      from (
        select g.user_id, g.id, g.model_id, g.quote_id, g.created_at from pay.generations g
        where g.user_id = ${userId} and g.exec_state not in ('failed', 'timeout')
        order by g.created_at desc, g.id desc limit ${enough}
      ) g
    ) r
    join pay.quotes q on q.user_id = r.user_id and q.id = r.quote_id
    where r.nth = 1
    order by r.n`,
)
