import { type Static, Type } from '@sinclair/typebox'
import { characters } from '../../catalogue/inputs.ts'
import { changesPrice } from '../../catalogue/parameters.ts'
import { query } from '../../db.ts'
import type { TimelineStep } from '../../i18n/ordering.ts'
import { stringsFor } from '../../i18n/strings.ts'
import { shortId } from '../../id.ts'
import type { Language } from '../../money.ts'
import type { Generation, Ref } from '../../payments/generations.ts'
import type { Html } from '../../telegram/html.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import type { BotDeps } from '../deps.ts'
import { modelName } from '../names.ts'
import { labelOf, valueText } from '../parameter-texts.ts'
import { to } from '../routes.ts'

const Moment = Type.Object({
  at: Type.Date(),
  what: Type.String(),
  /** Kopecks. */
  kop: Type.Union([Type.Integer(), Type.Null()]),
  detail: Type.Union([Type.String(), Type.Null()]),
  files: Type.Union([Type.Integer(), Type.Null()]),
})
type Moment = Static<typeof Moment>

/** What happened to a run and its money, from the quote, the ledger, the events and the row itself; in order of time. */
export const timelineOf = query(
  Moment,
  (sql, { userId, id }: Ref) => sql`
    with g as (
      select g.*, q.created_at as quoted_at, coalesce(q.full_kop, q.price_kop) as quoted_kop
      from pay.generations g
      join pay.quotes q on q.user_id = g.user_id and q.id = g.quote_id
      where g.user_id = ${userId} and g.id = ${id}
    ), moments as (
      select quoted_at as at, 1 as n, 'price' as what, quoted_kop as kop, null::text as detail, null::int as files from g
      union all
      select l.created_at, 2, 'held', -l.amount_kop, null, null from pay.ledger_entries l, g
      where l.user_id = g.user_id and l.generation_id = g.id and l.kind = 'debit'
      union all
      select e.created_at, 2, case when g.grant_ref is null then 'free' else 'bonus' end, null, null, null from pay.generation_events e, g
      where e.user_id = g.user_id and e.request_id = g.id and e.status = 'started' and g.is_free
      union all
      select submitted_at, 3, 'sent', null, task_id, null from g
      where submitted_at is not null and (task_id is not null or exec_state in ('submitting', 'running', 'success'))
      union all
      select e.created_at, 4, e.status, null, e.error_code,
        (select count(*)::int from pay.results r where r.user_id = g.user_id and r.generation_id = g.id)
      from pay.generation_events e, g
      where e.user_id = g.user_id and e.request_id = g.id and e.status <> 'started'
      union all
      select finished_at, 5, 'charged', kept_kop, null, null from g where kept_kop = price_kop
      union all
      select l.created_at, 5, case l.kind when 'refund' then 'returned' else 'kept' end, l.amount_kop, g.kept_kop::text, null
      from pay.ledger_entries l, g
      where l.user_id = g.user_id and l.generation_id = g.id and l.kind in ('refund', 'part_refund')
      union all
      select finished_at, 5, case when grant_ref is null then 'free_returned' else 'bonus_returned' end, null, null, null
      from g where is_free and exec_state in ('failed', 'timeout')
    )
    select at, what, kop, detail, files from moments order by n, at`,
)

/** The proof of a charge or a return. */
export async function timelineScreen(deps: BotDeps, run: Generation, language: Language): Promise<Screen> {
  const t = stringsFor(language)
  return {
    text: await timelineText(deps, run, language),
    buttons: [
      [button(t.run.questionButton, to.generation(run.id, 'sp'))],
      [button(t.backButton, to.generation(run.id, undefined)), button(t.menuButton, to.menu())],
    ],
  }
}

export async function timelineText({ sql, catalogue }: BotDeps, run: Generation, language: Language): Promise<Html> {
  const t = stringsFor(language)
  const model = catalogue.byId(run.modelId)
  const choices = (model?.params ?? []).flatMap(param => {
    const value = run.inputs[param.name]
    const counts = model && changesPrice(model, param) && !Array.isArray(value) && typeof value !== 'object'
    return counts && value !== undefined
      ? [
          `${labelOf(param, language)}: ${param.type === 'string' ? t.run.characters(characters(String(value))) : valueText(param, value, language, 30)}`,
        ]
      : []
  })
  const moments = await timelineOf(sql, { userId: run.userId, id: run.id })
  const steps = moments.flatMap(moment => {
    const step = stepOf(moment, choices.join(' · '))
    return step ? [{ at: moment.at, step }] : []
  })
  return t.run.timeline(modelName(catalogue, run.modelId, language), shortId(run.id), steps)
}

function stepOf({ what, kop, detail, files }: Moment, choices: string): TimelineStep | undefined {
  switch (what) {
    case 'price':
      return { what, kop: kop ?? 0, choices }
    case 'held':
    case 'charged':
    case 'returned':
      return { what, kop: kop ?? 0 }
    case 'kept':
      return { what, kop: Number(detail), backKop: kop ?? 0 }
    case 'free':
    case 'free_returned':
    case 'bonus':
    case 'bonus_returned':
    case 'timeout':
      return { what }
    case 'sent':
      return { what, taskTail: detail?.slice(-4) }
    case 'success':
      return { what: 'result', files: files ?? 0 }
    case 'failed':
      return { what: detail === 'cancelled' ? 'cancelled' : 'failed' }
    default:
      return undefined
  }
}
