import { Composer } from 'telegraf'
import { message } from 'telegraf/filters'
import { claimPromo, invitations } from '../../payments/gifts.ts'
import { button, copyRow, type Screen } from '../../telegram/screen.ts'
import { invitation } from '../../users/users.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { dropDraft, openDraft, readDraft } from '../drafts.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'

/** Promo codes and invitations. */
export function gifts(deps: BotDeps) {
  const { sql } = deps
  const bot = new Composer<BotContext>()

  bot.command('promo', async ctx => {
    const code = ctx.payload.trim()
    return code === '' ? askForCode(deps, ctx) : redeem(deps, ctx, code)
  })
  onPress(bot, 'promo', async ctx => {
    await ctx.answer()
    await askForCode(deps, ctx)
  })
  bot.on(message('text'), async (ctx, next) => {
    if (ctx.text.startsWith('/')) return next()
    const draft = await readDraft(sql, ctx.user.id)
    if (draft?.kind !== 'promo') return next()
    const result = await redeem(deps, ctx, ctx.text.trim())
    if (result !== 'unknown') await dropDraft(sql, ctx.user.id) // after a typing error the next message is another attempt
  })

  bot.command('ref', async ctx => ctx.show(await referralScreen(deps, ctx)))
  onPress(bot, 'referral', async ctx => {
    await ctx.answer()
    await ctx.show(await referralScreen(deps, ctx))
  })
  return bot
}

const rows = (ctx: BotContext) => [[button(ctx.t.balanceButton, to.balance()), menuButton(ctx)]]

async function askForCode({ sql }: BotDeps, ctx: BotContext): Promise<void> {
  await openDraft(sql, ctx.user.id, { kind: 'promo' })
  await ctx.show({ text: ctx.t.promo.ask, buttons: rows(ctx) })
}

async function redeem({ sql, log }: BotDeps, ctx: BotContext, code: string): Promise<string> {
  const { promo } = ctx.t
  // The update id is the idempotency key: handled again after a crash, it gets the same answer.
  const { result, amountKop } = await claimPromo(sql, ctx.user.id, code, `update:${ctx.update.update_id}`)
  log.info({ userId: ctx.user.id, result }, 'a promo code was tried')
  const text = result === 'credited' ? promo.credited(amountKop ?? 0) : promo[result]
  await ctx.show({ text, buttons: rows(ctx) })
  return result
}

async function referralScreen({ sql, botUsername }: BotDeps, ctx: BotContext): Promise<Screen> {
  const { t } = ctx
  const { code, came, shared, counted, runs: left } = await invitations(sql, ctx.user.id)
  const name = botUsername()
  const link = name === '' ? undefined : `t.me/${name}?start=r_${code}`
  const share =
    link && `https://t.me/share/url?${new URLSearchParams({ url: `https://${link}`, text: t.referral.shareText })}`
  return {
    text: t.referral.screen({ ...invitation, link, came, shared, counted, left }),
    buttons: [
      share ? [{ text: t.referral.shareButton, url: share, style: 'primary' }] : [],
      copyRow(t.referral.copyButton, link ?? ''),
      ...rows(ctx),
    ],
  }
}
