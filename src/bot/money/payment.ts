import type { Composer } from 'telegraf'
import { dateText } from '../../i18n/format.ts'
import { paymentBySeq, type ReceivedPayment } from '../../payments/statement.ts'
import { button, copyRow, type Screen } from '../../telegram/screen.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { openDraft } from '../drafts.ts'
import { chargeTail } from '../names.ts'
import { to } from '../routes.ts'

/** The screen of one payment: its amount, its state, and a button to ask about it. */
export function paymentPresses({ sql }: BotDeps, bot: Composer<BotContext>): void {
  bot.use(async (ctx, next) => {
    const { route } = ctx
    if (route?.name !== 'payment' && route?.name !== 'paymentQuestion') return next()
    const [seq] = route.args
    const [payment] = await paymentBySeq(sql, ctx.user.id, seq)
    if (!payment) return next() // no entry of theirs, or no payment: an outdated button
    await ctx.answer()
    if (route.name === 'payment') return ctx.show(paymentScreen(ctx, payment))
    await openDraft(sql, ctx.user.id, { kind: 'question', step: `payment:${seq}` })
    const back = [button(ctx.t.backButton, to.payment(seq)), menuButton(ctx)]
    return ctx.show({ text: ctx.t.payment.ask(chargeTail(payment)), buttons: [back] })
  })
}

function paymentScreen(ctx: BotContext, payment: ReceivedPayment): Screen {
  const { t, language } = ctx
  const { seq, chargeId, amountKop, receivedAt, refund } = payment
  const date = dateText(receivedAt, language)
  return {
    text: t.payment.screen({ date, amountKop, chargeTail: chargeTail(payment), refund: refund ?? undefined }),
    buttons: [
      [button(t.payment.questionButton, to.paymentQuestion(seq))],
      copyRow(t.payment.copyButton, chargeId),
      [button(t.operationsButton, to.operations(0)), menuButton(ctx)],
    ],
  }
}
