import { type Sql, untilAnswered } from '../database/db.ts'
import type { ModelCost } from '../health/model-costs.ts'
import {
  changeHealth,
  type Decision,
  type HealthChange,
  healthOfModels,
  type RecentRuns,
  recentRuns,
} from '../health/model-health.ts'
import type { Log } from '../log.ts'

// A failed free run costs its person nothing. So fewer people than this never switch a model off, however often it fails
// for each of them: what one person sends again and again may be their mistake, what nobody gets is the model's.
const enoughPeople = 3
// Below this share every second run of a person fails, and who is refunded twice does not come back. Ten runs, since a
// few failures in a row happen to any model, and six of ten do not.
const enoughRuns = 10
const minShare = 0.5
// A trial ends well after so many runs, of which most succeeded; all failures of one person count as one.
const trialRuns = 5
// The circuit is open for so long before a trial. Trouble of an upstream passes in half an hour or in half a day, so the
// time doubles with each failed trial.
const restMs = 30 * 60_000
const longestRestMs = 4 * 3_600_000
// After so long without trouble a failure counts as the first.
const forgottenMs = 6 * 3_600_000
// One expensive run may be a mistake of measuring.
const enoughPaid = 3
// The window of the costs: runs from before a change must not undo it.
const costsMs = 3_600_000

/**
 * The circuit breaker of a model: `on` is closed, `off` open, `trial` half-open. Pure. Returns the change that the rows
 * call for, undefined for none. A model that few people order must not fail them for hours: where nobody succeeds,
 * `enoughPeople` are enough.
 */
export function verdict(
  last: HealthChange | undefined,
  runs: RecentRuns | undefined,
  cost: ModelCost | undefined,
): Pick<Decision, 'after' | 'cause' | 'strikes' | 'restMs' | 'figures'> | undefined {
  const strikes = last?.strikes ?? 0
  if (last?.isPinned) return undefined
  if (last?.after === 'off') {
    return last.isRested ? { after: 'trial', cause: 'rested', strikes, restMs: null, figures: {} } : undefined
  }
  const { finished = 0, succeeded = 0, unsupported = 0, failedPeople = 0, peopleShare = 1 } = runs ?? {}
  // Waiting mends neither a name that the upstream does not know nor a price below its cost: a person must.
  if (unsupported > 0) {
    return { after: 'off', cause: 'unsupported', strikes, restMs: null, figures: { finished, succeeded, unsupported } }
  }
  const isAllAfter = !last || last.ageMs >= costsMs
  if (cost && isAllAfter && cost.runs >= enoughPaid && cost.costKop > cost.keptKop) {
    const { costKop, keptKop, runIds } = cost
    const figures = { finished: cost.runs, costKop, keptKop, runIds }
    return { after: 'off', cause: 'loss', strikes, restMs: null, figures }
  }
  const figures = { finished, succeeded, failedPeople }
  const failing = (again: number) => ({
    after: 'off' as const,
    cause: 'failing' as const,
    strikes: again,
    restMs: Math.min(restMs * 2 ** (again - 1), longestRestMs),
    figures,
  })
  const isOfMany = failedPeople >= enoughPeople
  if (last?.after === 'trial') {
    if (isOfMany && peopleShare < minShare) return failing(strikes + 1)
    if (succeeded + failedPeople >= trialRuns && succeeded > failedPeople) {
      return { after: 'on', cause: 'recovered', strikes, restMs: null, figures }
    }
    return undefined
  }
  const isHopeless = succeeded === 0
  const isFailing = finished >= enoughRuns && peopleShare < minShare
  if (!isOfMany || (!isHopeless && !isFailing)) return undefined
  return failing(last && last.ageMs < forgottenMs ? strikes + 1 : 1)
}

export type ModelHealthOptions = {
  sql: Sql
  log: Log
  modelIds: readonly string[]
  adminIds: readonly number[]
  costs(): Promise<ModelCost[]>
  /** The cache of this machine; the others refresh theirs within seconds. */
  modelHealth: { refresh(): Promise<void> }
}

/** Opens the circuit of each model that fails, half-opens it after its rest, closes it after a good trial. Safe to run twice, on any machine. */
export async function updateModelHealth({
  sql,
  log,
  modelIds,
  adminIds,
  costs,
  modelHealth,
}: ModelHealthOptions): Promise<void> {
  const [lasts, runs, spent] = await Promise.all([healthOfModels(sql), recentRuns(sql, modelIds), costs()])
  let isChanged = false
  for (const modelId of modelIds) {
    const of = <Row extends { modelId: string }>(rows: Row[]) => rows.find(row => row.modelId === modelId)
    const last = of(lasts)
    const decided = verdict(last, of(runs), of(spent))
    if (!decided) continue
    // A trial ends in a message either way, so its beginning needs none.
    const tell = decided.after === 'trial' ? [] : adminIds
    const seen = last?.n ?? 0
    const decision = { modelId, seen, who: 'auto', isPinned: false, reason: null, tell, ...decided }
    const [row] = await untilAnswered(() => changeHealth(sql, decision))
    if (row?.result !== 'switched') continue // another machine, or an admin, was first
    isChanged = true
    const context = { modelId, ...decided }
    if (decided.after === 'off') log.error(context, 'a model was switched off')
    else log.warn(context, 'a model was switched')
  }
  if (isChanged) await modelHealth.refresh()
}
