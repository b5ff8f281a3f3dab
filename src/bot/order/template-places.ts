import { Composer } from 'telegraf'
import type { Task } from '../../catalogue/models.ts'
import type { Inputs } from '../../catalogue/parameters.ts'
import { lines } from '../../i18n/format.ts'
import { clip, type Html } from '../../telegram/html.ts'
import { button } from '../../telegram/screen.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { type Draft, openDraft, readDraft, saveDraft } from '../drafts.ts'
import { incoming } from '../files/uploads.ts'
import { filledWords, placesOf, valuesIn } from '../request/places.ts'
import type { Part, Request } from '../request/request.ts'
import type { Template } from '../request/templates.ts'
import { to } from '../routes.ts'
import { answerRequest } from './answer-request.ts'
import { closePrices } from './open-quotes.ts'
import { partOf } from './receive-request.ts'

/** A template that is being filled in: the `inputs` of a draft of the kind `template`. */
type Filling = {
  words: string
  task: Task
  modelId: string
  settings: Inputs
  /** What was written for the first places. */
  values: string[]
  /** Files that came meanwhile. */
  parts: Part[]
  /** The update that led here: handled once more after a crash, it changes nothing and asks again. */
  updateId: number
}

/** Begins to use a template: asks for its places, or shows its price where it has none. */
export async function beginTemplate(ctx: BotContext, deps: BotDeps, template: Template): Promise<void> {
  await closePrices(ctx, deps)
  const { id: _, ...kept } = template
  const filling: Filling = { ...kept, values: [], parts: [], updateId: ctx.update.update_id }
  if (placesOf(filling.words).length === 0) return toPrice(ctx, deps, filling)
  await openDraft(deps.sql, ctx.user.id, { kind: 'template', inputs: filling, step: 'places' })
  await askPlace(ctx, filling)
}

/** The messages that come while the places of a template are asked for. */
export function templateAnswers(deps: BotDeps): Composer<BotContext> {
  const bot = new Composer<BotContext>()
  bot.on('message', async (ctx, next) => {
    const isCommand = ctx.text?.startsWith('/') && 'text' in ctx.message
    const sent = isCommand ? undefined : incoming(ctx)
    const draft = sent && (await readDraft(deps.sql, ctx.user.id))
    if (!sent || draft?.kind !== 'template') return next()
    const filling = draft.inputs as Filling
    if (filling.updateId === ctx.update.update_id) return goOn(ctx, deps, filling)
    if (sent.kind === 'other') return askPlace(ctx, filling, ctx.t.ownTemplates.wordsOnly)
    if (sent.kind === 'text') return keep(ctx, deps, draft, withValues(filling, sent.text))
    const part = await partOf(ctx, deps, sent)
    if (!part) return next()
    // The words under a file are an answer like any other.
    const { text, note, ...file } = part
    const answered = text === undefined ? filling : withValues(filling, text)
    const isTaken = file.files.length > 0
    const parts = isTaken ? [...filling.parts, file] : filling.parts
    await keep(ctx, deps, draft, { ...answered, parts }, isTaken ? ctx.t.ownTemplates.fileTaken : note)
  })
  return bot
}

function withValues(filling: Filling, text: string): Filling {
  const left = placesOf(filling.words).length - filling.values.length
  return { ...filling, values: [...filling.values, ...valuesIn(text, left)] }
}

async function keep(ctx: BotContext, deps: BotDeps, draft: Draft, filling: Filling, note?: Html): Promise<void> {
  const now = { ...filling, updateId: ctx.update.update_id }
  const saved = await saveDraft(deps.sql, ctx.user.id, draft, { inputs: now, step: 'places' })
  if (saved) await goOn(ctx, deps, now, note)
}

async function goOn(ctx: BotContext, deps: BotDeps, filling: Filling, note?: Html): Promise<void> {
  if (filling.values.length < placesOf(filling.words).length) return askPlace(ctx, filling, note)
  await toPrice(ctx, deps, filling)
}

async function askPlace(ctx: BotContext, { words, values }: Filling, note?: Html): Promise<void> {
  const { t } = ctx
  const name = clip(words.replace(/\s+/g, ' '), 40)
  await ctx.show(
    {
      text: lines(note, t.ownTemplates.place({ name, places: placesOf(words), at: values.length })),
      buttons: [[button(t.ownTemplates.listButton, to.templates()), menuButton(ctx)]],
    },
    'new',
  )
}

/** The filled template as a request: its price, or the question for the file that it needs. */
async function toPrice(
  ctx: BotContext,
  deps: BotDeps,
  { words, task, modelId, settings, values, parts }: Filling,
): Promise<void> {
  const at = Math.floor(Date.now() / 1000)
  const text = filledWords(words, values)
  const request: Request = {
    // No message of the person: what they edit later is not these words.
    parts: [...parts, { messageId: -1, at, ...(text !== '' && { text }), files: [] }],
    task,
    modelId,
    settings: { modelId, inputs: settings },
    isFixed: true,
  }
  await answerRequest(ctx, deps, { request, draft: undefined, place: { where: 'new' } })
}
