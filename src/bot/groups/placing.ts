import {
  Banned,
  FreeLimitReached,
  GroupOff,
  InDebt,
  InsufficientFunds,
  ifPossible,
  MemberLimitReached,
  ModelOff,
  NotFound,
  QuoteClosed,
  QuoteExpired,
  Refused,
  SalesPaused,
  TooManyOpen,
} from '../../errors.ts'
import { type Generation, readGeneration } from '../../payments/generations.ts'
import { type GroupOrder, groupProgress } from '../../payments/groups.ts'
import type { Quote } from '../../payments/quotes.ts'
import { inReplyTo } from '../../telegram/groups/chats.ts'
import { type Html, html } from '../../telegram/html.ts'
import { show } from '../../telegram/screen.ts'
import { inTopic } from '../../telegram/topics.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { modelName } from '../names.ts'
import { wordsOf } from '../order/group/price.ts'
import { runLimitMs } from '../order/quote.ts'

/**
 * Places an order of a group: its result goes to all. The group sees one short message until then. Returns false where
 * that could not be sent. Throws what `place` throws.
 */
export async function placeInGroup(ctx: BotContext, deps: BotDeps, order: GroupOrder, quote: Quote): Promise<boolean> {
  const model = deps.forSale.byId(quote.modelId)!
  const { payerId: userId, askedBy, chatId, threadId } = order
  const started = await deps.integration.place({
    userId,
    askedBy,
    id: quote.id,
    requestKey: `q:${quote.id}`,
    quoteId: quote.id,
    quote,
    chatId,
    threadId,
    messageId: null, // jobs say nothing in a group until the end
    deadlineMs: runLimitMs(model),
  })
  const ref = { userId, id: started.id }
  if (started.result === 'started') await deps.enqueue.submit(ref)
  const run = await readGeneration(deps.sql, ref)
  if (!run || run.finishedAt || order.progressId !== null) return true
  return showWorking(ctx, deps, order, run)
}

async function showWorking(ctx: BotContext, deps: BotDeps, order: GroupOrder, run: Generation): Promise<boolean> {
  const { chatId, messageId, askerName: name } = order
  const telegram = inReplyTo(inTopic(ctx.api, order), chatId, messageId)
  const facts = { name, words: wordsOf(run.inputs), model: modelName(deps.catalogue, run.modelId, ctx.language) }
  let progressId: number
  try {
    progressId = await show(telegram, { chatId }, { text: ctx.t.groups.working(facts), buttons: [] })
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    deps.log.warn({ err: error, chatId, generationId: run.id }, 'a group was not told that something is being made')
    return false
  }
  await groupProgress(deps.sql, order, progressId)
  // A quick worker has delivered meanwhile, and knew no message to remove.
  if ((await readGeneration(deps.sql, run))?.finishedAt) {
    await ifPossible(ctx.api.call('deleteMessage', { chat_id: chatId, message_id: progressId }))
  }
  return true
}

/** Why the order was not placed; `again`: it needs a new price; `short`: money is missing. Undefined: no refusal. */
export function refusalText(
  { t }: BotContext,
  error: unknown,
  { memberDailyKop }: GroupOrder,
): Html | 'again' | 'short' | undefined {
  if (error instanceof InsufficientFunds || error instanceof InDebt) return 'short'
  if (error instanceof QuoteClosed || error instanceof QuoteExpired || error instanceof FreeLimitReached) return 'again'
  if (error instanceof MemberLimitReached) return t.groups.memberLimit(memberDailyKop)
  if (error instanceof GroupOff || error instanceof NotFound) return t.groups.isOffNow
  if (error instanceof TooManyOpen) return t.groups.tooMany
  if (error instanceof ModelOff) return t.groups.gone
  if (error instanceof SalesPaused) return html`${t.quote.pausedNow}`
  if (error instanceof Banned) return html`${t.banned}`
  return undefined
}
