import { endedInvoices, removeInvoice } from '../../delivery/invoices.ts'
import { shortId } from '../../id.ts'
import { type Closing, closeQuotes, type Quote, quoteShown, readQuote } from '../../payments/quotes.ts'
import type { Html } from '../../telegram/html.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { cardStep, draftDrop, draftLeave } from '../drafts.ts'
import { to } from '../routes.ts'
import { strip } from '../show.ts'
import { stepOf } from './state.ts'

/**
 * Closes quotes, so that their buttons start nothing, and removes the buttons if Telegram allows it. The pressed message
 * keeps its buttons until the next screen, which usually replaces it. Returns how many quotes were open.
 */
export async function closePrices(ctx: BotContext, { sql }: Pick<BotDeps, 'sql'>, what: Closing = {}): Promise<number> {
  const closed = await closeQuotes(sql, ctx.user.id, what)
  const pressed = ctx.callbackQuery?.message?.message_id
  if (closed.some(({ messageId }) => messageId === pressed)) ctx.stripUnless = pressed
  const places = closed.flatMap(({ messageId }) => (messageId === null || messageId === pressed ? [] : [messageId]))
  const invoices = what.withInvoices ? await endedInvoices(sql, ctx.user.id) : []
  await Promise.all([
    ...places.map(messageId => strip(ctx, messageId)),
    ...invoices.map(invoice => removeInvoice(ctx.api, invoice)),
  ])
  return closed.length
}

/** Records the message that has the buttons of a quote. Removes the buttons of the previous message, and of a closed quote. */
export async function noteShown(
  ctx: BotContext,
  { sql }: Pick<BotDeps, 'sql'>,
  quoteId: string,
  messageId: number,
): Promise<void> {
  const [row] = await quoteShown(sql, ctx.user.id, quoteId, messageId)
  if (row?.before && row.before !== messageId) await strip(ctx, row.before)
  if (row && !row.isOpen) await strip(ctx, messageId)
}

/** The result of `endDialogue`. `wasBusy`: there was an order or a quote. `startedId`: the run that was started from it. */
export type Ended = { wasBusy: boolean; prices: number; startedId: string | undefined }

/** Deletes the draft of a person and closes all open quotes. Running generations go on. */
export async function endDialogue(ctx: BotContext, deps: Pick<BotDeps, 'sql'>, what: Closing = {}): Promise<Ended> {
  const prices = await closePrices(ctx, deps, what)
  const [draft] = await draftDrop(deps.sql, ctx.user.id)
  return endedWith(ctx, deps, draft, prices)
}

/** The same on the way to another screen: a request stays, and `requestId` leads back to it. */
export async function leaveDialogue(
  ctx: BotContext,
  deps: Pick<BotDeps, 'sql'>,
): Promise<Ended & { requestId: string | undefined }> {
  const prices = await closePrices(ctx, deps)
  const [draft] = await draftLeave(deps.sql, ctx.user.id)
  return { ...(await endedWith(ctx, deps, draft, prices)), requestId: draft?.isParked ? draft.id : undefined }
}

async function endedWith(
  ctx: BotContext,
  deps: Pick<BotDeps, 'sql'>,
  draft: { step: string | null } | undefined,
  prices: number,
): Promise<Ended> {
  const step = draft && stepOf(draft)
  // Read after the closing: whether it was started is certain now.
  const quote = step?.at === 'quote' ? await readQuote(deps.sql, ctx.user.id, step.id) : undefined
  const isBusy = draft !== undefined && draft.step !== cardStep
  return { wasBusy: isBusy || prices > 0, prices, startedId: quote?.generationId ?? undefined }
}

/** Returns the text about an ended dialogue. */
export function endedText({ t }: Pick<BotContext, 't'>, { wasBusy, startedId }: Ended): Html {
  if (startedId !== undefined) return t.quote.alreadyScreen(shortId(startedId))
  return wasBusy ? t.cancelled : t.nothingToCancel
}

/** The screen for a press on a closed quote, with a button for a new quote. */
export const closedScreen = (
  { t }: Pick<BotContext, 't'>,
  quote: Pick<Quote, 'id'> | undefined,
  wanted: 'start' | 'top up' = 'start',
): Screen => ({
  text: wanted === 'start' ? t.quote.closed : t.quote.closedTopUp,
  buttons: [
    quote ? [button(t.quote.freshButton, to.quote(quote.id, 'show'), 'primary')] : [],
    wanted === 'start' ? [] : [button(t.quote.topUpButton, to.topUp(undefined))],
    [button(t.menuButton, to.menu())],
  ],
})
