import type { Model, Param } from '../../catalogue/models.ts'
import {
  checkValue,
  type FileValue,
  type Inputs,
  isFiles,
  optionsFor,
  type Problem,
  paramNamed,
} from '../../catalogue/parameters.ts'
import { lines } from '../../i18n/format.ts'
import { clip, type Html } from '../../telegram/html.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { likely } from '../files/links.ts'
import { type Incoming, isFile, isOther, takeFile, takeLink } from '../files/uploads.ts'
import { modelName } from '../names.ts'
import { askOf, isLink, mainText, scalarText } from '../parameter-texts.ts'
import { answerOf, matches } from './answer.ts'
import { advance, move, type Showing, unfit } from './navigation.ts'
import type { OrderDraft } from './question.ts'
import { withAnswer } from './state.ts'

/** Handles a text or a file for the current step. An invalid answer gets a reason, and the question stays. */
export async function receive(ctx: BotContext, deps: BotDeps, order: OrderDraft, sent: Incoming): Promise<void> {
  const { model, filling, step } = order
  const param = 'param' in step ? paramNamed(model, step.param) : undefined
  const refuse = (note: Html) => move(ctx, deps, order, filling, step, { where: 'new', note })
  const isSurplus = isOfAlbum(sent, order)
  if (isSurplus && !takes(param, sent)) {
    return move(ctx, deps, order, filling, step, { where: 'new', isAlbum: true, note: ctx.t.wizard.surplus })
  }
  if (!param)
    return refuse(step.at === 'extras' ? ctx.t.wizard.pressField : ctx.t.wizard.needed({ kind: 'either', labels: [] }))

  const ask = askOf(model, param, ctx.language, id => modelName(deps.catalogue, id, ctx.language))
  if (ask.kind === 'files') return receiveFiles(ctx, deps, order, param, sent)
  const link = isLink(param) && sent.kind !== 'other' ? linkFor(model, param, sent.links) : undefined
  if (link === undefined && sent.kind !== 'text') return refuse(ctx.t.wizard.needed(ask))
  const text = link ?? (sent.kind === 'text' ? sent.text : '')
  const value = answerOf(param, text, ctx.language)
  if (value === undefined && param.type === 'enum') {
    const similar = matches(param, text, ctx.language).map(one => scalarText(param, one, ctx.language))
    return refuse(ctx.t.wizard.noSuchOption(clip(text.trim(), 40), similar.slice(0, 5)))
  }
  if (value === undefined) return refuse(ctx.t.wizard.needed(ask))
  const problem = checkValue(model, param, value) ?? closedBy(model, param, value, filling.answers)
  if (problem) return refuse(unfit(ctx, deps, model, problem, text))
  const answers = withAnswer(model, filling.answers, param.name, value)
  // A text to be improved is looked at before the order goes on.
  if (step.at === 'improve') return move(ctx, deps, order, { ...filling, answers }, step, { where: 'new' })
  await advance(ctx, deps, order, { ...filling, answers }, { where: 'new' })
}

/** The first address that the question takes. */
const linkFor = (model: Model, param: Param, links: string[]): string | undefined =>
  links.find(link => checkValue(model, param, link) === undefined)

/** Whether the question can use the file that was sent. */
const takes = (param: Param | undefined, sent: Incoming): boolean =>
  sent.kind === 'file' && param?.accept !== undefined && !isOther(sent.file, param.accept)

/** Whether this is one more file of the album whose files have been coming in. */
export const isOfAlbum = (sent: Incoming, { filling }: Pick<OrderDraft, 'filling'>): boolean =>
  sent.kind === 'file' && sent.album !== undefined && sent.album === filling.album

/** The rule that closes an option which somebody wrote instead of pressing. */
function closedBy(model: Model, param: Param, value: Inputs[string], answers: Inputs): Problem | undefined {
  const option = optionsFor(model, param, answers).find(one => one.value === value)
  if (!option?.why || !('why' in option.why)) return undefined
  return { param: param.name, code: 'rule', why: option.why.why }
}

async function receiveFiles(
  ctx: BotContext,
  deps: BotDeps,
  order: OrderDraft,
  param: Param,
  sent: Incoming,
): Promise<void> {
  const { model, filling, step } = order
  const { t } = ctx
  const ask = askOf(model, param, ctx.language, id => id)
  const album = sent.kind === 'file' ? sent.album : undefined
  const showing: Showing = { where: 'new', isAlbum: isOfAlbum(sent, order) }
  const known = { ...filling, ...(album !== undefined && { album }) }
  const refuse = (note: Html, answers = filling.answers) =>
    move(ctx, deps, order, { ...known, answers }, step, { ...showing, note })

  const most = param.type === 'file' ? 1 : (param.max_files ?? 1)
  // A link may come under a picture of what it leads to.
  const isUseless = sent.kind !== 'file' || isOther(sent.file, param.accept ?? [])
  const links = sent.kind !== 'other' && isUseless ? sent.links : []
  if (isUseless && links.length === 0) return refuse(t.wizard.needed(ask))

  const before = filling.answers[param.name]
  let files: FileValue[] = most > 1 && isFiles(before) ? before : []
  let note: Html | undefined
  // As many as there is room for, whatever becomes of them: a message may hold a hundred links.
  const room = most - files.length
  const sources =
    sent.kind === 'file' && !isUseless
      ? [() => takeFile(ctx, deps, sent.file, { param, ask })]
      : likely(links, param.accept ?? [], room).map(link => () => takeLink(ctx, deps, link, { param, ask }))
  for (const take of sources) {
    const file = await take()
    const problem = isFile(file) ? checkValue(model, param, [...files, file]) : undefined
    if (!isFile(file)) note = file
    // More files are still to come.
    else if (problem && problem.code !== 'too_few_files') note = unfit(ctx, deps, model, problem)
    else files = [...files, file]
  }
  // Where one is wanted and one did, the others were only the words around it.
  if (links.length > room && !(most === 1 && files.length === 1)) {
    note = lines(note, unfit(ctx, deps, model, { param: param.name, code: 'too_many_files', limit: most }))
  }

  const added = files.length > 0 ? withAnswer(model, filling.answers, param.name, files) : filling.answers
  const answers = sent.kind === 'file' && !isUseless ? withCaption(model, added, sent.caption) : added
  if (note || files.length < most) {
    return move(ctx, deps, order, { ...known, answers }, step, { ...showing, note })
  }
  await advance(ctx, deps, order, { ...known, answers }, showing)
}

/** Takes the caption of a file as the main text, unless that is answered already. */
function withCaption(model: Model, answers: Inputs, caption: string | undefined): Inputs {
  const param = mainText(model)
  if (!param || !caption || param.name in answers || checkValue(model, param, caption)) return answers
  return withAnswer(model, answers, param.name, caption)
}
