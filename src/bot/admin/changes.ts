import { Composer } from 'telegraf'
import type { Field } from '../../i18n/admin.ts'
import { lines } from '../../i18n/format.ts'
import { type ActionKind, adminDrop } from '../../operations/admin-actions.ts'
import { parkedByCharge, paymentByCharge, personCard } from '../../operations/lookup.ts'
import { ownerOf } from '../../payments/generations.ts'
import { requestById } from '../../payments/transfers.ts'
import type { Html } from '../../telegram/html.ts'
import type { Screen } from '../../telegram/screen.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { onPress } from '../on-press.ts'
import { homeButton } from './buttons.ts'
import { confirmScreen } from './confirm.ts'
import { type Filled, formScreenText, forms, formText, readForm } from './forms.ts'
import { doneScreen, outcomeText } from './outcome.ts'

/** Changes by an admin: a command, a confirm screen, and one application, however often it is confirmed. */
export function adminChanges(deps: BotDeps) {
  const bot = new Composer<BotContext>()
  for (const kind of Object.keys(forms) as ActionKind[]) {
    bot.command(forms[kind].command, async (ctx, next) => {
      // Without arguments it shows the list of codes.
      if (kind === 'promo_add' && ctx.payload.trim() === '') return next()
      return ctx.show(await askedScreen(deps, ctx, kind, ctx.payload))
    })
  }
  onPress(bot, 'adminForm', async (ctx, kind, userId) => {
    await ctx.answer()
    await ctx.show({ text: formScreenText(ctx, kind, userId), buttons: [[homeButton(ctx)]] }, 'new')
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
  const form = (text: Html): Screen => ({ text, buttons: [[homeButton(ctx)]] })
  const refused = (why: Html) => form(lines(why, admin.copy, formText(ctx, kind)))
  if (text.trim() === '') return form(formScreenText(ctx, kind))
  const filled = readForm(kind, text, new Date())
  if (typeof filled === 'string') return refused(admin.wrong[filled])
  const target = await targetOf(deps, kind, filled)
  if (typeof target === 'string') {
    return refused(target in admin.wrong ? admin.wrong[target as Field] : outcomeText(ctx.t, target))
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

/** Returns the person of a change; or why nothing can change: an unknown field value, or an outcome. */
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
      // The Stars belong to a payment that was credited.
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
