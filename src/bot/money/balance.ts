import { Composer } from 'telegraf'
import { dateText, lines } from '../../i18n/format.ts'
import { shortId } from '../../id.ts'
import { openGenerations } from '../../payments/generations.ts'
import { bonusLeft } from '../../payments/gifts.ts'
import { type Operation, operations, readWallet } from '../../payments/wallet.ts'
import { paragraph, table } from '../../telegram/rich.ts'
import { type Button, button, type Screen } from '../../telegram/screen.ts'
import { cutToFit } from '../button-width.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { chargeTail, shortModelName } from '../names.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'
import { paymentPresses } from './payment.ts'
import { planRow } from './plans.ts'
import { statement } from './statement.ts'

/** The balance, the runs that hold money, and every ledger entry. */
export function balance(deps: BotDeps) {
  const bot = new Composer<BotContext>()
  bot.command('balance', async ctx => ctx.show(await balanceScreen(deps, ctx)))
  onPress(bot, 'balance', async ctx => {
    await ctx.answer()
    await ctx.show(await balanceScreen(deps, ctx))
  })
  onPress(bot, 'operations', async (ctx, before) => {
    await ctx.answer()
    await ctx.show(await operationsScreen(deps, ctx, before))
  })
  paymentPresses(deps, bot)
  statement(deps, bot)
  return bot
}

/** The balance, with ways to top up. */
export async function balanceScreen(deps: BotDeps, ctx: BotContext): Promise<Screen> {
  const { sql, catalogue } = deps
  const { t, user, language } = ctx
  const wallet = await readWallet(sql, user.id)
  const running = wallet.atWorkCount > 0 ? await openGenerations(sql, user.id) : []
  const given = await bonusLeft(sql, user.id)
  const plan = await planRow(deps, ctx)
  return {
    text: lines(
      t.balance({ ...wallet, canSpendKop: wallet.balanceKop }),
      wallet.debtKop > 0 && t.debt.line(wallet.debtKop),
      ...given.map(t.bonus.left),
    ),
    buttons: [
      ...running.map(({ id, modelId, priceKop }) => {
        const name = shortModelName(catalogue, modelId, language)
        const [beginning, end] = t.runningButton(name, shortId(id), priceKop)
        return [button(cutToFit(beginning, end) + end, to.generation(id, undefined))]
      }),
      [button(t.topUpButton, to.topUp(undefined), 'primary'), button(t.operationsButton, to.operations(0))],
      [button(t.promo.button, to.promo()), button(t.referral.button, to.referral())],
      plan,
      [menuButton(ctx)],
    ],
  }
}

const perPage = 10
const linksPerRow = 3

/** Ledger entries before the entry `before`; 0: from the newest. */
async function operationsScreen({ sql, catalogue }: BotDeps, ctx: BotContext, before: number): Promise<Screen> {
  const { t, user, language } = ctx
  const found = await operations(sql, user.id, before || Number.MAX_SAFE_INTEGER, perPage + 1)
  const shown = found.slice(0, perPage)
  const entries = shown.map(({ createdAt, kind, amountKop, generationId, modelId, chargeId }) => {
    const model = modelId === null ? undefined : shortModelName(catalogue, modelId, language)
    const payment = chargeId === null ? undefined : `…${chargeTail({ chargeId })}`
    return {
      date: dateText(createdAt, language),
      kind,
      amountKop,
      name: model ?? payment,
      number: generationId === null ? undefined : shortId(generationId),
    }
  })
  // A run or a payment that moved money twice has one button.
  const links = [...new Map(shown.flatMap(operation => linkOf(ctx, operation))).values()]
  const last = shown.at(-1)
  const pager: Button[] = [
    ...(before > 0 ? [button(t.history.newest, to.operations(0))] : []),
    ...(last && found.length > perPage ? [button(t.history.older, to.operations(last.seq))] : []),
  ]
  return {
    text: entries.length > 0 ? lines(t.operationsTitle, ...entries.map(t.operation)) : t.operationsEmpty,
    ...(entries.length > 0 && {
      rich: [
        paragraph(t.operationsTitle),
        table({ align: ['left', 'right', 'left'], head: t.operationColumns, rows: entries.map(t.operationCells) }),
      ],
    }),
    buttons: [
      ...[0, 1, 2, 3].map(row => links.slice(row * linksPerRow, (row + 1) * linksPerRow)),
      pager,
      entries.length > 0 ? [button(t.statement.button, to.statement())] : [],
      [button(t.backButton, to.balance()), menuButton(ctx)],
    ],
  }
}

function linkOf({ t }: BotContext, { seq, generationId, chargeId }: Operation): [string, Button][] {
  if (generationId !== null) {
    return [[generationId, button(t.history.number(shortId(generationId)), to.generation(generationId, undefined))]]
  }
  return chargeId === null ? [] : [[chargeId, button(t.payment.number(chargeTail({ chargeId })), to.payment(seq))]]
}
