import type { FileValue } from '../../catalogue/parameters.ts'
import { type Group, groupOrderAdd, groupOrderOf } from '../../payments/groups.ts'
import type { Quote } from '../../payments/quotes.ts'
import { html } from '../../telegram/html.ts'
import { threadOf } from '../../telegram/topics.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { isFile, takeAny } from '../files/uploads.ts'
import { groupPriceScreen } from '../order/group/price.ts'
import { createQuote, type QuoteResult, quoteAs } from '../order/quote.ts'
import { type Candidate, candidatesFor } from '../request/candidates.ts'
import type { Request } from '../request/request.ts'
import type { Asked } from './asked.ts'
import type { OnlyYou } from './only-you.ts'

type Picture = Extract<Asked, { what: 'picture' }>
type Given = { group: Group; asked: Asked; onlyYou: OnlyYou }

/** Answers a wish in a group with its price, which only the person who asked sees. Throws NeedsFile for a photo. */
export async function askPrice(ctx: BotContext, deps: BotDeps, { group, asked, onlyYou }: Given): Promise<void> {
  if (asked.what !== 'picture') return
  const { t } = ctx
  const refuse = (text: Parameters<typeof html>[1]) => onlyYou(ctx, { screen: { text: html`${text!}`, buttons: [] } })
  if (ctx.user.isBanned) return refuse(t.banned)
  if (asked.task === 'edit' && !asked.photo) return refuse(t.groups.noPhoto)
  if (!asked.words) return refuse(asked.photo ? t.groups.noWish : t.groups.noWords)
  const photo = asked.photo && (await takeAny(ctx, deps, asked.photo))
  if (photo && !isFile(photo)) return refuse(photo)
  const first = (await candidatesFor(deps, ctx, requestOf(ctx, asked, photo))).of(asked.task)[0]
  const quote = first && (await quoteFor(deps, group, ctx.user.id, first))
  if (!quote) return refuse(t.groups.cannot)
  // An ephemeral command has no number in the chat, and nobody else has seen it.
  const messageId = ctx.message?.message_id || null
  const place = { chatId: group.chatId, threadId: threadOf(ctx.update), messageId }
  await showPrice(ctx, deps, { quote, payerId: payerOf(group, ctx.user.id), place, onlyYou })
}

const payerOf = ({ payer, accountId }: Pick<Group, 'payer' | 'accountId'>, userId: number): number =>
  payer === 'group' ? accountId : userId

function requestOf({ message }: BotContext, { task, words }: Picture, photo: FileValue | undefined): Request {
  const head = { messageId: message?.message_id ?? 0, at: message?.date ?? 0 }
  return { parts: [{ ...head, text: words!, files: photo ? [photo] : [] }], task }
}

/** Quotes the order to who pays in the group. The group has no free runs; a person has their own. */
async function quoteFor(
  deps: BotDeps,
  group: Group,
  userId: number,
  { model, filled }: Candidate,
): Promise<Quote | undefined> {
  const payerId = payerOf(group, userId)
  return quoted(
    payerId < 0
      ? await quoteAs(deps, payerId, model, filled.answers, { isFree: false })
      : await createQuote(deps, userId, model, filled.answers),
  )
}

export const quoted = (result: QuoteResult): Quote | undefined =>
  result !== 'no_price' && 'quote' in result ? result.quote : undefined

type Shown = {
  quote: Quote
  payerId: number
  place: { chatId: number; threadId: number | null; messageId: number | null }
  onlyYou: OnlyYou
}

async function showPrice(ctx: BotContext, deps: BotDeps, { quote, payerId, place, onlyYou }: Shown): Promise<void> {
  await groupOrderAdd(deps.sql, { ...place, payerId, quoteId: quote.id, askedBy: ctx.user.id })
  const [order] = await groupOrderOf(deps.sql, ctx.user.id, quote.id)
  if (!order) return
  await onlyYou(ctx, {
    screen: await groupPriceScreen(ctx, deps, order, quote, 'group'),
    inPrivate: await groupPriceScreen(ctx, deps, order, quote, 'private'),
    payload: `gq_${quote.id}`,
  })
}
