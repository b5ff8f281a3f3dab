import { Composer } from 'telegraf'
import { getUserStats } from '../../events/repository.ts'
import { dateText, lines } from '../../i18n/format.ts'
import { shortId } from '../../id.ts'
import { auditOf, auditView } from '../../operations/admin-actions.ts'
import { deliveryOf, find, paymentsOf, personCard } from '../../operations/lookup.ts'
import { subscriptionOf } from '../../payments/plans.ts'
import { type Operation, operations } from '../../payments/wallet.ts'
import { clip, type Html } from '../../telegram/html.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import type { PersonAction } from '../codes.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { modelName, personName } from '../names.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'
import { moneyText } from '../runs/history.ts'
import { timelineText } from '../runs/timeline.ts'
import { homeButton } from './buttons.ts'
import { formText } from './forms.ts'
import { missing, providerText, runOf } from './run-facts.ts'
import { actsOn } from './stuck.ts'

/** Screens of a run with its timeline, and of a person with their money. */
export function adminFind(deps: BotDeps) {
  const bot = new Composer<BotContext>()
  bot.command('find', async ctx => {
    const what = ctx.payload.trim()
    if (what === '') return ctx.show({ text: ctx.t.admin.findAsk, buttons: [[homeButton(ctx)]] })
    const found = await find(deps.sql, what)
    const screen =
      found && (found.what === 'run' ? runScreen(deps, ctx, found.id) : personScreen(deps, ctx, found.userId))
    return ctx.show((await screen) ?? missing(ctx, what))
  })
  onPress(bot, 'adminPerson', async (ctx, userId) => {
    await ctx.answer()
    await ctx.show((await personScreen(deps, ctx, userId)) ?? missing(ctx, String(userId)), 'new')
  })
  onPress(bot, 'adminRun', async (ctx, id) => {
    await ctx.answer()
    await ctx.show((await runScreen(deps, ctx, id)) ?? missing(ctx, id), 'new')
  })
  onPress(bot, 'adminPrompt', async (ctx, id) => {
    await ctx.answer()
    await ctx.show((await promptScreen(deps, ctx, id)) ?? missing(ctx, id), 'new')
  })
  return bot
}

async function runScreen(deps: BotDeps, ctx: BotContext, id: string): Promise<Screen | undefined> {
  const run = await runOf(deps, id)
  if (!run) return undefined
  const { admin } = ctx.t
  const [timeline, [delivery]] = await Promise.all([timelineText(deps, run, ctx.language), deliveryOf(deps.sql, id)])
  const { userId, modelId, execState, moneyState, taskId, attempt, errorCode, errorMessage } = run
  return {
    text: admin.run(
      {
        id,
        userId,
        modelId,
        state: `${execState} / ${moneyState}`,
        money: moneyText(ctx, run),
        taskId,
        provider: providerText(ctx, run),
        attempt,
        error: errorCode === null ? undefined : `${errorCode}: ${clip(errorMessage ?? '', 300)}`,
        inputs: Object.keys(run.inputs),
        delivery,
      },
      timeline,
    ),
    buttons: [
      [button(admin.promptButton, to.adminPrompt(id)), button(admin.personButton, to.adminPerson(userId))],
      ...(await actsOn(deps, ctx, run)),
      [homeButton(ctx)],
    ],
  }
}

/** Shows the inputs of a run. They are private: the view is recorded in the audit log first. */
async function promptScreen(deps: BotDeps, ctx: BotContext, id: string): Promise<Screen | undefined> {
  const run = await runOf(deps, id)
  if (!run) return undefined
  await auditView(deps.adminSql, ctx.user.id, 'prompt', run.userId, id)
  deps.log.info({ adminId: ctx.user.id, userId: run.userId, generationId: id }, 'an admin looked at what was entered')
  return {
    text: ctx.t.admin.prompt(id, clip(JSON.stringify(run.inputs, null, 1), 3_500)),
    buttons: [[button(ctx.t.admin.personButton, to.adminPerson(run.userId)), homeButton(ctx)]],
  }
}

const entryText = ({ catalogue }: BotDeps, { t, language }: BotContext, entry: Operation): Html => {
  const { createdAt, kind, amountKop, generationId, modelId } = entry
  return t.operation({
    date: dateText(createdAt, language),
    kind,
    amountKop,
    name: modelId === null ? undefined : modelName(catalogue, modelId, language),
    number: generationId === null ? undefined : shortId(generationId),
  })
}

async function personScreen(deps: BotDeps, ctx: BotContext, userId: number): Promise<Screen | undefined> {
  const { sql } = deps
  const { t } = ctx
  const { admin } = t
  const [[person], stats, payments, entries, audit, [plan]] = await Promise.all([
    personCard(sql, userId),
    getUserStats(sql, userId),
    paymentsOf(sql, userId, 5),
    operations(sql, userId, Number.MAX_SAFE_INTEGER, 10),
    auditOf(sql, userId, 5),
    subscriptionOf(sql, userId),
  ])
  if (!person) return undefined
  const act = (kind: PersonAction) => button(admin.actions[kind], to.adminForm(kind, userId))
  const refundable = payments.filter(({ provider, reversal }) => provider !== 'manual' && reversal === null)
  return {
    text: lines(
      admin.person({
        ...person,
        stats,
        id: userId,
        name: personName(person),
        language: `${person.language ?? '—'} (Telegram: ${person.clientLanguage ?? '—'})`,
        since: person.createdAt,
        seen: person.seenAt,
        plan,
      }),
      entries.length > 0 && lines({ html: '' }, t.operationsTitle),
      ...entries.map(entry => entryText(deps, ctx, entry)),
      payments.length > 0 && admin.payments,
      ...payments.map(({ receivedAt, amountKop, currency, total, provider, chargeId, reversal }) =>
        admin.payment({
          at: receivedAt,
          amountKop,
          stars: currency === 'XTR' && total !== null ? total : undefined,
          provider,
          chargeId,
          reversal,
        }),
      ),
      refundable.length > 0 && formText(ctx, 'refund', refundable[0]?.chargeId),
      audit.length > 0 && admin.audit,
      ...audit.map(({ at, adminId, kind, amountKop, outcome, reason }) =>
        admin.auditLine(at, adminId, kind, amountKop, outcome, reason ?? ''),
      ),
    ),
    buttons: [
      [act('credit'), act('take')],
      [act(person.bannedAt === null ? 'ban' : 'unban'), act('message')],
      [homeButton(ctx)],
    ],
  }
}
