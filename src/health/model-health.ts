import { type Static, Type } from '@sinclair/typebox'
import { query, type Sql, untilAnswered } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import type { Log } from '../log.ts'

const words = <W extends string[]>(...list: W) => Type.Unsafe<W[number]>(Type.String({ enum: list }))

const State = words('on', 'trial', 'off')
const Cause = words('failing', 'unsupported', 'loss', 'rested', 'recovered', 'admin')
export type State = Static<typeof State>
export type Cause = Static<typeof Cause>

/**
 * The figures behind a decision: finished and successful runs, the number of people with failures, refusals of the
 * model's name, kopecks paid and captured, and the runs with the largest losses.
 */
export type Figures = {
  finished?: number
  succeeded?: number
  failedPeople?: number
  unsupported?: number
  costKop?: number
  keptKop?: number
  runIds?: string[]
}

const HealthChange = Type.Object({
  modelId: Type.String(),
  n: Type.Integer(),
  at: Type.Date(),
  who: Type.String(),
  before: State,
  after: State,
  isPinned: Type.Boolean(),
  cause: Cause,
  reason: Nullable(Type.String()),
  strikes: Type.Integer(),
  restUntil: Nullable(Type.Date()),
  isRested: Type.Boolean(),
  ageMs: Type.Number(),
  figures: Type.Unsafe<Figures>(Type.Object({})),
})
/**
 * One change of a model's circuit, as stored. The last one is its current state. `isPinned`: an admin decided, and the
 * service does not change it.
 */
export type HealthChange = Static<typeof HealthChange>

/**
 * Returns the current state of every model that ever changed. It steps from model to model through the key, so the
 * number of rows per model does not matter.
 */
export const healthOfModels = query(
  HealthChange,
  sql => sql`
    with recursive last as (
      (select s as row from pay.model_switches s order by s.model_id desc, s.n desc limit 1)
      union all
      select (select s from pay.model_switches s where s.model_id < (l.row).model_id
              order by s.model_id desc, s.n desc limit 1)
      from last l where (l.row).model_id is not null)
    select (row).model_id as "modelId", (row).n, (row).at, (row).who, (row).before, (row).after,
      (row).is_pinned as "isPinned", (row).cause, (row).reason, (row).strikes, (row).rest_until as "restUntil",
      coalesce((row).rest_until <= now(), false) as "isRested",
      (extract(epoch from now() - (row).at) * 1000)::float8 as "ageMs", (row).figures
    from last where (row).model_id is not null order by 1`,
)

export const healthChange = query(
  HealthChange,
  (sql, modelId: string, n: number) => sql`
    select model_id as "modelId", n, at, who, before, after, is_pinned as "isPinned", cause, reason,
      strikes, rest_until as "restUntil", coalesce(rest_until <= now(), false) as "isRested",
      (extract(epoch from now() - at) * 1000)::float8 as "ageMs", figures
    from pay.model_switches where model_id = ${modelId} and n = ${n}`,
)

const RecentRuns = Type.Object({
  modelId: Type.String(),
  finished: Type.Integer(),
  succeeded: Type.Integer(),
  unsupported: Type.Integer(),
  failedPeople: Type.Integer(),
  peopleShare: Type.Number(),
})
/**
 * The runs of a model since its last change: in the last hour, or since a trial began. `failedPeople`: people with at
 * least one failure. `peopleShare`: the share of a person's runs that succeeded, averaged over all people, so that each
 * person has the same weight.
 */
export type RecentRuns = Static<typeof RecentRuns>

/**
 * Leaves out runs that say nothing about the model: the person's own mistakes, and failures of our account (empty,
 * locked or full), which affect every model. Runs started before the last change belong to the previous state.
 */
export const recentRuns = query(
  RecentRuns,
  (sql, modelIds: readonly string[]) => sql`
    select m.id as "modelId", r.finished, r.succeeded, r.unsupported, r."failedPeople", r."peopleShare"
    from unnest(string_to_array(${modelIds.join(',')}, ',')) as m(id)
    left join lateral (
      select s.at, s.after from pay.model_switches s where s.model_id = m.id order by s.n desc limit 1) s on true
    cross join lateral (
      select coalesce(sum(p.finished), 0)::bigint as finished, coalesce(sum(p.succeeded), 0)::bigint as succeeded,
        coalesce(sum(p.unsupported), 0)::bigint as unsupported,
        count(*) filter (where p.succeeded < p.finished) as "failedPeople",
        coalesce(avg(p.succeeded::float8 / p.finished), 1) as "peopleShare"
      from (
        select count(*) as finished, count(*) filter (where e.status = 'success') as succeeded,
          count(*) filter (where e.error_code = 'unsupported_model') as unsupported
        from pay.generation_events e
        where e.model_id = m.id and e.status <> 'started'
          and e.created_at > case when s.after = 'trial' then s.at else now() - interval '1 hour' end
          and (s.at is null or (
            select g.created_at >= s.at from pay.generations g where g.user_id = e.user_id and g.id = e.request_id))
          and (e.error_code is null or e.error_code not in (
            'invalid_input', 'moderation', 'cancelled', 'auth', 'no_credit', 'not_submitted', 'account_closed'))
        group by e.user_id) p) r`,
)

export type Decision = {
  modelId: string
  /** The number of the row that the decision is based on, 0 for no row; null: any. */
  seen: number | null
  /** `auto`, or an admin's id. */
  who: string
  after: State
  isPinned: boolean
  cause: Cause
  reason: string | null
  strikes: number
  /** Milliseconds until the model is tried again; null: until an admin decides. */
  restMs: number | null
  figures: Figures
  /** Admins who get a message about it. */
  tell: readonly number[]
}

const ChangeResult = Type.Object({ result: words('switched', 'same', 'pinned', 'late') })
export type ChangeResult = Static<typeof ChangeResult>['result']

export const changeHealth = query(
  ChangeResult,
  (sql, d: Decision) => sql`
    select pay.model_switch(${d.modelId}, ${d.seen}, ${d.who}, ${d.after}, ${d.isPinned}, ${d.cause}, ${d.reason},
      ${d.strikes}, ${d.restMs === null ? null : `${d.restMs} milliseconds`}, ${d.figures}, ${d.tell}) as result`,
)

/** Applies an admin's decision: `on` or `off` pins the model, `auto` unpins it and begins with the model on. */
export async function overrideHealth(
  sql: Sql,
  { modelId, adminId, to, reason }: { modelId: string; adminId: number; to: 'on' | 'off' | 'auto'; reason: string },
): Promise<ChangeResult> {
  const decision: Decision = {
    modelId,
    seen: null,
    who: String(adminId),
    after: to === 'off' ? 'off' : 'on',
    isPinned: to !== 'auto',
    cause: 'admin',
    reason,
    strikes: 0,
    restMs: null,
    figures: {},
    tell: [],
  }
  for (;;) {
    const [row] = await untilAnswered(() => changeHealth(sql, decision))
    if (row && row.result !== 'late') return row.result // late: the service was first, so apply the admin's decision again
  }
}

export type ModelHealth = {
  isOff(modelId: string): boolean
  /** An admin has switched it on: sold even if it is not offered. */
  isSwitchedOn(modelId: string): boolean
  refresh(): Promise<void>
}

/** Caches the states of models for screens. Orders read the rows (`gen_start`). The caller refreshes it. */
export function createModelHealth(sql: Sql, log: Log): ModelHealth {
  let off = new Set<string>()
  let on = new Set<string>()
  return {
    isOff: modelId => off.has(modelId),
    isSwitchedOn: modelId => on.has(modelId),
    async refresh() {
      try {
        const rows = await healthOfModels(sql)
        off = new Set(rows.filter(row => row.after === 'off').map(row => row.modelId))
        on = new Set(rows.filter(row => row.after === 'on' && row.isPinned).map(row => row.modelId))
      } catch (error) {
        log.warn({ err: error }, 'the switches of the models could not be read')
      }
    },
  }
}
