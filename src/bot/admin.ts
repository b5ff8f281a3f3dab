import { Composer } from 'telegraf'
import { priceRange } from '../catalogue/pricing.ts'
import { type Failure, getRecentFailures } from '../events/repository.ts'
import { dateText, lines } from '../i18n/format.ts'
import { lastSwitches, runsOf, switchByAdmin } from '../payments/switches.ts'
import { clip, type Html, html } from '../telegram/html.ts'
import type { BotContext } from './context.ts'
import type { BotDeps } from './deps.ts'
import { menuButton } from './models.ts'

/** What only the operator's people see. To everybody else these commands do not exist. */
export function admin(deps: BotDeps) {
  const { sql, adminIds, catalogue, switches } = deps
  const bot = new Composer<BotContext>()
  bot.command('admin_errors', async (ctx, next) => {
    if (!adminIds.includes(ctx.user.id)) return next()
    const failures = await getRecentFailures(sql, 20)
    const { failuresTitle, failuresNone } = ctx.t
    const text = lines(failuresTitle(failures.length), ...failures.map(failure => entry(failure, ctx)))
    return ctx.show({ text: failures.length > 0 ? text : failuresNone, buttons: [[menuButton(ctx)]] })
  })

  // `/admin_models` shows how they stand, `/admin_models off z-image why` changes it.
  bot.command('admin_models', async (ctx, next) => {
    if (!adminIds.includes(ctx.user.id)) return next()
    const [to, id = '', ...words] = ctx.payload.trim().split(/\s+/)
    const reason = words.join(' ')
    const { modelStates: t } = ctx.t
    const answer = async (text: Html) => void (await ctx.show({ text, buttons: [[menuButton(ctx)]] }))
    if (to !== 'on' && to !== 'off' && to !== 'auto') return answer(await statesText(deps, ctx))
    if (!catalogue.byId(id)) return answer(t.noModel(id))
    if ([...reason].length < 5) return answer(t.noReason)
    const result = await switchByAdmin(sql, { modelId: id, adminId: ctx.user.id, to, reason })
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

/** A2: one failure in two lines; the message is the upstream's own, already without secrets. */
const entry = (failure: Failure, { language }: BotContext): Html => {
  const { createdAt, requestId, userId, modelId, priceRub, errorCode, errorMessage, status } = failure
  const message = clip((errorMessage ?? status).replace(/\s+/g, ' '), 80)
  return html`\n${dateText(createdAt, language)} · <code>${requestId}</code> · ${modelId} · ${userId} · ${priceRub} ₽
<b>${errorCode}</b>: ${message}`
}
