import { Composer } from 'telegraf'
import { lines } from '../../i18n/format.ts'
import type { TemplateProblem } from '../../i18n/request.ts'
import { clip, type Html, html } from '../../telegram/html.ts'
import { type Button, button, type Screen } from '../../telegram/screen.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { settingsFrom } from '../request/fill.ts'
import { hasLooseBracket, placesOf } from '../request/places.ts'
import { textOf } from '../request/request.ts'
import {
  maxTemplates,
  readTemplate,
  restoreTemplate,
  saveTemplate,
  type Template,
  templateDelete,
  templatesOf,
} from '../request/templates.ts'
import { to } from '../routes.ts'
import { answerRequest } from './answer-request.ts'
import { type Found, priceable } from './series.ts'
import { beginTemplate } from './template-places.ts'

// What the longest prompt of a model holds, and what a row of the table does.
const maxWords = 10_000
// More questions than anybody answers.
const maxPlaces = 10

/** The list of templates: use, delete, have back. */
export function templates(deps: BotDeps): Composer<BotContext> {
  const bot = new Composer<BotContext>()
  bot.command('templates', async ctx => {
    await ctx.show(await listScreen(ctx, deps))
  })
  onPress(bot, 'templates', async ctx => {
    await ctx.answer()
    await ctx.show(await listScreen(ctx, deps))
  })
  bot.use(async (ctx, next) => {
    if (ctx.route?.name !== 'template') return next()
    const [id, op] = ctx.route.args
    if (op === 'restore') return (await restore(ctx, deps, id)) ? undefined : next()
    const template = await readTemplate(deps.sql, ctx.user.id, id)
    if (!template) return next() // deleted, another person's, or none: an outdated button
    await ctx.answer()
    if (op === 'use') return beginTemplate(ctx, deps, template)
    await templateDelete(deps.sql, ctx.user.id, id)
    const name = templateName(ctx, template)
    const undo = button(ctx.t.ownTemplates.restoreButton(name), to.template(id, 'restore'))
    await ctx.show(await listScreen(ctx, deps, { note: ctx.t.ownTemplates.deleted(name), undo }))
  })
  return bot
}

/** Shows the list with a template that was deleted. Returns false when there is none of the person's. */
async function restore(ctx: BotContext, deps: BotDeps, id: string): Promise<boolean> {
  const result = await restoreTemplate(deps.sql, ctx.user.id, id)
  const template = await readTemplate(deps.sql, ctx.user.id, id, { isDeleted: result === 'full' })
  if (result === 'gone' || !template) return false
  await ctx.answer()
  const name = templateName(ctx, template)
  const { t } = ctx
  const full = {
    note: t.ownTemplates.notRestored(maxTemplates),
    undo: button(t.ownTemplates.restoreButton(name), to.template(id, 'restore')),
  }
  await ctx.show(await listScreen(ctx, deps, result === 'full' ? full : { note: t.ownTemplates.restored(name) }))
  return true
}

async function listScreen(
  ctx: BotContext,
  deps: BotDeps,
  { note, undo }: { note?: Html; undo?: Button } = {},
): Promise<Screen> {
  const { t } = ctx
  const all = await templatesOf(deps.sql, ctx.user.id)
  const text = t.ownTemplates.list(all.length, maxTemplates)
  return {
    text: note ? html`${note}\n\n${text}` : text,
    buttons: [
      undo ? [undo] : [],
      ...all.map(template => [
        button(templateName(ctx, template), to.template(template.id, 'use')),
        button(t.ownTemplates.deleteButton, to.template(template.id, 'delete'), 'danger'),
      ]),
      [menuButton(ctx)],
    ],
  }
}

/** The first words of a template; its task where it has none. */
export function templateName({ t }: Pick<BotContext, 't'>, { words, task }: Pick<Template, 'words' | 'task'>): string {
  const first = words.replace(/\s+/g, ' ').trim()
  return first === '' ? t.request.understood[task] : clip(first, 40)
}

/** Keeps a request without its files, and says so in place of the choices; the request stays as it is. */
export async function keepTemplate(ctx: BotContext, deps: BotDeps, { request, draft }: Found): Promise<void> {
  const of = await priceable(ctx, deps, request)
  const first = of?.candidates.of(of.task)[0]
  if (!of || !first) return answerRequest(ctx, deps, { request, draft, place: { where: 'here' } })
  const words = textOf(request) ?? ''
  const places = placesOf(words)
  const { t } = ctx
  const kept = {
    words,
    task: of.task,
    modelId: first.model.id,
    settings: settingsFrom(first.model, first.filled.answers),
  }
  const problem = problemOf(words, places) ?? (await saved(deps, ctx.user.id, kept))
  const text = problem
    ? t.ownTemplates.notSaved(problem)
    : lines(
        t.ownTemplates.saved(templateName(ctx, kept), places),
        hasLooseBracket(words) && t.ownTemplates.looseBracket,
      )
  const toPrice = button(t.request.toPriceButton, to.request(draft.id, 'show'), 'primary')
  const again = problem?.code === 'full' ? [button(t.ownTemplates.saveButton, to.request(draft.id, 'keep'))] : []
  const list = button(t.ownTemplates.listButton, to.templates())
  await ctx.show({ text, buttons: [again, [toPrice, list], [menuButton(ctx)]] })
}

function problemOf(words: string, places: string[]): TemplateProblem | undefined {
  const count = [...words].length
  if (count > maxWords) return { code: 'words', count, most: maxWords }
  return places.length > maxPlaces ? { code: 'places', count: places.length, most: maxPlaces } : undefined
}

async function saved(
  { sql }: BotDeps,
  userId: number,
  kept: Omit<Template, 'id'>,
): Promise<TemplateProblem | undefined> {
  const result = await saveTemplate(sql, userId, kept)
  return result === 'full' ? { code: 'full', count: maxTemplates, most: maxTemplates } : undefined
}
