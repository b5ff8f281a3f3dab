import { type Catalogue, formatOf, type Model, modelKey } from '../../catalogue/models.ts'
import type { Messages } from '../../delivery/messages.ts'
import { lines } from '../../i18n/format.ts'
import type { SwitchFacts } from '../../i18n/navigation.ts'
import type { Failure } from '../../i18n/ordering.ts'
import { stringsFor } from '../../i18n/strings.ts'
import { shortId } from '../../id.ts'
import type { Language } from '../../money.ts'
import type { Generation } from '../../payments/generations.ts'
import { moneyOf } from '../../payments/run-money.ts'
import { html } from '../../telegram/html.ts'
import { type Button, button, copyRow, type Screen } from '../../telegram/screen.ts'
import { writtenPrice } from '../browse/display-price.ts'
import type { BotDeps } from '../deps.ts'
import { modelName } from '../names.ts'
import { to } from '../routes.ts'
import { groupMessages } from './group-reports.ts'
import { lateMessages } from './late.ts'
import { boardScreen, progressScreen, usualMs } from './progress-screens.ts'
import { resultButtons } from './result-buttons.ts'

/** The messages about a run: progress, result, failure. */
export function createMessages(
  deps: Pick<BotDeps, 'catalogue'> & { stats: Pick<BotDeps['stats'], 'of'>; botUsername?: () => string },
): Messages {
  const { catalogue, botUsername = () => '' } = deps
  return {
    progress(generation, language) {
      const { execState } = generation
      if (execState === 'failed' || execState === 'timeout') return done(generation, language)
      const screen = progressScreen(deps, generation, language)
      if (execState === 'success') return screen
      return { ...screen, text: html`${screen.text}\n${which(catalogue, generation, language)}` }
    },
    group: groupMessages(catalogue, botUsername, (run, language) => stringsFor(language).run.failure[failureOf(run)]),
    board: (generations, language) => boardScreen(deps, generations, language),
    usualMs: generation => usualMs(deps, generation),
    done,
    resent(generation, kind, language) {
      const t = stringsFor(language)
      const short = shortId(generation.id)
      const text =
        kind === 'original'
          ? t.run.original(short)
          : t.run.resent(modelName(catalogue, generation.modelId, language), short)
      return { text, buttons: [[button(t.menuButton, to.menu())]] }
    },
    result: (...report) => resultCaption(catalogue, ...report),
    withoutFiles,
    ...lateMessages(catalogue),
    healthChanged: (...report) => healthReport(catalogue, ...report),
    aside(language) {
      const t = stringsFor(language)
      return { text: t.setAside, buttons: [[button(t.menuButton, to.menu())]] }
    },
    notice({ text, values }, language) {
      const t = stringsFor(language)
      return { text: t.notices[text](values), buttons: [[button(t.menuButton, to.menu())]] }
    },
    plan({ state, stars, until }, language) {
      const { plan, menuButton } = stringsFor(language)
      const text = plan.changed({ state, stars, until: until === null ? undefined : new Date(until * 1000) })
      return { text, buttons: [[button(plan.button, to.plans()), button(menuButton, to.menu())]] }
    },
    failure: (generation, language) => failureReport(catalogue, generation, language),
  }
}

function resultCaption(
  catalogue: Catalogue,
  ...[generation, outputs, wallet, free, language]: Parameters<Messages['result']>
): Screen {
  const t = stringsFor(language)
  const { id, ageMs, promised } = generation
  const { keptKop, returnedKop } = moneyOf(generation)
  const isPart = promised !== null && promised > outputs.length
  const part = isPart ? { arrived: outputs.length, promised, backKop: returnedKop } : undefined
  const price = writtenPrice(keptKop, free.day, free.of)
  const facts = { name: modelName(catalogue, generation.modelId, language), ageMs, short: shortId(id) }
  const paid = { ...facts, price, balanceKop: wallet.balanceKop, part }
  const text = generation.isLate ? t.late.result(paid) : t.run.result(paid)
  return {
    text: generation.isBonus ? t.bonus.result(facts) : text,
    buttons: resultButtons(catalogue, generation, outputs, language).few,
  }
}

function withoutFiles(...[{ id }, caption, kept, why, language]: Parameters<Messages['withoutFiles']>): Screen {
  const { run, sendAgainButton } = stringsFor(language)
  const links = kept.flatMap(({ link }, index) =>
    link ? [[{ text: run.downloadButton(index + 1, link.until), url: link.url }]] : [],
  )
  const [first] = kept
  const how = first && (links.length > 0 ? run.keptWithLink(first.until) : run.keptWithoutLink(first.until))
  const rows = [
    ...links,
    ...((first && links.length === 0) || why === 'full'
      ? [[button(run.supportButton, to.generation(id, 'support'))]]
      : []),
    ...(why === 'later' || why === 'original_gone' ? [[button(sendAgainButton, to.generation(id, 'resend'))]] : []),
  ]
  return {
    text: html`${caption.text}\n\n${lines(run.noFiles[why], how)}`,
    buttons: [...rows, ...caption.buttons],
  }
}

function healthReport(
  catalogue: Catalogue,
  ...[change, isLast, language]: Parameters<Messages['healthChanged']>
): Screen {
  const { modelId: id, n, after, cause, figures, restUntil } = change
  const t = stringsFor(language)
  const facts = {
    id,
    name: modelName(catalogue, id, language),
    cause: cause as SwitchFacts['cause'],
    finished: figures.finished ?? 0,
    succeeded: figures.succeeded ?? 0,
    failedPeople: figures.failedPeople ?? 0,
    runIds: figures.runIds ?? [],
    costKop: figures.costKop ?? 0,
    keptKop: figures.keptKop ?? 0,
    at: restUntil ?? undefined,
  }
  const text = after === 'off' ? t.switched.off(facts) : t.switched.on(facts)
  const isLoss = after === 'off' && cause === 'loss'
  const buttons = isLoss ? [[button(t.switched.lossButton, to.adminLoss(modelKey(id), n))]] : []
  return { text: isLast ? html`${text}\n\n${t.switched.last}` : text, buttons }
}

function failureReport(catalogue: Catalogue, generation: Generation, language: Language): Screen {
  const t = stringsFor(language)
  const failure = failureOf(generation)
  return {
    text: html`${t.run.failure[failure]}\n${moneyLine(generation, language)}\n${which(catalogue, generation, language)}`,
    buttons: [
      nextSteps(failure, generation, catalogue.byId(generation.modelId), language),
      [
        button(t.run.moneyButton, to.generation(generation.id, 'why')),
        button(t.run.supportButton, to.generation(generation.id, 'support')),
      ],
      failure === 'cancelled' ? [] : copyRow(t.history.copyButton, generation.id),
      [button(t.menuButton, to.menu())],
    ],
  }
}

const which = (catalogue: Catalogue, { modelId, id }: Generation, language: Language) =>
  stringsFor(language).run.which(modelName(catalogue, modelId, language), shortId(id))

function done(generation: Generation, language: Language): Screen {
  const { run } = stringsFor(language)
  const short = shortId(generation.id)
  if (generation.execState === 'success') return { text: run.doneWell(generation.ageMs, short), buttons: [] }
  if (generation.errorCode === 'cancelled') return { text: run.doneCancelled(short), buttons: [] }
  return { text: run.doneBadly(short), buttons: [] }
}

/** Returns the line about the money, from the committed state only: a message must never be ahead of the ledger. */
function moneyLine(generation: Generation, language: Language) {
  const { bonus, run } = stringsFor(language)
  const { money } = run
  const { kind, heldKop, returnedKop } = moneyOf(generation)
  if (kind !== 'paid') return kind === 'bonus' ? bonus.returned : money.free
  return heldKop > 0 ? money.debited(heldKop, generation.deadlineAt) : money.refunded(returnedKop)
}

function failureOf({ errorCode }: Generation): Failure {
  switch (errorCode) {
    case 'invalid_input':
      return 'input'
    case 'moderation':
      return 'moderation'
    case 'upstream_error':
    case 'generation_failed':
    case 'no_result':
    case 'wrong_task':
      return 'model'
    case 'upstream_timeout':
    case 'deadline':
    case 'submit_unknown':
      return 'late'
    // The model is not ours to use, our account is empty, or there was no room: the person can only wait.
    case 'unsupported_model':
    case 'auth':
    case 'no_credit':
    case 'not_submitted':
      return 'busy'
    case 'cancelled':
      return 'cancelled'
    case 'unknown_reason':
      return 'unknown'
    case 'account_closed':
      return 'closed'
    default:
      return 'other'
  }
}

function nextSteps(failure: Failure, { id }: Generation, model: Model | undefined, language: Language): Button[] {
  const { run, quote } = stringsFor(language)
  if (!model) return []
  if (failure === 'input' || failure === 'moderation')
    return [button(quote.changeButton, to.generation(id, 'change'), 'primary')]
  // Who cancelled is not urged to go on.
  const repeat = button(run.repeatButton, to.generation(id, 'repeat'), failure === 'cancelled' ? undefined : 'primary')
  if (failure !== 'model' && failure !== 'late' && failure !== 'unknown') return [repeat]
  return [repeat, button(run.otherModelButton, to.list(formatOf(model), 0))]
}
