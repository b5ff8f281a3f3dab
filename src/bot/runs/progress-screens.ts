import type { Catalogue } from '../../catalogue/models.ts'
import { rangeText } from '../../i18n/format.ts'
import type { BoardState, Usual } from '../../i18n/ordering.ts'
import { stringsFor } from '../../i18n/strings.ts'
import { shortId } from '../../id.ts'
import type { Language } from '../../money.ts'
import type { Generation } from '../../payments/generations.ts'
import { maxPausedMs } from '../../payments/timing.ts'
import { html } from '../../telegram/html.ts'
import { type Button, button, type Screen } from '../../telegram/screen.ts'
import { typicalMs } from '../browse/typical.ts'
import type { BotDeps } from '../deps.ts'
import { modelName } from '../names.ts'
import { to } from '../routes.ts'

type Deps = Pick<BotDeps, 'catalogue'> & { stats: Pick<BotDeps['stats'], 'of'> }
type Run = Generation

/** The state of one open run: its stage, the time that it has left, and what can be done. */
export function progressScreen(deps: Deps, run: Run, language: Language): Screen {
  const t = stringsFor(language)
  const { id, execState, priceKop, ageMs, deadlineAt } = run
  const status = [button(t.quote.statusButton, to.generation(id, 'status'))]
  const history = [button(t.run.historyButton, to.history('all', '0'))]
  const usual = usualOf(deps, run, language)
  if (execState === 'queued') {
    const until = new Date(run.createdAt.getTime() + maxPausedMs)
    return {
      text: run.isPaused ? t.run.waitsForProvider(priceKop, until) : t.run.queued(priceKop, usual),
      buttons: [[button(t.run.cancelButton, to.generation(id, 'cancel'), 'danger')]],
    }
  }
  if (execState === 'success') return { text: t.run.sending, buttons: [] }
  if (run.isOverdue) return { text: t.run.overdue(priceKop), buttons: [status] }
  if (execState === 'submitting') {
    // A normal submit takes a moment.
    const isUnclear = ageOf(run.submittedAt) > submitMs
    if (isUnclear) return { text: t.run.unclear(priceKop, deadlineAt), buttons: [status] }
    return { text: t.run.sent(usual), buttons: [history] }
  }
  if (isSlow(deps, run)) return { text: t.run.slow(ageMs, priceKop, deadlineAt), buttons: [status] }
  const bar = barOf(ageMs, usualMs(deps, run))
  const leftMs = leftOf(deps, run)
  const around = leftMs !== undefined && leftMs > 0 ? usual?.around : undefined
  return { text: t.run.running(ageMs, leftMs, bar, around, deadlineAt), buttons: [history] }
}

/** All open runs of a person, which share a message: each with its stage. */
export function boardScreen(deps: Deps, runs: Run[], language: Language): Screen {
  const { run: t } = stringsFor(language)
  const lines = runs.map(run => {
    const name = modelName(deps.catalogue, run.modelId, language)
    return html`${t.boardLine(name, shortId(run.id), boardState(deps, run))}`
  })
  const isLong = runs.some(run => (usualMs(deps, run) ?? 0) > longMs)
  const cancels = runs
    .filter(({ execState }) => execState === 'queued')
    .map(({ id }): Button[] => [button(t.cancelOneButton(shortId(id)), to.generation(id, 'cancel'), 'danger')])
  return {
    text: t.board(lines, isLong),
    buttons: [...cancels, [button(t.historyButton, to.history('all', '0'))]],
  }
}

function boardState(deps: Deps, run: Run): BoardState {
  if (run.execState === 'queued') return { what: 'queued' }
  if (run.execState === 'submitting') return { what: 'sent' }
  return isSlow(deps, run) ? { what: 'slow', ageMs: run.ageMs } : { what: 'running', leftMs: leftOf(deps, run) }
}

/** Three of four runs take no longer, in ms: as measured lately, else as the catalogue expects. */
export const usualMs = ({ catalogue, stats }: Deps, { modelId }: Pick<Run, 'modelId'>): number | undefined =>
  typicalMs(stats.of(modelId), catalogue.byId(modelId))?.[1]

// Longer than a submit may wait for its answer.
const submitMs = 40_000
const ageOf = (at: Date | null) => (at === null ? Infinity : Date.now() - at.getTime())

// What takes longer than this is not watched.
const longMs = 60_000

function usualOf({ catalogue, stats }: Deps, run: Run, language: Language): Usual | undefined {
  const typical = typicalMs(stats.of(run.modelId), catalogue.byId(run.modelId))
  if (!typical) return undefined
  const [fromMs, toMs] = typical
  const around = toMs > longMs ? new Date(run.createdAt.getTime() + toMs) : undefined
  return { typical: rangeText(fromMs, toMs, language), around }
}

const leftOf = (deps: Deps, run: Run): number | undefined => {
  const usual = usualMs(deps, run)
  return usual === undefined ? undefined : Math.max(0, usual - run.ageMs)
}

/** From when on a run counts as longer than usual. */
function isSlow(deps: Deps, run: Run): boolean {
  const usual = usualMs(deps, run)
  if (usual !== undefined) return run.ageMs > usual * 1.2
  return run.ageMs > (catalogueOutput(deps.catalogue, run) === 'video' ? 300_000 : 60_000)
}
const catalogueOutput = (catalogue: Catalogue, { modelId }: Run) => catalogue.byId(modelId)?.output

/** Never empty and never full while it runs. */
function barOf(ageMs: number, usual: number | undefined): string {
  if (usual === undefined) return ''
  const filled = Math.min(9, Math.max(1, Math.round((ageMs / usual) * 10)))
  return '▓'.repeat(filled).padEnd(10, '░')
}
