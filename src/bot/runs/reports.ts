import { type Catalogue, formatOf, type Model, modelKey } from '../../catalogue/models.ts'
import type { Messages } from '../../delivery/messages.ts'
import { lines, rangeText } from '../../i18n/format.ts'
import type { SwitchFacts } from '../../i18n/navigation.ts'
import type { Failure } from '../../i18n/ordering.ts'
import { stringsFor } from '../../i18n/strings.ts'
import { shortId } from '../../id.ts'
import type { Language } from '../../money.ts'
import type { Generation } from '../../payments/generations.ts'
import { moneyOf } from '../../payments/run-money.ts'
import { maxPausedMs } from '../../payments/timing.ts'
import { html } from '../../telegram/html.ts'
import { type Button, button, type Screen } from '../../telegram/screen.ts'
import { writtenPrice } from '../browse/display-price.ts'
import type { BotDeps } from '../deps.ts'
import { modelName } from '../names.ts'
import { to } from '../routes.ts'
import { followUpsOf } from './compatible-models.ts'
import { lateMessages } from './late.ts'

/** The messages about a run: progress, result, failure. */
export function createMessages({ catalogue, limits }: Pick<BotDeps, 'catalogue' | 'limits'>): Messages {
  return {
    progress(generation, language) {
      const screen = progress(catalogue.byId(generation.modelId), generation, language)
      if (generation.finishedAt || generation.execState === 'success') return screen
      return { ...screen, text: html`${screen.text}\n${which(catalogue, generation, language)}` }
    },
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
    result: (...report) => resultCaption(catalogue, limits.freeDaily, ...report),
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
    failure: (generation, language) => failureReport(catalogue, generation, language),
  }
}

function resultCaption(
  catalogue: Catalogue,
  freeDaily: number,
  ...[generation, outputs, wallet, freeLeft, language]: Parameters<Messages['result']>
): Screen {
  const t = stringsFor(language)
  const { id, ageMs, priceKop: kop, promised } = generation
  const { keptKop, returnedKop } = moneyOf(generation)
  const isPart = promised !== null && promised > outputs.length
  const part = isPart ? { arrived: outputs.length, promised, backKop: returnedKop } : undefined
  const price = writtenPrice(keptKop, freeLeft, freeDaily)
  const facts = { name: modelName(catalogue, generation.modelId, language), ageMs, short: shortId(id) }
  const paid = { ...facts, price, balanceKop: wallet.balanceKop, part }
  const text = generation.isLate ? t.late.result(paid) : t.run.result(paid)
  return {
    text: generation.isBonus ? t.bonus.result(facts) : text,
    buttons: [
      [button(t.run.repeatForButton(kop), to.generation(id, 'repeat'))],
      [button(t.run.changeButton, to.generation(id, 'change'))],
      [button(t.run.originalButton, to.generation(id, 'original'))],
      followUpsOf(catalogue, generation, outputs).map(what =>
        button(t.run.followButton[what], to.followUp(id, what, 0)),
      ),
      [button(t.run.whyButton(kop), to.generation(id, 'why')), button(t.menuButton, to.menu())],
    ],
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
      [button(t.menuButton, to.menu())],
    ],
  }
}

const which = (catalogue: Catalogue, { modelId, id }: Generation, language: Language) =>
  stringsFor(language).run.which(modelName(catalogue, modelId, language), shortId(id))

// Longer than a submit may wait for its answer.
const submitMs = 40_000
const ageOf = (at: Date | null) => (at === null ? Infinity : Date.now() - at.getTime())

function progress(model: Model | undefined, generation: Generation, language: Language): Screen {
  const t = stringsFor(language)
  const { id, execState, priceKop, ageMs, deadlineAt } = generation
  const status = [button(t.quote.statusButton, to.generation(id, 'status'))]
  if (execState === 'queued') {
    const until = new Date(generation.createdAt.getTime() + maxPausedMs)
    return {
      text: generation.isPaused ? t.run.waitsForProvider(priceKop, until) : t.run.queued(priceKop),
      buttons: [[button(t.run.cancelButton, to.generation(id, 'cancel'))]],
    }
  }
  if (execState === 'success') return { text: t.run.sending, buttons: [] }
  if (execState === 'failed' || execState === 'timeout') return done(generation, language)
  if (generation.isOverdue) return { text: t.run.overdue(priceKop), buttons: [status] }
  // A normal submit takes a moment and needs no message.
  if (execState === 'submitting' && ageOf(generation.submittedAt) > submitMs)
    return { text: t.run.unclear(priceKop, deadlineAt), buttons: [status] }
  const { usualMs, slowMs } = patience(model)
  if (ageMs > slowMs) return { text: t.run.slow(ageMs, priceKop, deadlineAt), buttons: [status] }
  const typical = usualMs === undefined ? undefined : rangeText(usualMs * 0.8, usualMs * 1.25, language)
  const filled = usualMs === undefined ? 0 : Math.round((ageMs / usualMs) * 10)
  const text = t.run.running(ageMs, typical, deadlineAt)
  return {
    text: filled > 0 && filled < 10 ? html`${text}\n${bar(filled)}` : text,
    buttons: [[button(t.run.historyButton, to.history('all', '0'))]],
  }
}

// How long it usually takes, and from when on it counts as longer than usual.
function patience(model: Model | undefined): { usualMs: number | undefined; slowMs: number } {
  const expected = model?.expected_seconds ?? undefined
  if (expected !== undefined) return { usualMs: expected * 1000, slowMs: expected * 1500 }
  return { usualMs: undefined, slowMs: model?.output === 'video' ? 300_000 : 60_000 }
}

const bar = (filled: number) => '▓'.repeat(filled).padEnd(10, '░')

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
  if (failure === 'input' || failure === 'moderation') return [button(quote.changeButton, to.generation(id, 'change'))]
  const repeat = button(run.repeatButton, to.generation(id, 'repeat'))
  if (failure !== 'model' && failure !== 'late' && failure !== 'unknown') return [repeat]
  return [repeat, button(run.otherModelButton, to.list(formatOf(model), 0))]
}
