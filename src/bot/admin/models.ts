import { Composer } from 'telegraf'
import { modelKey } from '../../catalogue/models.ts'
import { priceRange } from '../../catalogue/pricing.ts'
import { lines } from '../../i18n/format.ts'
import { lossRuns } from '../../payments/costs.ts'
import { lastSwitches, runsOf, switchByAdmin } from '../../payments/switches.ts'
import type { Html } from '../../telegram/html.ts'
import { type Button, button, type Screen } from '../../telegram/screen.ts'
import { visible } from '../../visible.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'
import { homeButton, numbered } from './changes.ts'

/** Which models are sold, and changing that. */
export function adminModels(deps: BotDeps) {
  const { adminSql, catalogue, switches } = deps
  const bot = new Composer<BotContext>()
  // `/admin_models` shows how they stand, `/admin_models off z-image why` changes it.
  bot.command('admin_models', async ctx => {
    const [word, id = '', ...words] = ctx.payload.trim().split(/\s+/)
    const reason = words.join(' ')
    const { modelStates: t } = ctx.t
    const answer = async (text: Html) => void (await ctx.show({ text, buttons: [[menuButton(ctx)]] }))
    if (word !== 'on' && word !== 'off' && word !== 'auto') return void (await ctx.show(await statesScreen(deps, ctx)))
    if (!catalogue.byId(id)) return answer(t.noModel(id))
    if ([...visible(reason)].length < 5) return answer(t.noReason)
    const result = await switchByAdmin(adminSql, { modelId: id, adminId: ctx.user.id, to: word, reason })
    await switches.refresh()
    return answer(result === 'switched' ? t.done(id, word) : t.same)
  })
  onPress(bot, 'adminLoss', async (ctx, key, n) => {
    await ctx.answer()
    await ctx.show(await lossScreen(deps, ctx, catalogue.byKey(key)?.id ?? key, n), 'new')
  })
  return bot
}

/** The runs that made the service switch a model off, each one press from what is known of it. */
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

/** Every model with its price, how it stands and how it did in the last hour; what is off says why. */
async function statesScreen({ sql, catalogue }: BotDeps, ctx: BotContext): Promise<Screen> {
  const { t } = ctx
  const { models, rates } = catalogue
  const [lasts, runs] = await Promise.all([
    lastSwitches(sql),
    runsOf(
      sql,
      models.map(({ id }) => id),
    ),
  ])
  const states = models.map(model => {
    const last = lasts.find(({ modelId }) => modelId === model.id)
    const { finished = 0, succeeded = 0 } = runs.find(({ modelId }) => modelId === model.id) ?? {}
    const isTold = last && (last.after !== 'on' || last.isPinned)
    const reason = isTold
      ? last.cause === 'admin'
        ? (last.reason ?? '')
        : t.modelStates.causes[last.cause]
      : undefined
    const { minKop } = priceRange(model, rates)
    const [state, isPinned] = [last?.after ?? ('on' as const), last?.isPinned ?? false]
    return { id: model.id, state, isPinned, minKop, finished, succeeded, reason }
  })
  const on = states.filter(({ state }) => state !== 'off').length
  const losses = lasts
    .filter(({ after, cause }) => after === 'off' && cause === 'loss')
    .map(({ modelId, n }): Button[] => [button(t.switched.lossOf(modelId), to.adminLoss(modelKey(modelId), n))])
  return {
    text: lines(t.modelStates.title(on, models.length), ...states.map(t.modelStates.state), t.modelStates.howTo),
    buttons: [...losses, [menuButton(ctx)]],
  }
}
