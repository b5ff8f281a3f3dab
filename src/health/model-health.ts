import { type Static, Type } from '@sinclair/typebox'
import { query, type Sql, untilAnswered } from '../db.ts'
import type { Log } from '../log.ts'

const words = <W extends string[]>(...list: W) => Type.Unsafe<W[number]>(Type.String({ enum: list }))
const Nullable = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([schema, Type.Null()])

const State = words('on', 'trial', 'off')
const Cause = words('failing', 'unsupported', 'loss', 'rested', 'recovered', 'admin')
export type State = Static<typeof State>
export type Cause = Static<typeof Cause>

/**
 * What a decision stood on: finished and successful runs, the people behind the failures, refusals of the name, kopecks
 * that were paid and kept, and the runs that lost most.
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

const Switch = Type.Object({
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
/** One switch of a model, as it was written; the last one of a model is how it stands. `isPinned`: an admin's word. */
export type Switch = Static<typeof Switch>

/** How every model stands that was ever switched. From one model to the next through the key, however often each was. */
export const lastSwitches = query(
  Switch,
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

export const switchOf = query(
  Switch,
  (sql, modelId: string, n: number) => sql`
    select model_id as "modelId", n, at, who, before, after, is_pinned as "isPinned", cause, reason,
      strikes, rest_until as "restUntil", coalesce(rest_until <= now(), false) as "isRested",
      (extract(epoch from now() - at) * 1000)::float8 as "ageMs", figures
    from pay.model_switches where model_id = ${modelId} and n = ${n}`,
)

const Runs = Type.Object({
  modelId: Type.String(),
  finished: Type.Integer(),
  succeeded: Type.Integer(),
  unsupported: Type.Integer(),
  failedPeople: Type.Integer(),
  peopleShare: Type.Number(),
})
/**
 * How a model did since its last switch: in the last hour, or since a trial began. `failedPeople`: for how many of them it
 * failed at least once. `peopleShare`: what succeeded of the runs of a person, on the average of all people, so that
 * nobody's weighs more than another's.
 */
export type Runs = Static<typeof Runs>

/**
 * What says nothing about a model is left out: the person's own mistakes, and an account of ours that is empty or
 * locked or has no room, which fails every model alike. Runs that were started before the last switch belong to the state before it.
 */
export const runsOf = query(
  Runs,
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
  /** The number of the row it stands on, 0 for none; null: whatever it is. */
  seen: number | null
  /** `auto`, or an admin's id. */
  who: string
  after: State
  isPinned: boolean
  cause: Cause
  reason: string | null
  strikes: number
  /** Off until then; null: until an admin says so. */
  restMs: number | null
  figures: Figures
  /** Admins who get a message about it. */
  tell: readonly number[]
}

const Switched = Type.Object({ result: words('switched', 'same', 'pinned', 'late') })
export type Switched = Static<typeof Switched>['result']

export const modelSwitch = query(
  Switched,
  (sql, d: Decision) => sql`
    select pay.model_switch(${d.modelId}, ${d.seen}, ${d.who}, ${d.after}, ${d.isPinned}, ${d.cause}, ${d.reason},
      ${d.strikes}, ${d.restMs === null ? null : `${d.restMs} milliseconds`}, ${d.figures}, ${d.tell}) as result`,
)

/** An admin's word: on or off until given back, or back to `auto`, which begins with the model on. */
export async function switchByAdmin(
  sql: Sql,
  { modelId, adminId, to, reason }: { modelId: string; adminId: number; to: 'on' | 'off' | 'auto'; reason: string },
): Promise<Switched> {
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
    const [row] = await untilAnswered(() => modelSwitch(sql, decision))
    if (row && row.result !== 'late') return row.result // late: the service was first, and an admin comes after it
  }
}

export type Switches = {
  isOff(modelId: string): boolean
  refresh(): Promise<void>
}

/** How the models stand, from memory for screens; money asks the rows (`gen_start`). Refreshed by whoever built it. */
export function createSwitches(sql: Sql, log: Log): Switches {
  let off = new Set<string>()
  return {
    isOff: modelId => off.has(modelId),
    async refresh() {
      try {
        const rows = await lastSwitches(sql)
        off = new Set(rows.filter(row => row.after === 'off').map(row => row.modelId))
      } catch (error) {
        log.warn({ err: error }, 'the switches of the models could not be read')
      }
    },
  }
}
