import { Composer } from 'telegraf'
import { type Failure, getRecentFailures } from '../../events/repository.ts'
import { dateText, lines } from '../../i18n/format.ts'
import { formatKop } from '../../money.ts'
import { alarmRows, alarmsNow } from '../../operations/alarms.ts'
import { backlog, today } from '../../operations/overview.ts'
import { clip, type Html, html } from '../../telegram/html.ts'
import { paragraph, table } from '../../telegram/rich.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import { readWebhook } from '../../telegram/webhook.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'
import { homeButton, numbered } from './buttons.ts'

/** The day with its alarms, the last failures, and the version that is running. */
export function adminOverview(deps: BotDeps) {
  const bot = new Composer<BotContext>()
  bot.command('admin', async ctx => ctx.show(await dayScreen(deps, ctx)))
  bot.command('admin_errors', async ctx => ctx.show(await failuresScreen(deps, ctx)))
  bot.command('version', async ctx => ctx.show(await versionScreen(deps, ctx)))
  onPress(bot, 'admin', async ctx => {
    await ctx.answer()
    await ctx.show(await dayScreen(deps, ctx))
  })
  onPress(bot, 'adminFailures', async ctx => {
    await ctx.answer()
    await ctx.show(await failuresScreen(deps, ctx))
  })
  onPress(bot, 'adminVersion', async ctx => {
    await ctx.answer()
    await ctx.show(await versionScreen(deps, ctx))
  })
  return bot
}

async function dayScreen({ sql, catalogue, operator, log }: BotDeps, ctx: BotContext): Promise<Screen> {
  const { admin } = ctx.t
  const [[day], [waiting], rows, broken] = await Promise.all([
    today(sql, catalogue.rates.usdRubRate),
    backlog(sql),
    alarmRows(sql),
    operator.broken().catch(error => {
      log.error({ err: error }, 'the promises could not be checked')
      return undefined
    }),
  ])
  const alarms = admin.alarms({ ...alarmsNow(rows), ...day!, inboxParked: waiting!.inboxParked, broken })
  const top = admin.dayTop(alarms, day!.waitingRequests, new Date())
  return {
    text: admin.day(day!, top, admin.dayFind),
    rich: [paragraph(top), table({ align: ['left', 'right'], rows: admin.dayRows(day!) }), paragraph(admin.dayFind)],
    buttons: [
      [button(admin.failuresButton, to.adminFailures()), button(admin.requestsButton, to.adminRequests())],
      [button(admin.parkedButton, to.adminParked()), button(admin.versionButton, to.adminVersion())],
      [button(admin.stuckButton, to.adminStuck())],
      [button(admin.refreshButton, to.admin()), menuButton(ctx)],
    ],
  }
}

async function failuresScreen({ sql }: BotDeps, ctx: BotContext): Promise<Screen> {
  const failures = await getRecentFailures(sql, 20)
  const { failuresTitle, failuresNone } = ctx.t
  const rows = numbered(failures.map(({ requestId }) => requestId))
  const text = lines(failuresTitle(failures.length), ...failures.map((failure, n) => entry(failure, n + 1, ctx)))
  return { text: failures.length > 0 ? text : failuresNone, buttons: [...rows, [homeButton(ctx), menuButton(ctx)]] }
}

/** One failure in two lines, with the message of the upstream, already without secrets. */
const entry = (failure: Failure, n: number, { language }: BotContext): Html => {
  const { createdAt, requestId, userId, modelId, priceKop, errorCode, errorMessage, status } = failure
  const message = clip((errorMessage ?? status).replace(/\s+/g, ' '), 80)
  return html`\n${n}. ${dateText(createdAt, language)} · <code>${requestId}</code> · ${modelId} · ${userId} · ${formatKop(priceKop, language)}
<b>${errorCode}</b>: ${message}`
}

async function versionScreen({ sql, operator, botUsername, log }: BotDeps, ctx: BotContext): Promise<Screen> {
  const hookRead = readWebhook(ctx.api, operator.scrub).catch(error => {
    log.warn({ err: error }, 'Telegram does not say what the webhook is')
    return undefined
  })
  const [[waiting], hook] = await Promise.all([backlog(sql), hookRead])
  const { inbox, outbox, open, oldestOpenS } = waiting!
  return {
    text: ctx.t.admin.version({
      ...operator.build,
      uptimeMs: process.uptime() * 1000,
      bot: botUsername(),
      // The host shows which deployment this is.
      webhook: hook?.shownUrl,
      pending: hook?.pending ?? 0,
      lastError: hook?.lastError,
      inbox,
      outbox,
      open,
      oldestOpenMs: oldestOpenS * 1000,
    }),
    buttons: [[homeButton(ctx), menuButton(ctx)]],
  }
}
