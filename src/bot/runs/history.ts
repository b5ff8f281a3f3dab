import { Composer } from 'telegraf'
import type { Model } from '../../catalogue/models.ts'
import { dateText, lines } from '../../i18n/format.ts'
import type { RunState } from '../../i18n/navigation.ts'
import { shortId } from '../../id.ts'
import { type Generation, history as pageOf, readGeneration } from '../../payments/generations.ts'
import { isOffered, readLate } from '../../payments/late-results.ts'
import { moneyOf } from '../../payments/run-money.ts'
import { type Html, html } from '../../telegram/html.ts'
import { type Button, button, copyRow, type Screen } from '../../telegram/screen.ts'
import { cutToFit } from '../button-width.ts'
import { menuButton } from '../buttons.ts'
import type { GenerationOp, HistoryFilter } from '../codes.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { modelName, shortModelName } from '../names.ts'
import { onPress } from '../on-press.ts'
import { valueText } from '../parameter-texts.ts'
import { to } from '../routes.ts'

/** The person's runs, and the screen of one. */
export function history(deps: BotDeps) {
  const bot = new Composer<BotContext>()
  bot.command('history', async ctx => ctx.show(await historyScreen(deps, ctx, 'all', '0')))
  onPress(bot, 'history', async (ctx, filter, before) => {
    await ctx.answer()
    await ctx.show(await historyScreen(deps, ctx, filter, before))
  })
  // A run with something to do with it belongs to the ordering part.
  bot.use(async (ctx, next) => {
    if (ctx.route?.name !== 'generation' || ctx.route.args[1] !== undefined) return next()
    const screen = await runScreen(deps, ctx, ctx.route.args[0])
    if (!screen) return next() // another's or unknown: an outdated button
    await ctx.answer()
    return ctx.show(screen)
  })
  return bot
}

const perPage = 5

async function historyScreen(
  { sql, catalogue }: BotDeps,
  ctx: BotContext,
  filter: HistoryFilter,
  before: string,
): Promise<Screen> {
  const { t, user, language } = ctx
  const from = before === '0' ? null : before
  const found = await pageOf(sql, user.id, filter, from, perPage + 1)
  const runs = found.slice(0, perPage).map(line => {
    const { heldKop, keptKop } = moneyOf(line)
    const what =
      line.request?.replace(/\s+/g, ' ').trim() ||
      `${shortModelName(catalogue, line.modelId, language)}, ${dateText(line.createdAt, language)}`
    const [beginning, end] = t.history.row({ state: stateOf(line), what, costKop: heldKop + keptKop })
    return [button(cutToFit(beginning, end) + end, to.generation(line.id, undefined))]
  })
  if (runs.length === 0 && filter === 'all') {
    return {
      text: t.history.empty,
      buttons: [[button(t.beginButton, to.list('popular', 0), 'primary')], [menuButton(ctx)]],
    }
  }
  const last = found[perPage - 1]
  const pager: Button[] = [
    ...(from ? [button(t.history.newest, to.history(filter, '0'))] : []),
    ...(last && found.length > perPage ? [button(t.history.older, to.history(filter, last.id))] : []),
  ]
  const choice = (['all', 'done', 'failed'] as const).map(one =>
    button(`${one === filter ? '• ' : ''}${t.history.filters[one]}`, to.history(one, '0')),
  )
  return {
    text: runs.length > 0 ? t.history.title : t.history.nothing,
    buttons: [choice, ...runs, pager, [button(t.gallery.button, to.gallery('all', '0', 0)), menuButton(ctx)]],
  }
}

/** One run of the person; undefined when there is none with this id. */
export async function runScreen(deps: BotDeps, ctx: BotContext, id: string): Promise<Screen | undefined> {
  const { t, language } = ctx
  const run = await readGeneration(deps.sql, { userId: ctx.user.id, id })
  if (!run) return undefined
  const state = stateOf(run)
  const late = await readLate(deps.sql, { userId: ctx.user.id, id })
  const act = (text: string, op: GenerationOp) => button(text, to.generation(id, op))
  return {
    text: lines(
      html`<b>${modelName(deps.catalogue, run.modelId, language)}</b>`,
      html`${t.history.state(state, run.ageMs)} · ${dateText(run.createdAt, language)} · ${t.history.number(shortId(id))}`,
      html`${moneyText(ctx, run)}`,
      ...answers(deps.catalogue.byId(run.modelId), run, ctx),
    ),
    buttons: [
      late && isOffered(late) ? [button(t.late.takeButton(late.priceKop), to.late(id), 'success')] : [],
      state === 'done' ? [act(t.sendAgainButton, 'resend')] : [],
      state === 'open'
        ? [act(t.statusButton, 'status')]
        : [act(t.againButton, 'repeat'), act(t.changeButton, 'change')],
      [act(t.whyButton, 'why')],
      copyRow(t.history.copyButton, id),
      [button(t.backButton, to.history('all', '0')), menuButton(ctx)],
    ],
  }
}

/** What was ordered, a line for each answer. */
function answers(model: Model | undefined, { inputs }: Generation, { language }: BotContext): Html[] {
  return (model?.params ?? []).flatMap(param => {
    const value = inputs[param.name]
    const isShown = value !== undefined && value !== '' && !param.hidden
    return isShown ? [html`${param.label[language]}: ${valueText(param, value, language)}`] : []
  })
}

export function stateOf(run: Pick<Generation, 'execState' | 'isFree' | 'errorCode'>): RunState {
  const { execState, isFree, errorCode } = run
  if (execState === 'success') return 'done'
  if (execState !== 'failed' && execState !== 'timeout') return 'open'
  if (errorCode === 'cancelled') return 'cancelled'
  return isFree ? 'failed' : 'returned'
}

/** What became of the money of a run, in one line. */
export function moneyText({ t }: Pick<BotContext, 't'>, run: Parameters<typeof moneyOf>[0]): string {
  const { money } = t.history
  const { kind, heldKop, keptKop, returnedKop, isBack } = moneyOf(run)
  if (kind === 'bonus') return isBack ? t.bonus.history.returned : t.bonus.history.taken
  if (kind === 'free') return isBack ? money.freeReturned() : money.free()
  if (heldKop > 0) return money.debited(heldKop)
  if (keptKop === 0) return money.refunded(returnedKop)
  return returnedKop > 0 ? money.kept(keptKop, returnedKop) : money.captured(keptKop)
}
