import { Composer } from 'telegraf'
import { isId, newId } from '../../id.ts'
import { formatKop } from '../../money.ts'
import {
  type Group,
  giveToGroup,
  groupLedger,
  groupSet,
  groupSwitch,
  guestWords,
  readGroup,
} from '../../payments/groups.ts'
import { readWallet } from '../../payments/wallet.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import { menuButton, rows } from '../buttons.ts'
import type { GroupOp } from '../codes.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { modelName } from '../names.ts'
import { onPress } from '../on-press.ts'
import { answerRequest } from '../order/answer-request.ts'
import { showGroupPrice } from '../order/group/price.ts'
import { to } from '../routes.ts'
import { roleIn } from './members.ts'
import { pressGroupQuote } from './presses.ts'

/** What groups have in private chats: prices that wait there, settings for admins, gifts of members, words of guests. */
export function groupsInPrivate(deps: BotDeps) {
  const bot = new Composer<BotContext>()
  bot.start(async (ctx, next) => {
    const [, kind, argument = ''] = /^(gq|ga|gt|w)_([a-z0-9]{1,20})$/.exec(ctx.payload) ?? []
    const isShown = kind !== undefined && (await open(ctx, deps, kind, argument))
    if (!isShown) await next()
  })
  onPress(bot, 'groupQuote', (ctx, quoteId, op) => pressGroupQuote(ctx, deps, quoteId, op))
  onPress(bot, 'group', async (ctx, accountId, op) => {
    const group = await groupFor(ctx, deps, accountId, op === 'give' ? 'member' : 'admin')
    if (!group) return
    await ctx.answer()
    await ctx.show(await screenOf(ctx, deps, group, op))
  })
  onPress(bot, 'groupLimit', async (ctx, accountId, rubles) => {
    const group = await groupFor(ctx, deps, accountId, 'admin')
    if (!group || !limits.includes(rubles)) return
    await groupSet(deps.sql, accountId, { dailyKop: rubles * 100 }, ctx.user.id)
    await ctx.answer()
    await ctx.show(await settingsScreen(ctx, deps, { ...group, memberDailyKop: rubles * 100 }))
  })
  onPress(bot, 'groupGift', (ctx, accountId, rubles, gift) => give(ctx, deps, { accountId, kop: rubles * 100, gift }))
  return bot
}

async function open(ctx: BotContext, deps: BotDeps, kind: string, argument: string): Promise<boolean> {
  if (kind === 'gq') return isId(argument) && showGroupPrice(ctx, deps, argument)
  if (kind === 'w') return isId(argument) && openWords(ctx, deps, argument)
  if (!/^\d{1,15}$/.test(argument)) return false
  const group = await groupFor(ctx, deps, -Number(argument), kind === 'gt' ? 'member' : 'admin')
  if (group) await ctx.show(await screenOf(ctx, deps, group, kind === 'gt' ? 'give' : 'show'), 'new')
  return true
}

/** The words that the person wrote as a guest become their request. */
async function openWords(ctx: BotContext, deps: BotDeps, id: string): Promise<boolean> {
  const [kept] = await guestWords(deps.sql, ctx.user.id, id)
  if (!kept) return false
  const { message_id: messageId = 0, date = 0 } = ctx.message ?? {}
  const request = { parts: [{ messageId, at: date, text: kept.words, files: [] }] }
  await answerRequest(ctx, deps, { request, draft: undefined, place: { where: 'new' } })
  return true
}

/** The group, if Telegram says that the person may do this there; otherwise says why not. */
async function groupFor(
  ctx: BotContext,
  { sql }: Pick<BotDeps, 'sql'>,
  accountId: number,
  needed: 'admin' | 'member',
): Promise<Group | undefined> {
  const group = await readGroup(sql, accountId)
  const role = group?.accountId === accountId ? await roleIn(ctx.api, group.chatId, ctx.user.id) : 'nobody'
  if (group && (role === 'admin' || (needed === 'member' && role === 'member'))) return group
  const { groups } = ctx.t
  const text = !group ? groups.noGroup : role === 'member' ? groups.adminsOnlyScreen : groups.cannotAsk
  await ctx.answer()
  await ctx.show({ text, buttons: [[menuButton(ctx)]] }, 'new')
  return undefined
}

async function screenOf(ctx: BotContext, deps: BotDeps, group: Group, op: GroupOp): Promise<Screen> {
  const { sql, groupLimits } = deps
  const { accountId, chatId, title } = group
  switch (op) {
    case 'on':
    case 'off':
      await groupSwitch(sql, { id: chatId, title }, op === 'on', ctx.user.id, groupLimits.memberDailyKop)
      return settingsScreen(ctx, deps, { ...group, isOn: op === 'on' })
    case 'each':
    case 'together': {
      const payer = op === 'each' ? 'each' : 'group'
      await groupSet(sql, accountId, { payer }, ctx.user.id)
      return settingsScreen(ctx, deps, { ...group, payer })
    }
    case 'ledger':
      return ledgerScreen(ctx, deps, group)
    case 'give':
      return giveScreen(ctx, deps, group)
    case 'show':
      return settingsScreen(ctx, deps, group)
  }
}

// Rubles of the group's money that one member may spend a day.
const limits = [50, 100, 300, 1000]

async function settingsScreen(ctx: BotContext, deps: BotDeps, group: Group): Promise<Screen> {
  const { t } = ctx
  const { accountId, title, isOn, payer, memberDailyKop } = group
  const { balanceKop } = await readWallet(deps.sql, accountId)
  const isByGroup = payer === 'group'
  const press = (text: string, op: GroupOp) => button(text, to.group(accountId, op))
  const limitButtons = limits.map(rubles => {
    const text = t.groups.limitButton(rubles * 100)
    return button(rubles * 100 === memberDailyKop ? `✓ ${text}` : text, to.groupLimit(accountId, rubles))
  })
  return {
    text: t.groups.settings({ title, isOn, isByGroup, balanceKop, memberDailyKop }),
    buttons: [
      [isByGroup ? press(t.groups.eachPaysButton, 'each') : press(t.groups.groupPaysButton, 'together')],
      ...(isByGroup ? [limitButtons.slice(0, 2), limitButtons.slice(2)] : []),
      [press(t.groups.giveButton, 'give')],
      [press(t.groups.ledgerButton, 'ledger')],
      [isOn ? press(t.groups.turnOffButton, 'off') : press(t.groups.turnOnButton, 'on'), menuButton(ctx)],
    ],
  }
}

const perPage = 20

async function ledgerScreen(ctx: BotContext, deps: BotDeps, { accountId, title }: Group): Promise<Screen> {
  const { t, language } = ctx
  const found = await groupLedger(deps.sql, accountId, perPage)
  const entries = found.map(({ modelId, name, ...entry }) => ({
    ...entry,
    name: name ?? undefined,
    model: modelId === null ? undefined : modelName(deps.catalogue, modelId, language),
  }))
  return {
    text: t.groups.ledger(title, entries),
    buttons: [[button(t.groups.toSettingsButton, to.group(accountId, 'show')), menuButton(ctx)]],
  }
}

// Rubles.
const gifts = [50, 100, 300, 500, 1000]

async function giveScreen(ctx: BotContext, deps: BotDeps, { accountId, title }: Group): Promise<Screen> {
  const { t, language } = ctx
  const { balanceKop } = await readWallet(deps.sql, ctx.user.id)
  const gift = newId()
  const amounts = gifts
    .filter(rubles => rubles * 100 <= balanceKop)
    .map(rubles => button(formatKop(rubles * 100, language), to.groupGift(accountId, rubles, gift)))
  return {
    text: t.groups.give(title, balanceKop),
    buttons: [...rows(amounts), [button(t.topUpButton, to.topUp(undefined))], [menuButton(ctx)]],
  }
}

type Gift = { accountId: number; kop: number; gift: string }

async function give(ctx: BotContext, deps: BotDeps, { accountId, kop, gift }: Gift): Promise<void> {
  const group = await groupFor(ctx, deps, accountId, 'member')
  if (!group) return
  const result = gifts.includes(kop / 100)
    ? await giveToGroup(deps.sql, ctx.user.id, accountId, kop, `gift:${ctx.user.id}:${gift}`)
    : 'unknown'
  await ctx.answer()
  const { groups } = ctx.t
  await ctx.show({
    text: result === 'given' ? groups.given(group.title, kop) : groups.giveRefused[result],
    buttons: [[menuButton(ctx)]],
  })
  if (result === 'given') deps.log.info({ accountId, userId: ctx.user.id, kop }, 'money was given to a group')
}
