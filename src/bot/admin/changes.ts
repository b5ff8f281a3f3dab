import { Composer } from 'telegraf'
import type { Sql } from '../../db.ts'
import { NotFound, Refused, Unknown } from '../../errors.ts'
import type { Field } from '../../i18n/admin.ts'
import { lines } from '../../i18n/format.ts'
import { type Strings, stringsFor } from '../../i18n/strings.ts'
import {
  type Action,
  type ActionKind,
  actionById,
  adminDrop,
  ask,
  type Change,
  confirm,
  type Done,
} from '../../payments/admin-actions.ts'
import { givenBackRow } from '../../payments/event-rows.ts'
import { type Generation, ownerOf } from '../../payments/generations.ts'
import { deliveryOf, parkedByCharge, paymentByCharge, personCard } from '../../payments/lookup.ts'
import { topUpById } from '../../payments/top-ups.ts'
import { requestById } from '../../payments/transfers.ts'
import { TelegramRefused } from '../../telegram/client.ts'
import { type Html, html } from '../../telegram/html.ts'
import { refundStars } from '../../telegram/payments.ts'
import { type Button, button, type Screen, show } from '../../telegram/screen.ts'
import { languageFor } from '../../users/users.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { personName } from '../names.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'
import { moneyText } from '../runs/history.ts'
import { type Filled, forms, formText, readForm } from './forms.ts'
import { providerText, runOf } from './runs.ts'

const perRow = 5
/** Buttons that open the runs of a list by their place in it. */
export const numbered = (runIds: string[]): Button[][] => {
  const numbers = runIds.map((id, n) => button(String(n + 1), to.adminRun(id)))
  return numbers.flatMap((_, n): Button[][] => (n % perRow === 0 ? [numbers.slice(n, n + perRow)] : []))
}

export const homeButton = ({ t }: Pick<BotContext, 't'>): Button => button(t.admin.homeButton, to.admin())

/** What an admin changes: a command filled in, a confirm screen, and then once, whoever presses and how often. */
export function adminChanges(deps: BotDeps) {
  const bot = new Composer<BotContext>()
  for (const kind of Object.keys(forms) as ActionKind[]) {
    bot.command(forms[kind].command, async (ctx, next) => {
      // Without anything it is the list of codes.
      if (kind === 'promo_add' && ctx.payload.trim() === '') return next()
      return ctx.show(await askedScreen(deps, ctx, kind, ctx.payload))
    })
  }
  onPress(bot, 'adminForm', async (ctx, kind, userId) => {
    await ctx.answer()
    await ctx.show({ text: lines(ctx.t.admin.copy, formText(ctx, kind, userId)), buttons: [] }, 'new')
  })
  onPress(bot, 'adminYes', async (ctx, id, isSure) => {
    await ctx.answer()
    await ctx.show(await doneScreen(deps, ctx, id, isSure))
  })
  onPress(bot, 'adminNo', async (ctx, id) => {
    await ctx.answer()
    const [row] = await adminDrop(deps.adminSql, id)
    const text = row?.isDropped ? ctx.t.admin.dropped : ctx.t.admin.actionOutdated
    await ctx.show({ text, buttons: [[homeButton(ctx)]] })
  })
  return bot
}

async function askedScreen(deps: BotDeps, ctx: BotContext, kind: ActionKind, text: string): Promise<Screen> {
  const { admin } = ctx.t
  const refused = (why: Html): Screen => ({
    text: lines(why, admin.copy, formText(ctx, kind)),
    buttons: [[homeButton(ctx)]],
  })
  const filled = readForm(kind, text, new Date())
  if (typeof filled === 'string') return refused(text.trim() === '' ? admin.copy : admin.wrong[filled])
  const target = await targetOf(deps, kind, filled)
  if (typeof target === 'string') {
    return refused(target in admin.wrong ? admin.wrong[target as Field] : said(ctx.t, target))
  }
  return confirmScreen(deps, ctx, {
    kind,
    userId: target.userId,
    subject: filled.subject ?? null,
    amountKop: filled.amountKop ?? null,
    reason: filled.reason,
    ...(filled.uses !== undefined &&
      filled.until && { promo: { uses: filled.uses, until: filled.until.toISOString() } }),
  })
}

/** Whose change it is; or why there is nothing to change: a field that names nothing, or an outcome. */
async function targetOf(
  { sql, adminIds }: BotDeps,
  kind: ActionKind,
  { userId, subject = '' }: Filled,
): Promise<{ userId: number | null } | string> {
  switch (kind) {
    case 'refund': {
      const [payment] = await paymentByCharge(sql, subject)
      return payment ? (payment.reversal === null ? payment : 'duplicate') : 'charge'
    }
    case 'approve':
    case 'deny': {
      const [request] = await requestById(sql, subject)
      return request ? (request.state === 'waiting' ? request : 'already_decided') : 'order'
    }
    case 'parked_credit':
    case 'parked_refund':
    case 'parked_close': {
      const [parked] = await parkedByCharge(sql, subject)
      if (!parked) return 'parked'
      if (!parked.isOpen) return 'already_decided'
      if (kind === 'parked_refund' && parked.provider !== 'stars') return 'stars_only'
      // Its Stars are those of a payment that stands on a balance.
      return parked.isCredited && kind !== 'parked_close' ? 'charge_known' : parked
    }
    case 'give_back': {
      const [owner] = await ownerOf(sql, subject)
      return owner ?? 'run'
    }
    case 'promo_add':
    case 'promo_stop':
      return { userId: null }
    default: {
      const [person] = await personCard(sql, userId ?? 0)
      if (!person) return 'no_person'
      return kind === 'ban' && adminIds.includes(person.userId) ? 'is_admin' : person
    }
  }
}

const said = ({ admin }: Strings, word: string): Html => admin.outcome[word] ?? html`${word}`

/** Writes the change down and shows what it would do. */
export async function confirmScreen({ sql, adminSql }: BotDeps, ctx: BotContext, change: Change): Promise<Screen> {
  const { admin } = ctx.t
  const [person] = change.userId === null ? [] : await personCard(sql, change.userId)
  const [payment] = change.kind === 'refund' ? await paymentByCharge(sql, change.subject ?? '') : []
  const run = change.kind === 'give_back' ? await runOf({ sql }, change.subject ?? '') : undefined
  const id = await ask(adminSql, ctx.user.id, change)
  return {
    text: admin.confirm({
      ...change,
      amountKop: change.amountKop ?? payment?.amountKop ?? null,
      isCard: payment?.provider === 'card',
      run: run && runFacts(ctx, run),
      person: person && { id: person.userId, name: personName(person), balanceKop: person.balanceKop },
      promo: change.promo && { uses: change.promo.uses, until: new Date(change.promo.until) },
    }),
    buttons: [[button(admin.yesButton, to.adminYes(id, false)), button(admin.noButton, to.adminNo(id))]],
  }
}

async function doneScreen(deps: BotDeps, ctx: BotContext, id: string, isSure: boolean): Promise<Screen> {
  const { sql, adminSql } = deps
  const { admin } = ctx.t
  const outdated = { text: admin.actionOutdated, buttons: [[homeButton(ctx)]] }
  const [action] = await actionById(sql, id)
  if (!action) return outdated
  const refusal = action.isOpen && action.kind === 'parked_refund' ? await starsBack(deps, ctx, action) : undefined
  if (refusal) return { text: refusal, buttons: [[homeButton(ctx)]] }
  let done: Done
  try {
    const isBack = action.isOpen && isSure && action.kind === 'give_back'
    const ref = { userId: action.userId ?? 0, id: action.subject ?? '' }
    const event = isBack ? await givenBackRow(sql, ref, action.reason) : null
    done = await confirm(adminSql, id, ctx.user.id, isSure, event)
  } catch (error) {
    if (error instanceof NotFound) return outdated
    throw error
  }
  const { outcome, isDone, balanceKop, debtKop } = done
  if (outcome === 'large') {
    const row = [button(admin.sureButton, to.adminYes(id, true)), button(admin.noButton, to.adminNo(id))]
    return { text: admin.large(action.amountKop ?? 0, action.reason), buttons: [row] }
  }
  if (outcome === 'unsure') return unsureScreen(deps, ctx, action)
  if (isDone)
    deps.log.info(
      { adminId: ctx.user.id, actionId: id, kind: action.kind, userId: action.userId, outcome },
      'an admin did',
    )
  if (isDone && outcome === 'given_back') await wakeEnding(deps, action)
  const end = outcome === 'reversed' ? await reversalOf(deps, ctx, action) : undefined
  const isTold = isDone ? await tell(deps, ctx, action, done) : undefined
  return {
    text: lines(
      said(ctx.t, outcome),
      balanceKop !== null && admin.balanceNow(balanceKop, debtKop ?? 0),
      end,
      isTold !== undefined && (isTold ? admin.told : admin.notTold),
    ),
    buttons: [
      [
        ...(action.userId === null ? [] : [button(admin.personButton, to.adminPerson(action.userId))]),
        homeButton(ctx),
        menuButton(ctx),
      ],
    ],
  }
}

/** The second confirmation of giving a run back: how it stands, and what is known of it at the provider. */
async function unsureScreen({ sql }: BotDeps, ctx: BotContext, { id, subject, reason }: Action): Promise<Screen> {
  const { admin } = ctx.t
  const run = await runOf({ sql }, subject ?? '')
  if (!run) return { text: admin.actionOutdated, buttons: [[homeButton(ctx)]] }
  const row = [button(admin.sureGiveBackButton, to.adminYes(id, true)), button(admin.noButton, to.adminNo(id))]
  return {
    text: admin.unsure(runFacts(ctx, run), reason),
    buttons: [row, [button(admin.runButton, to.adminRun(run.id))]],
  }
}

const runFacts = (ctx: BotContext, run: Generation) => ({
  id: run.id,
  state: `${run.execState} / ${run.moneyState}`,
  money: moneyText(ctx, run),
  provider: providerText(ctx, run),
})

/** The message of the ending goes out now, and not with the next sweep. */
async function wakeEnding({ sql, wake }: BotDeps, { subject }: Action): Promise<void> {
  const [delivery] = await deliveryOf(sql, subject ?? '')
  if (delivery && delivery.doneAt === null) await wake.deliver(delivery.outboxId)
}

/**
 * Gives the Stars of a parked payment back before the row says so: no ledger is concerned, and the call may be repeated.
 * Why nothing more is to be done, in words, if it went wrong.
 */
async function starsBack(
  { sql, log }: BotDeps,
  ctx: BotContext,
  { userId, subject }: Action,
): Promise<Html | undefined> {
  const [parked] = await parkedByCharge(sql, subject ?? '')
  if (!parked?.isOpen || userId === null) return undefined
  if (parked.isCredited) return said(ctx.t, 'charge_known')
  try {
    await refundStars(ctx.telegram, userId, parked.chargeId)
    return undefined
  } catch (error) {
    if (!(error instanceof TelegramRefused)) throw error
    if (error.code === 'already_refunded') return undefined
    if (error.code !== 'bad_request') throw error
    log.error({ err: error, userId, chargeId: parked.chargeId }, 'Telegram refuses to give a parked payment back')
    return ctx.t.admin.starsRefused
  }
}

/** Has Telegram asked at once, so that the admin sees the end; the job asks again where this does not come to it. */
async function reversalOf(
  { sql, operator, log }: BotDeps,
  ctx: BotContext,
  { subject }: Action,
): Promise<Html | undefined> {
  await operator.endReversals().catch(error => log.warn({ err: error }, 'a refund is left to the job'))
  const [payment] = await paymentByCharge(sql, subject ?? '')
  return payment?.provider === 'card' ? ctx.t.admin.cardBack : ctx.t.admin.reversal[payment?.reversal ?? 'asked']
}

/** The person hears of it after it is so. Undefined: there is nobody to tell, or Telegram tells it by itself. */
async function tell({ sql, log }: BotDeps, ctx: BotContext, action: Action, done: Done): Promise<boolean | undefined> {
  const { userId } = action
  if (userId === null) return undefined
  const t = stringsFor(await languageFor(sql, userId))
  const text = (await cardBack(sql, t, action, done)) ?? wordsFor(t, action, done)
  if (!text) return undefined
  const [order] = done.outcome === 'approved' ? await topUpById(sql, action.subject ?? '') : []
  const goOn = order?.quoteId ? [[button(t.topUp.goOnButton, to.quote(order.quoteId, 'go'))]] : []
  const buttons = done.outcome === 'banned' ? [] : [...goOn, [menuButton({ t })]]
  try {
    await show(ctx.telegram, { chatId: userId }, { text, buttons })
    return true
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unknown)) throw error
    log.warn({ err: error, userId, actionId: action.id }, 'the person could not be told')
    return false
  }
}

/** Telegram tells of Stars that went back, and of cards nobody does. */
async function cardBack(sql: Sql, t: Strings, { subject }: Action, { outcome, debtKop }: Done) {
  const [payment] = outcome === 'reversed' ? await paymentByCharge(sql, subject ?? '') : []
  return payment?.provider === 'card' ? t.topUp.cardBack(payment.amountKop, debtKop ?? 0) : undefined
}

function wordsFor(
  t: Strings,
  { reason, amountKop, subject }: Action,
  { outcome, balanceKop, debtKop }: Done,
): Html | undefined {
  const { tell } = t.admin
  const [kop, balance, debt] = [amountKop ?? 0, balanceKop ?? 0, debtKop ?? 0]
  switch (outcome) {
    case 'credited':
      return tell.credited(kop, balance, reason)
    case 'taken':
      return tell.taken(kop, balance, reason)
    case 'banned':
      return tell.banned(reason)
    case 'unbanned':
      return tell.unbanned(reason)
    case 'written':
      return t.support.answer(reason)
    case 'approved':
    case 'parked_credited':
      return t.topUp.credited({ amountKop: kop, balanceKop: balance, debtKop: debt, isSecond: false })
    case 'denied':
      return t.transfer.denied(subject ?? '', reason)
    case 'parked_refunded':
      return tell.starsBack(reason)
    default:
      return undefined
  }
}
