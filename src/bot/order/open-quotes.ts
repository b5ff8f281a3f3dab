import { shortId } from '../../id.ts'
import { type Closing, closeQuotes, type Quote, quoteShown, readQuote } from '../../payments/quotes.ts'
import type { Html } from '../../telegram/html.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { draftDrop } from '../drafts.ts'
import { to } from '../routes.ts'
import { strip } from '../show.ts'
import { stepOf } from './state.ts'

/**
 * Closes prices, so that no button under them starts anything, and takes those buttons away where Telegram lets us. The
 * pressed message keeps its own until the next screen, which mostly takes its place. Gives how many were open.
 */
export async function closePrices(ctx: BotContext, { sql }: Pick<BotDeps, 'sql'>, what: Closing = {}): Promise<number> {
  const closed = await closeQuotes(sql, ctx.user.id, what)
  const pressed = ctx.callbackQuery?.message?.message_id
  if (closed.some(({ messageId }) => messageId === pressed)) ctx.stripUnless = pressed
  const places = closed.flatMap(({ messageId }) => (messageId === null || messageId === pressed ? [] : [messageId]))
  await Promise.all(places.map(messageId => strip(ctx, messageId)))
  return closed.length
}

/** Notes that the buttons of a price stand in this message now, and takes those away that stand elsewhere or too late. */
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

/** What was ended: nothing, an order or a price, or a price only; or the run that had begun from it before we came. */
export type Ended = { wasBusy: boolean; prices: number; startedId: string | undefined }

/** Ends what the person was in the middle of, and every open price with it. What runs goes on. */
export async function endDialogue(ctx: BotContext, deps: Pick<BotDeps, 'sql'>, what: Closing = {}): Promise<Ended> {
  const prices = await closePrices(ctx, deps, what)
  const [draft] = await draftDrop(deps.sql, ctx.user.id)
  const step = draft && stepOf(draft)
  // Read after the closing: whether it was started is certain now.
  const quote = step?.at === 'quote' ? await readQuote(deps.sql, ctx.user.id, step.id) : undefined
  return { wasBusy: draft !== undefined || prices > 0, prices, startedId: quote?.generationId ?? undefined }
}

/** What is said of what was ended. */
export function endedText({ t }: Pick<BotContext, 't'>, { wasBusy, startedId }: Ended): Html {
  if (startedId !== undefined) return t.quote.alreadyScreen(shortId(startedId))
  return wasBusy ? t.cancelled : t.nothingToCancel
}

/** Under an old button: why it does nothing, and the way to a price of now. */
export const closedScreen = (
  { t }: Pick<BotContext, 't'>,
  quote: Pick<Quote, 'id'> | undefined,
  wanted: 'start' | 'top up' = 'start',
): Screen => ({
  text: wanted === 'start' ? t.quote.closed : t.quote.closedTopUp,
  buttons: [
    quote ? [button(t.quote.freshButton, to.quote(quote.id, 'show'))] : [],
    wanted === 'start' ? [] : [button(t.quote.topUpButton, to.topUp(undefined))],
    [button(t.menuButton, to.menu())],
  ],
})
