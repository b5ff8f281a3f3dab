import { Composer } from 'telegraf'
import { stringsFor } from '../../i18n/strings.ts'
import { kopecksOf } from '../../money.ts'
import { openTopUp } from '../../payments/top-ups.ts'
import { type Proof, proofOf, prove, type Request, requestById } from '../../payments/transfers.ts'
import type { Telegram } from '../../telegram/api.ts'
import type { Html } from '../../telegram/html.ts'
import { type Button, button, keyboard, type Screen } from '../../telegram/screen.ts'
import { languageFor } from '../../users/users.ts'
import { menuButton } from '../buttons.ts'
import type { RequestOp } from '../codes.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { type Draft, dropDraft, openDraft, readDraft, saveDraft } from '../drafts.ts'
import { fileOf } from '../files/sent-file.ts'
import { incoming } from '../files/uploads.ts'
import { personName } from '../names.ts'
import { onPress } from '../on-press.ts'
import { to } from '../routes.ts'

const [minKop, maxKop] = [100_00, 50_000_00]

/** Top-up by bank transfer: amount, details, proof. Nothing is credited before an admin approves it. */
export function transfers(deps: BotDeps) {
  const { sql, transferDetails } = deps
  const bot = new Composer<BotContext>()
  if (transferDetails === undefined) return bot

  onPress(bot, 'transfer', async (ctx, quoteId) => {
    await ctx.answer()
    await openDraft(sql, ctx.user.id, { kind: 'transfer', step: 'amount', inputs: { quoteId } })
    await ctx.show(withMenu(ctx, ctx.t.transfer.ask(minKop, maxKop)), 'new')
  })
  bot.on('message', async (ctx, next) => {
    if (ctx.text?.startsWith('/') || !incoming(ctx)) return next()
    const draft = await readDraft(sql, ctx.user.id)
    if (draft?.kind !== 'transfer') return next()
    // The same update again, after a crash: send the same answer.
    const isAmount = draft.step === 'amount' || draft.inputs.updateId === ctx.update.update_id
    const text = await (isAmount ? takeAmount(deps, ctx, draft, transferDetails) : takeProof(deps, ctx, draft))
    return ctx.show(withMenu(ctx, text))
  })
  return bot
}

const withMenu = (ctx: BotContext, text: Html): Screen => ({ text, buttons: [[menuButton(ctx)]] })

async function takeAmount({ sql }: BotDeps, ctx: BotContext, draft: Draft, details: string): Promise<Html> {
  const { transfer } = ctx.t
  const amountKop = kopecksOf((ctx.text ?? '').replace(/(?:₽|руб\.?|р\.?)$/i, ''))
  if (amountKop === undefined || amountKop < minKop || amountKop > maxKop) return transfer.wrong(minKop, maxKop)
  const quoteId = typeof draft.inputs.quoteId === 'string' ? draft.inputs.quoteId : null // the order that waits for it
  const wanted = { userId: ctx.user.id, provider: 'manual', amountKop, total: amountKop, quoteId } as const
  const { id } = await openTopUp(sql, wanted)
  await saveDraft(sql, ctx.user.id, draft, { inputs: { orderId: id, updateId: ctx.update.update_id }, step: 'proof' })
  return transfer.details(id, amountKop, details)
}

async function takeProof(deps: BotDeps, ctx: BotContext, draft: Draft): Promise<Html> {
  const { sql } = deps
  const { transfer } = ctx.t
  const proof = proofIn(ctx)
  if (!proof) return transfer.needProof
  const orderId = String(draft.inputs.orderId)
  switch (await prove(sql, ctx.user.id, orderId, proof)) {
    case 'proof_used':
      return transfer.proofUsed
    case 'one_waits':
      return transfer.oneWaits
    case 'not_open':
      await dropDraft(sql, ctx.user.id)
      return transfer.notOpen
    default: {
      const [request] = await requestById(sql, orderId)
      const isHeard = request !== undefined && (await passOn(deps, ctx, request))
      await dropDraft(sql, ctx.user.id)
      return isHeard ? transfer.waiting(orderId, request.amountKop) : transfer.nobody
    }
  }
}

/** A photo, or a document that is a PDF or a picture. */
function proofIn({ message }: BotContext): Proof | undefined {
  const file = message && fileOf(message)
  if (!file || file.as === 'other') return undefined
  const { as: kind, fileId, key, mime } = file
  return kind === 'photo' || /^(application\/pdf|image\/.+)$/.test(mime) ? { kind, fileId, key } : undefined
}

/** Returns whether any admin was reached. The others find the request under /requests. */
async function passOn({ sql, adminIds, log }: BotDeps, ctx: BotContext, request: Request): Promise<boolean> {
  let isHeard = false
  for (const adminId of adminIds) {
    try {
      await showRequest(ctx.api, adminId, request, { t: stringsFor(await languageFor(sql, adminId)) })
      isHeard = true
    } catch (error) {
      log.error({ err: error, adminId, orderId: request.id }, 'a request did not reach an admin')
    }
  }
  return isHeard
}

/** Sends an admin the proof, with the facts and buttons for a decision. */
export async function showRequest(
  telegram: Telegram,
  chatId: number,
  request: Request,
  { t }: Pick<BotContext, 't'>,
): Promise<void> {
  const { admin } = t
  const { id, userId, amountKop, createdAt, paidBefore, deniedBefore } = request
  const text = admin.request({
    id,
    userId,
    amountKop,
    at: createdAt,
    paidBefore,
    deniedBefore,
    name: personName(request),
  })
  const act = (caption: string, op: RequestOp): Button => button(caption, to.adminRequest(id, op))
  const buttons = [
    [act(admin.approveButton(amountKop), 'approve')],
    [act(admin.otherAmountButton, 'otherAmount'), act(admin.denyButton, 'deny')],
    [button(admin.personButton, to.adminPerson(userId)), button(admin.homeButton, to.admin())],
  ]
  const about = { caption: text.html, parse_mode: 'HTML' as const, ...keyboard({ buttons }) }
  const { kind, fileId } = proofOf(request.proof ?? '')
  if (kind === 'photo') await telegram.call('sendPhoto', { chat_id: chatId, photo: fileId, ...about })
  else await telegram.call('sendDocument', { chat_id: chatId, document: fileId, ...about })
}
