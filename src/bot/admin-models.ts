import { Composer } from 'telegraf'
import { priceRange } from '../catalogue/pricing.ts'
import { lines } from '../i18n/format.ts'
import { lastSwitches, runsOf, switchByAdmin } from '../payments/switches.ts'
import type { Html } from '../telegram/html.ts'
import { visible } from '../visible.ts'
import type { BotContext } from './context.ts'
import type { BotDeps } from './deps.ts'
import { menuButton } from './models.ts'

/** A7: which models are sold, and changing that. */
export function adminModels(deps: BotDeps) {
  const { adminSql, catalogue, switches } = deps
  const bot = new Composer<BotContext>()
  // `/admin_models` shows how they stand, `/admin_models off z-image why` changes it.
  bot.command('admin_models', async ctx => {
    const [to, id = '', ...words] = ctx.payload.trim().split(/\s+/)
    const reason = words.join(' ')
    const { modelStates: t } = ctx.t
    const answer = async (text: Html) => void (await ctx.show({ text, buttons: [[menuButton(ctx)]] }))
    if (to !== 'on' && to !== 'off' && to !== 'auto') return answer(await statesText(deps, ctx))
    if (!catalogue.byId(id)) return answer(t.noModel(id))
    if ([...visible(reason)].length < 5) return answer(t.noReason)
    const result = await switchByAdmin(adminSql, { modelId: id, adminId: ctx.user.id, to, reason })
    await switches.refresh()
    return answer(result === 'switched' ? t.done(id, to) : t.same)
  })

  return bot
}

/** A7: every model with its price, how it stands and how it did in the last hour; what is off says why. */
async function statesText({ sql, catalogue }: BotDeps, { t }: BotContext): Promise<Html> {
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
  return lines(t.modelStates.title(on, models.length), ...states.map(t.modelStates.state), t.modelStates.howTo)
}
