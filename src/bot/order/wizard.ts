import { Composer } from 'telegraf'
import { type Model, type Param, versionOf } from '../../catalogue/models.ts'
import { checkValue, type FileValue, type Inputs, isFiles, paramNamed } from '../../catalogue/parameters.ts'
import type { Language } from '../../money.ts'
import { type Html, html } from '../../telegram/html.ts'
import { goneScreen } from '../browse/lists.ts'
import { cardAt, onlyQuestion } from '../browse/open-card.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { readDraft } from '../drafts.ts'
import { likely } from '../files/links.ts'
import { keyOf } from '../files/samples.ts'
import { type Incoming, incoming, isFile, isOther, takeFile } from '../files/uploads.ts'
import { onPress } from '../on-press.ts'
import { askOf, exampleFor, isLink, isMain, isNumeric, mainText } from '../parameter-texts.ts'
import { fillFrom } from '../request/fill.ts'
import { grownPaste, type Paste, pastedText } from '../request/paste.ts'
import { isWhole, type Part, type Request, requestIn, textOf } from '../request/request.ts'
import { intentOf } from '../request/words.ts'
import { answerOf } from './answer.ts'
import { pressDraft } from './draft-presses.ts'
import { advance, begin, gone, move, openAt, orderOf, present, refit, save, stale, unfit } from './navigation.ts'
import { closePrices } from './open-quotes.ts'
import type { OrderDraft } from './question.ts'
import { isOfAlbum, receive } from './receive.ts'
import { type Beginning, fitting, type Step, withAnswer } from './state.ts'

type StartOptions = { where?: 'here' | 'new'; at?: Beginning['at']; note?: Html }

/**
 * Begins an order: asks what `prefill` and the person's request leave open, then shows the price. Asks first
 * where another order is unfinished.
 */
export async function startOrder(
  ctx: BotContext,
  deps: BotDeps,
  model: Model,
  prefill: Inputs = {},
  { where = 'here', at = 'first', note }: StartOptions = {},
): Promise<void> {
  const draft = await readDraft(deps.sql, ctx.user.id)
  const order = draft && orderOf(deps, draft)
  if (order) {
    // The same update once more, after a crash: what it led to stands.
    if (order.filling.updateId === ctx.update.update_id) return present(ctx, deps, order, { where })
    const isUnfinished = order.step.at !== 'quote' && Object.keys(order.filling.answers).length > 0
    if (isUnfinished) {
      const next = { modelId: model.id, prefill, at }
      const filling = { ...order.filling, next, updateId: ctx.update.update_id }
      const saved = await save(ctx, deps, order, filling, order.step)
      return saved ? present(ctx, deps, saved, { where }) : stale(ctx, deps)
    }
  }
  const request = requestIn(draft)
  const kept = request ? await requestAnswers(ctx, deps, model, request) : {}
  const notes = [note, kept.note].filter(one => one !== undefined)
  await begin(
    ctx,
    deps,
    model,
    { modelId: model.id, prefill: { ...kept.answers, ...prefill }, at },
    {
      where,
      ...(notes.length > 0 && { note: notes.reduce((a, b) => html`${a}\n${b}`) }),
    },
  )
}

/** The dialogue of an order: its buttons, and the texts and files that come while it waits for an answer. */
export function wizard(deps: BotDeps): Composer<BotContext> {
  const bot = new Composer<BotContext>()

  onPress(bot, 'begin', async (ctx, key) => {
    const model = deps.forSale.byKey(key)
    await (model ? startOrder(ctx, deps, model) : ctx.show(await goneScreen(deps, ctx, deps.catalogue.byKey(key))))
  })
  onPress(bot, 'example', async (ctx, key) => {
    const model = deps.forSale.byKey(key)
    await (model
      ? startOrder(ctx, deps, model, exampleFor(model, ctx.language))
      : ctx.show(await goneScreen(deps, ctx, deps.catalogue.byKey(key))))
  })

  bot.use(async (ctx, next) => {
    const { route } = ctx
    if (route?.name !== 'draft') return next()
    const [id, rev, op, n] = route.args
    const draft = await readDraft(deps.sql, ctx.user.id)
    if (draft?.id !== id || draft.kind !== 'order') return next()
    const order = orderOf(deps, draft)
    if (!order) return gone(ctx, deps, draft.modelId)
    if (draft.rev !== rev) {
      const isRepeated = order.filling.updateId === ctx.update.update_id
      return isRepeated ? present(ctx, deps, order, { where: 'here' }) : stale(ctx, deps)
    }
    const isCurrent = order.filling.version === versionOf(order.model)
    await (isCurrent || op === 'cancel' ? pressDraft(ctx, deps, order, op, n) : refit(ctx, deps, order, 'here'))
  })

  bot.use(samplePresses(deps))

  bot.on('message', async (ctx, next) => {
    const isCommand = ctx.text?.startsWith('/') && 'text' in ctx.message
    const sent = isCommand ? undefined : incoming(ctx)
    const draft = sent && (await readDraft(deps.sql, ctx.user.id))
    const card = draft && cardAt(draft, ctx.message.date)
    if (sent && card) return (await answerCard(ctx, deps, card, sent)) ? undefined : next()
    if (!sent || draft?.kind !== 'order') return next()
    const order = orderOf(deps, draft)
    if (!order) return gone(ctx, deps, draft.modelId)
    if (order.filling.updateId === ctx.update.update_id) return present(ctx, deps, order, { where: 'new' })
    return (await takeAnswer(ctx, deps, order, sent)) ? undefined : next()
  })

  return bot
}

/** Takes what is sent while an order is filled in. Returns false when it is nothing of the order's. */
async function takeAnswer(ctx: BotContext, deps: BotDeps, order: OrderDraft, sent: Incoming): Promise<boolean> {
  const { model, filling, step } = order
  const part = partOf(ctx, sent)
  const grown = part && grownPaste(filling.paste, part)
  const paste = grown && !answersNext(order, grown, sent, ctx.language) ? grown : undefined
  if (paste) await takePaste(ctx, deps, order, paste)
  else if (step.at === 'quote' && isOfAlbum(sent, order)) {
    // More of the album than the model takes.
    await present(ctx, deps, order, { where: 'new', isAlbum: true, note: ctx.t.wizard.surplus })
  } else if (step.at === 'quote') return reword(ctx, deps, withPaste(order, mainText(model)?.name, part), sent)
  else if ('param' in step && model.params.every(({ name }) => name !== step.param)) {
    await refit(ctx, deps, order, 'new')
  } else {
    const isCurrent = filling.version === versionOf(model)
    const answers = isCurrent ? filling.answers : fitting(model, filling.answers)
    const current = { ...order, filling: { ...filling, answers } }
    await receive(ctx, deps, withPaste(current, 'param' in step ? step.param : undefined, part), sent)
  }
  return true
}

const partOf = ({ message }: BotContext, sent: Incoming): Part | undefined =>
  message && sent.kind === 'text'
    ? { messageId: message.message_id, at: message.date, text: sent.text, files: [] }
    : undefined

/** Whether a text that might belong to a paste is what the next question asks for: a number, an option, a link. */
function answersNext({ model, step }: OrderDraft, paste: Paste, sent: Incoming, language: Language): boolean {
  const asked = 'param' in step ? paramNamed(model, step.param) : undefined
  if (!asked || asked.name === paste.param || sent.kind !== 'text') return false
  const isAnyText = asked.type === 'string' && asked.pattern === undefined && !isNumeric(asked)
  const value = isAnyText ? undefined : answerOf(asked, sent.text, language)
  return value !== undefined && checkValue(model, asked, value) === undefined
}

/** Remembers the text for what may follow it. */
function withPaste(order: OrderDraft, name: string | undefined, part: Part | undefined): OrderDraft {
  const param = name === undefined ? undefined : paramNamed(order.model, name)
  const { paste: _, ...filling } = order.filling
  if (!part || param?.type !== 'string' || isLink(param)) return { ...order, filling }
  return { ...order, filling: { ...filling, paste: { param: param.name, parts: [part] } } }
}

/** One more part of a text that has answered a question: the whole of it is the answer. */
async function takePaste(ctx: BotContext, deps: BotDeps, order: OrderDraft, paste: Paste): Promise<void> {
  const { model, filling, step } = order
  const param = paramNamed(model, paste.param)
  if (!param) return refit(ctx, deps, order, 'new')
  const text = pastedText(paste)
  const problem = checkValue(model, param, text)
  if (!problem) {
    const answers = withAnswer(model, filling.answers, param.name, text)
    return advance(ctx, deps, order, { ...filling, answers, paste }, { where: 'new' })
  }
  // Its beginning alone is not what was meant: nothing starts with it.
  await closePrices(ctx, deps)
  const { [param.name]: _, ...answers } = filling.answers
  const ask: Step = step.at === 'quote' ? { at: 'ask', param: param.name, page: 0 } : step
  const note = unfit(ctx, deps, model, problem, text)
  await move(ctx, deps, order, { ...filling, answers, paste }, ask, { where: 'new', note })
}

const samplePresses = (deps: BotDeps) => async (ctx: BotContext, next: () => Promise<void>) => {
  if (ctx.route?.name !== 'sample') return next()
  const [id, key] = ctx.route.args
  const draft = await readDraft(deps.sql, ctx.user.id)
  const order = draft?.id === id ? orderOf(deps, draft) : undefined
  return order ? takeSample(ctx, deps, order, key) : next()
}

/** Answers with what a recording is of, wherever the order is by now: recordings stay in the chat. */
async function takeSample(ctx: BotContext, deps: BotDeps, order: OrderDraft, key: string): Promise<void> {
  const { model, filling } = order
  if (filling.updateId === ctx.update.update_id) return present(ctx, deps, order, { where: 'new' })
  const param = model.params.find(({ sample }) => sample)
  const value = param?.enum?.find(one => keyOf(one) === key)
  if (!param || value === undefined) return stale(ctx, deps)
  const answers = withAnswer(model, fitting(model, filling.answers), param.name, value)
  await advance(ctx, deps, order, { ...filling, answers }, { where: 'new' })
}

/** Takes what is sent while a card is open for the answer to its question. Returns false when it is something else. */
async function answerCard(ctx: BotContext, deps: BotDeps, modelId: string, sent: Incoming): Promise<boolean> {
  const model = deps.forSale.byId(modelId)
  const param = model && onlyQuestion(model)
  if (!model || !param || !answersCard(model, param, sent)) return false
  const order = await openAt(ctx, deps, model, { at: 'ask', param: param.name, page: 0 })
  await receive(ctx, deps, withPaste(order, param.name, partOf(ctx, sent)), sent)
  return true
}

/** A file with words is a wish of its own where the model has no use for them, and so are other kinds of content. */
function answersCard(model: Model, param: Param, sent: Incoming): boolean {
  if (sent.kind === 'other') return false
  const isFile = param.accept !== undefined
  if (sent.kind === 'file') {
    return isFile && !isOther(sent.file, param.accept ?? []) && (sent.caption === undefined || !!mainText(model))
  }
  const isAllLinks = sent.links.length > 0 && sent.text.trim().split(/\s+/).length <= sent.links.length
  if (isFile) return isAllLinks && likely(sent.links, param.accept ?? [], 1).length > 0
  if (isLink(param)) return sent.links.some(link => checkValue(model, param, link) === undefined)
  return !isAllLinks && intentOf(sent.text) === undefined
}

/** Words at a price are the new words of the order. Returns false when they are something else. */
async function reword(ctx: BotContext, deps: BotDeps, order: OrderDraft, sent: Incoming): Promise<boolean> {
  const { model, filling } = order
  const param = mainText(model)
  if (sent.kind !== 'text' || !param || sent.links.length > 0 || intentOf(sent.text)) return false
  const problem = checkValue(model, param, sent.text)
  if (problem) {
    const note = unfit(ctx, deps, model, problem, sent.text)
    await move(ctx, deps, order, filling, order.step, { where: 'new', note })
    return true
  }
  const answers = withAnswer(model, filling.answers, param.name, sent.text)
  await advance(ctx, deps, order, { ...filling, answers }, { where: 'new' })
  return true
}

/** What of the person's request answers the questions of a model, and why the rest does not do. */
async function requestAnswers(
  ctx: BotContext,
  deps: BotDeps,
  model: Model,
  request: Request,
): Promise<{ answers?: Inputs; note?: Html }> {
  if (!isWhole(request)) return { note: ctx.t.quote.staleFiles }
  const filled = fillFrom(model, request, {}, '')
  const answers: Inputs = {}
  let note: Html | undefined
  for (const [name, cut] of Object.entries(filled.answers)) {
    const param = paramNamed(model, name)
    if (!param) continue
    // Whoever chose the model may shorten a text that is too long for it.
    const text = isMain(model, param) ? textOf(request) : undefined
    const value = text ?? cut
    const fitting = isFiles(value) ? await fittingFiles(ctx, deps, model, param, value) : value
    const refusal = isRefusal(fitting) ? fitting : undefined
    const problem = checkValue(model, param, fitting)
    if (refusal) note = refusal
    else if (problem) note = unfit(ctx, deps, model, problem, text)
    else answers[name] = fitting as Inputs[string]
  }
  return { answers, ...(note && { note }) }
}

const isRefusal = (value: unknown): value is Html => typeof value === 'object' && value !== null && 'html' in value

/** The files, fetched once more in a form that the parameter takes where they do not fit. */
async function fittingFiles(
  ctx: BotContext,
  deps: BotDeps,
  model: Model,
  param: Param,
  files: FileValue[],
): Promise<FileValue[] | Html> {
  if (!checkValue(model, param, files)) return files
  await ctx.answer() // the files may take a while
  const ask = askOf(model, param, ctx.language, id => id)
  const again: FileValue[] = []
  for (const { fileId, kind: media, ...file } of files) {
    const taken =
      fileId === undefined
        ? { ...file, kind: media }
        : await takeFile(ctx, deps, { fileId, size: undefined, media, isSure: false }, { param, ask })
    if (!isFile(taken)) return taken
    again.push(taken)
  }
  return again
}
