import { modelKey, type Task } from '../../catalogue/models.ts'
import type { FileValue } from '../../catalogue/parameters.ts'
import { lines, priceText } from '../../i18n/format.ts'
import { type Html, html } from '../../telegram/html.ts'
import { type Button, button, type Screen, show } from '../../telegram/screen.ts'
import { threadOf } from '../../telegram/topics.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { type Draft, draftShown, readDraft } from '../drafts.ts'
import { type Candidate, type Candidates, candidatesFor } from '../request/candidates.ts'
import { filesOf, keepRequest, notesOf, type Request, requestIn } from '../request/request.ts'
import { type Plan, photoTasks, planOf, textTasks } from '../request/tasks.ts'
import { to } from '../routes.ts'
import { strip } from '../show.ts'
import { unfit } from './navigation.ts'
import { closePrices, noteShown } from './open-quotes.ts'
import { type About, quoteScreen, replaceQuote } from './quote.ts'
import { quoteStep } from './state.ts'

/** Where the answer goes: in place of the pressed message, below, or in place of the answer so far when it stands below `after`. */
export type Place = { where: 'here' | 'new'; after?: number }
type Given = { request: Request; draft: Draft | undefined; place: Place; wasKop?: number | undefined }

/** Answers a request: with a price when it is enough for some model, else with the question for what is missing. */
export async function answerRequest(ctx: BotContext, deps: BotDeps, given: Given): Promise<void> {
  const { series: _, ...request } = given.request // a single price takes its place
  const plan = planOf(request, deps.forSale)
  if (!plan) return nothingIn(ctx, request)
  if ('ask' in plan) {
    await closePrices(ctx, deps)
    return ask(ctx, deps, given, draft => askScreen(ctx, { request, draft, plan }))
  }
  const candidates = await candidatesFor(deps, ctx, request)
  const first = candidates.of(plan.task)[0]
  const result = first && (await replaceQuote(ctx, deps, first.model, first.filled.answers))
  if (!first || !result || result === 'no_price' || 'problem' in result) {
    return ask(ctx, deps, given, draft => cannotScreen(ctx, deps, { request, draft, task: plan.task, candidates }))
  }
  const draft = await keepRequest(deps, ctx.user.id, request, { of: given.draft, step: quoteStep(result.quote.id) })
  if (!draft) return
  const about = aboutOf(ctx, { request, draft, task: plan.task, candidates, first })
  const screen = await quoteScreen(deps, ctx.user.id, result.quote, ctx.language, { about, wasKop: given.wasKop })
  const messageId = await present(ctx, deps, draft, screen, given.place)
  await noteShown(ctx, deps, result.quote.id, messageId)
}

/** Nothing of the message can be used: says why. */
async function nothingIn(ctx: BotContext, request: Request): Promise<void> {
  await ctx.show({ text: lines(...notesOf(request)), buttons: [[menuButton(ctx)]] }, 'new')
}

async function ask(
  ctx: BotContext,
  deps: BotDeps,
  { request, draft: of, place }: Given,
  screenOf: (draft: Draft) => Screen,
): Promise<void> {
  const draft = await keepRequest(deps, ctx.user.id, request, { of, step: 'ask' })
  if (draft) await present(ctx, deps, draft, screenOf(draft), place)
}

/** Shows the answer to a request; an earlier one loses its buttons. */
export async function present(
  ctx: BotContext,
  deps: BotDeps,
  draft: Draft,
  screen: Screen,
  place: Place,
): Promise<number> {
  const before = draft.messageId
  const isHere = draft.threadId === threadOf(ctx.update)
  const isBelow = before !== null && isHere && place.after !== undefined && before > place.after
  if (isBelow) {
    const messageId = await show(ctx.api, { chatId: ctx.chat!.id, messageId: before }, screen)
    if (messageId !== before) await draftShown(deps.sql, ctx.user.id, draft, messageId, threadOf(ctx.update))
    return messageId
  }
  const messageId = await ctx.show(screen, place.where)
  if (before !== null && before !== messageId) await strip(ctx, before)
  if (messageId !== before) await draftShown(deps.sql, ctx.user.id, draft, messageId, threadOf(ctx.update))
  return messageId
}

/** What a price says of the request that it is for; undefined: the quote is not of the person's request. */
export async function aboutRequest(ctx: BotContext, deps: BotDeps, quoteId: string): Promise<About | undefined> {
  const found = await requestAt(deps, ctx.user.id, quoteId)
  const plan = found && planOf(found.request, deps.forSale)
  if (!found || !plan || !('task' in plan)) return undefined
  const candidates = await candidatesFor(deps, ctx, found.request)
  const [first] = candidates.of(plan.task)
  return first && aboutOf(ctx, { ...found, task: plan.task, candidates, first })
}

/** Returns the person's request, if this is its price. */
export async function requestAt(
  deps: Pick<BotDeps, 'sql'>,
  userId: number,
  quoteId: string,
): Promise<{ request: Request; draft: Draft } | undefined> {
  const draft = await readDraft(deps.sql, userId)
  const request = requestIn(draft)
  return draft && request && draft.step === quoteStep(quoteId) ? { draft, request } : undefined
}

type Shown = { request: Request; draft: Draft; task: Task; candidates: Candidates; first: Candidate }

function aboutOf(ctx: BotContext, shown: Shown): About {
  const { t } = ctx
  const { request, draft, task, first } = shown
  return {
    heading: lines(
      html`<b>${t.request.understood[task]}</b>`,
      ...notesOf(request),
      ...leftOut(ctx, first),
      task === 'clean' && t.request.cleanAlone,
    ),
    rows: filesOf(request).length === 0 ? [otherTasks(ctx, shown)] : [],
    ways: [
      button(t.request.otherModelButton, to.requestModels(draft.id, 0)),
      button(t.request.tuneButton, to.quote(draft.step!.slice(quoteStep('').length), 'change')),
    ],
    more: button(t.request.moreButton, to.request(draft.id, 'more')),
  }
}

export function leftOut({ t }: BotContext, { filled }: Candidate): Html[] {
  const { unused, cutAfter } = filled
  return [
    ...(unused.files > 0 ? [t.request.unusedFiles(unused)] : []),
    ...(unused.isText ? [t.request.unusedText] : []),
    ...(cutAfter === undefined ? [] : [t.request.cutAfter(cutAfter)]),
  ]
}

/** What else can be made of words alone, with the price of each. */
function otherTasks(ctx: BotContext, { draft, task, candidates }: Shown): Button[] {
  const { t } = ctx
  return textTasks
    .filter(other => other !== task)
    .flatMap(other => {
      const [first] = candidates.of(other)
      return first
        ? [button(t.request.priced(t.request.taskButtons[other], priceOf(ctx, first)), to.requestTask(draft.id, other))]
        : []
    })
}

const priceOf = ({ language }: BotContext, { kop }: Candidate) => priceText(kop, language)

function askScreen(
  ctx: BotContext,
  { request, draft, plan }: { request: Request; draft: Draft; plan: Exclude<Plan, { task: Task }> },
): Screen {
  switch (plan.ask) {
    case 'photo':
      return photoScreen(ctx, request, draft)
    case 'film':
      return filmScreen(ctx, request)
    case 'file':
      return fileScreen(ctx, request, plan.kind)
  }
}

function photoScreen(ctx: BotContext, request: Request, { id }: Draft): Screen {
  const { t } = ctx
  const [animate, enlarge, cutout] = photoTasks.map(task =>
    button(t.request.wishButtons[task], to.requestTask(id, task)),
  )
  return {
    text: lines(...notesOf(request), t.request.askPhoto(filesOf(request).length), t.request.askPhotoVoice),
    buttons: [
      [animate!, enlarge!],
      [cutout!, button(t.request.wishButtons.style, to.request(id, 'style'))],
      [menuButton(ctx)],
    ],
  }
}

const filmScreen = (ctx: BotContext, request: Request): Screen => ({
  text: lines(...notesOf(request), ctx.t.request.askFilm),
  buttons: [[menuButton(ctx)]],
})

/** A template waits for a file that it cannot do without. */
const fileScreen = (ctx: BotContext, request: Request, kind: FileValue['kind']): Screen => ({
  text: lines(
    request.task && html`<b>${ctx.t.request.understood[request.task]}</b>`,
    ...notesOf(request),
    ctx.t.ownTemplates.askFile[kind],
  ),
  buttons: [[button(ctx.t.ownTemplates.listButton, to.templates()), menuButton(ctx)]],
})

/** No model takes the request: why the usual one does not. */
function cannotScreen(
  ctx: BotContext,
  deps: BotDeps,
  { request, draft, task, candidates }: { request: Request; draft: Draft; task: Task; candidates: Candidates },
): Screen {
  const { t } = ctx
  const why = candidates.problemOf(task)
  return {
    text: lines(
      html`<b>${t.request.understood[task]}</b>`,
      ...notesOf(request),
      why ? unfit(ctx, deps, why.model, why.problem) : t.request.noModel,
    ),
    buttons: [[button(t.againButton, to.request(draft.id, 'show'))], [menuButton(ctx)]],
  }
}

const perPage = 7

/** The models that can do it, each with its price for this request. */
export async function modelsScreen(
  ctx: BotContext,
  deps: BotDeps,
  { request, draft }: { request: Request; draft: Draft },
  page: number,
): Promise<Screen | undefined> {
  const plan = planOf(request, deps.forSale)
  if (!plan || !('task' in plan)) return undefined
  const { t, language } = ctx
  const candidates = (await candidatesFor(deps, ctx, request)).of(plan.task)
  const pages = Math.max(1, Math.ceil(candidates.length / perPage))
  const at = Math.min(page, pages - 1)
  const row = ({ model, kop }: Candidate) => [
    button(
      t.request.priced(model.name[language], priceText(kop, language)),
      to.requestModel(draft.id, modelKey(model.id)),
    ),
  ]
  const turn = (mark: string, n: number) => (n < 0 || n >= pages ? [] : [button(mark, to.requestModels(draft.id, n))])
  return {
    text: t.request.models(t.request.understood[plan.task]),
    buttons: [
      ...candidates.slice(at * perPage, (at + 1) * perPage).map(row),
      pages > 1 ? [...turn('‹', at - 1), button(`${at + 1}/${pages}`, to.nothing()), ...turn('›', at + 1)] : [],
      [button(t.request.toPriceButton, to.request(draft.id, 'show')), menuButton(ctx)],
    ],
  }
}
