import { Composer } from 'telegraf'
import { modelKey } from '../../catalogue/models.ts'
import { priceRange } from '../../catalogue/pricing.ts'
import { lossRuns } from '../../health/model-costs.ts'
import { type HealthChange, healthOfModels, overrideHealth, recentRuns } from '../../health/model-health.ts'
import { lines } from '../../i18n/format.ts'
import { clip, type Html } from '../../telegram/html.ts'
import { paragraph, table } from '../../telegram/rich.ts'
import { type Button, button, type Screen } from '../../telegram/screen.ts'
import { visible } from '../../visible.ts'
import { menuButton } from '../buttons.ts'
import type { ModelSwitch } from '../codes.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'
import { opinionsOfModels } from '../runs/opinions.ts'
import { homeButton, numbered } from './buttons.ts'

/** Which models are on sale, and the switch of each. */
export function adminModels(deps: BotDeps) {
  const { adminSql, catalogue, modelHealth } = deps
  const bot = new Composer<BotContext>()
  // `/admin_models` shows the states, `/admin_models off z-image reason` asks to confirm a change.
  bot.command('admin_models', async ctx => {
    const [word, id = '', ...words] = ctx.payload.trim().split(/\s+/)
    const reason = words.join(' ')
    const { modelStates: t } = ctx.t
    if (word !== 'on' && word !== 'off' && word !== 'auto') return ctx.show(await statesScreen(deps, ctx))
    const model = catalogue.byId(id)
    if (!model) return ctx.show(answer(ctx, t.noModel(id)))
    if ([...visible(reason)].length < 5) return ctx.show(answer(ctx, t.noReason))
    const op = (op: ModelSwitch) => to.adminSwitch(modelKey(id), op)
    const row = [
      button(ctx.t.admin.yesButton, op(word), word === 'off' ? 'danger' : 'success'),
      button(ctx.t.admin.noButton, op('no')),
    ]
    const text = t.confirm(word, model.name[ctx.language], id, clip(reason, maxOfReason))
    return ctx.show({ text, buttons: [row] })
  })
  onPress(bot, 'adminSwitch', async (ctx, key, op) => {
    await ctx.answer()
    const { admin, modelStates: t } = ctx.t
    if (op === 'no') return ctx.show(answer(ctx, admin.dropped))
    const [modelId, reason] = [catalogue.byKey(key)?.id, reasonShown(ctx)]
    if (modelId === undefined || reason === undefined) return ctx.show(answer(ctx, admin.actionOutdated))
    const result = await overrideHealth(adminSql, { modelId, adminId: ctx.user.id, to: op, reason })
    await modelHealth.refresh()
    return ctx.show(answer(ctx, result === 'switched' ? t.done(modelId, op) : t.same))
  })
  onPress(bot, 'adminLoss', async (ctx, key, n) => {
    await ctx.answer()
    await ctx.show(await lossScreen(deps, ctx, catalogue.byKey(key)?.id ?? key, n), 'new')
  })
  return bot
}

const maxOfReason = 500
const answer = (ctx: BotContext, text: Html): Screen => ({ text, buttons: [[homeButton(ctx), menuButton(ctx)]] })

/** The reason on the pressed confirm screen: the words of the bot itself, after the id of the model. */
function reasonShown({ callbackQuery }: BotContext): string | undefined {
  const message = callbackQuery?.message
  const text = message && 'text' in message ? message.text : ''
  return /\n(?:Причина|Reason): ([\s\S]+)$/.exec(text)?.[1]
}

/** The runs that made the service switch a model off, with a button for each. */
async function lossScreen({ sql, catalogue }: BotDeps, ctx: BotContext, modelId: string, n: number): Promise<Screen> {
  const runs = await lossRuns(sql, modelId, n, catalogue.rates.usdRubRate)
  const { switched } = ctx.t
  return {
    text: lines(
      switched.lossTitle(modelId, runs.length),
      ...runs.map((run, place) => switched.lossRun(place + 1, run)),
    ),
    buttons: [...numbered(runs.map(({ id }) => id)), [homeButton(ctx), menuButton(ctx)]],
  }
}

/** Why a model is not simply on; undefined where it is. */
function reasonOf({ t }: BotContext, last: HealthChange | undefined): string | undefined {
  if (!last || (last.after === 'on' && !last.isPinned)) return undefined
  return last.cause === 'admin' ? (last.reason ?? '') : t.modelStates.causes[last.cause]
}

/** Every model with its price, its state and its last hour; a model that is off says why. */
async function statesScreen({ sql, catalogue }: BotDeps, ctx: BotContext): Promise<Screen> {
  const { t } = ctx
  const { models, offered, rates } = catalogue
  const [lasts, opinions, runs] = await Promise.all([
    healthOfModels(sql),
    opinionsOfModels(sql),
    recentRuns(
      sql,
      models.map(({ id }) => id),
    ),
  ])
  const states = models.map(model => {
    const last = lasts.find(({ modelId }) => modelId === model.id)
    const { finished = 0, succeeded = 0 } = runs.find(({ modelId }) => modelId === model.id) ?? {}
    const { minKop } = priceRange(model, rates)
    const isPinned = last?.isPinned ?? false
    const isShelved = !offered.has(model.id) && !(isPinned && last?.after === 'on')
    const state = isShelved ? ('off' as const) : (last?.after ?? ('on' as const))
    const reason = isShelved && !isPinned ? t.modelStates.shelved : reasonOf(ctx, last)
    const { good = 0, bad = 0 } = opinions.find(({ modelId }) => modelId === model.id) ?? {}
    return { id: model.id, state, isPinned, minKop, finished, succeeded, good, bad, reason }
  })
  const on = states.filter(({ state }) => state !== 'off').length
  const losses = lasts
    .filter(({ after, cause }) => after === 'off' && cause === 'loss')
    .map(({ modelId, n }): Button[] => [button(t.switched.lossOf(modelId), to.adminLoss(modelKey(modelId), n))])
  return {
    text: lines(t.modelStates.title(on, models.length), ...states.map(t.modelStates.state), t.modelStates.howTo),
    rich: [
      paragraph(t.modelStates.title(on, models.length)),
      table({
        align: ['left', 'right', 'right'],
        head: t.modelStates.columns,
        rows: states.map(t.modelStates.cells),
      }),
      paragraph(t.modelStates.howTo),
    ],
    buttons: [...losses, [menuButton(ctx)]],
  }
}
