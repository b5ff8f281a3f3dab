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

// A failed free run costs nothing, so people may repeat it. Failures of fewer people than this never switch a model off,
// however many they are: one person may repeat the same mistake.
const enoughPeople = 3
// Below this share every second run fails, and a person refunded twice does not come back. Ten runs, since any model may
// fail a few times in a row, but not six times of ten.
const enoughRuns = 10
const minShare = 0.5
// A trial succeeds after this many runs, most of them successes. All failures of one person count as one.
const trialRuns = 5
// How long the circuit stays open before a trial. An outage lasts half an hour or half a day, so the time doubles with
// each failed trial.
const restMs = 30 * 60_000
const longestRestMs = 4 * 3_600_000
// After this long without a failure, the next one counts as the first.
const forgottenMs = 6 * 3_600_000
// A single expensive run may be a measuring error.
const enoughPaid = 3
// The window of the costs: runs from before a change must not undo it.
const costsMs = 3_600_000

/**
 * Decides the next state of a model's circuit breaker: `on` is closed, `off` open, `trial` half-open. Pure. Returns
 * undefined for no change. A rarely ordered model must not fail for hours: with no success at all, failures of
 * `enoughPeople` people open the circuit.
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
  // Neither an unknown model name nor a price below its cost passes by itself: an admin must act.
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

/** Opens the circuit of each failing model, half-opens it after a rest, closes it after a good trial. Idempotent, on any machine. */
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
