import { type GroupOrder, groupOrderOf, groupSpent } from '../../../payments/groups.ts'
import { type Quote, readQuote } from '../../../payments/quotes.ts'
import { readWallet } from '../../../payments/wallet.ts'
import { clip } from '../../../telegram/html.ts'
import { type Button, button, type Screen, type Style } from '../../../telegram/screen.ts'
import type { BotContext } from '../../context.ts'
import type { BotDeps } from '../../deps.ts'
import { modelName } from '../../names.ts'
import { to } from '../../routes.ts'
import { shortScreen } from '../quote.ts'

type Reader = Pick<BotContext, 't' | 'language'>

/** The price of an order for a group, for the one who asked: in the group only they see it. */
export async function groupPriceScreen(
  { t, language }: Reader,
  deps: BotDeps,
  order: GroupOrder,
  quote: Quote,
  where: 'group' | 'private',
): Promise<Screen> {
  const isByGroup = order.payerId < 0
  const { priceKop } = quote
  const wallet = await readWallet(deps.sql, order.payerId)
  const [spent] = isByGroup ? await groupSpent(deps.sql, order.payerId, order.askedBy) : []
  const leftKop = isByGroup ? order.memberDailyKop - (spent?.kop ?? 0) : wallet.balanceKop
  const facts = {
    name: modelName(deps.catalogue, quote.modelId, language),
    words: wordsOf(quote.inputs),
    priceKop,
    leftKop: Math.max(0, leftKop),
    isByGroup,
    title: where === 'private' ? order.title : undefined,
  }
  const press = (text: string, op: Parameters<typeof to.groupQuote>[1], style?: Style) =>
    button(text, to.groupQuote(quote.id, op), style)
  const cancel = press(t.groups.cancelButton, 'cancel')
  const self = press(t.groups.selfButton, 'self', 'primary')
  if (isByGroup && wallet.balanceKop < priceKop) {
    return {
      text: t.groups.groupShort,
      // Whoever fills it comes back to this message.
      buttons: [
        [self],
        [giveLink(deps, t.groups.giveButton, order.payerId)],
        [press(t.groups.freshButton, 'show'), cancel],
      ],
    }
  }
  if (isByGroup && leftKop < priceKop) {
    return { text: t.groups.memberLimit(order.memberDailyKop), buttons: [[self], [cancel]] }
  }
  const needKop = priceKop === 0 ? 0 : priceKop + wallet.debtKop
  if (!isByGroup && needKop > wallet.balanceKop) {
    if (where === 'private') return withLast(shortIn(deps, quote, wallet, language), [cancel])
    return {
      text: wallet.debtKop > 0 ? t.groups.inDebt : t.groups.short(facts),
      buttons: [[{ ...link(deps, t.groups.topUpButton, `gq_${quote.id}`), style: 'primary' }], [cancel]],
    }
  }
  return {
    text: t.groups.price(facts),
    buttons: [[press(t.groups.startButton(priceKop), 'start', 'success')], [cancel]],
  }
}

const shortIn = (
  deps: BotDeps,
  { id: quoteId, priceKop }: Quote,
  { balanceKop, debtKop }: { balanceKop: number; debtKop: number },
  language: Reader['language'],
) => shortScreen(deps, { priceKop, balanceKop, debtKop, quoteId }, language)

const withLast = ({ text, buttons }: Screen, last: Button[]): Screen => ({ text, buttons: [...buttons, last] })

/** Opens the private chat with the bot, with what the link carries. */
export const link = ({ botUsername }: Pick<BotDeps, 'botUsername'>, text: string, payload?: string): Button => ({
  text,
  url: `https://t.me/${botUsername()}${payload === undefined ? '' : `?start=${payload}`}`,
})

export const giveLink = (deps: Pick<BotDeps, 'botUsername'>, text: string, accountId: number): Button =>
  link(deps, text, `gt_${-accountId}`)

// The price and its buttons have to fit a phone.
const maxOfWords = 120

/** The words of an order, as a screen has room for them. */
export function wordsOf(inputs: Quote['inputs'], most = maxOfWords): string | undefined {
  const text = inputs.prompt ?? inputs.text
  return typeof text === 'string' && text !== '' ? clip(text, most) : undefined
}

/** Shows the price of an order for a group in the private chat. Returns false where the quote is no such order of this person. */
export async function showGroupPrice(ctx: BotContext, deps: BotDeps, quoteId: string): Promise<boolean> {
  const [order] = await groupOrderOf(deps.sql, ctx.user.id, quoteId)
  const quote = order && (await readQuote(deps.sql, order.payerId, quoteId))
  if (!order || !quote) return false
  await ctx.answer()
  await ctx.show(await openedScreen(ctx, deps, order, quote), 'new')
  return true
}

async function openedScreen(ctx: BotContext, deps: BotDeps, order: GroupOrder, quote: Quote): Promise<Screen> {
  if (quote.generationId !== null) return startedScreen(ctx, order, 'startedBefore')
  if (quote.isExpired || quote.isClosed) return oldScreen(ctx, quote.id)
  return groupPriceScreen(ctx, deps, order, quote, 'private')
}

/** What the private chat says of an order that has begun, with the way back to the group. */
export function startedScreen({ t }: Reader, order: GroupOrder, what: 'startedTo' | 'startedBefore'): Screen {
  const url = linkToGroup(order)
  return { text: t.groups[what](order.title), buttons: [url ? [{ text: t.groups.backButton, url }] : []] }
}

/** A message of a supergroup has a link, which its members can open; one of a simple group has none. */
function linkToGroup({ chatId, messageId }: GroupOrder): string | undefined {
  const [, inner] = /^-100(\d{5,})$/.exec(String(chatId)) ?? []
  return inner && messageId ? `https://t.me/c/${inner}/${messageId}` : undefined
}

/** A price that has run out, with a button for a new one. */
export const oldScreen = ({ t }: Pick<BotContext, 't'>, quoteId: string): Screen => ({
  text: t.groups.old,
  buttons: [[button(t.groups.freshButton, to.groupQuote(quoteId, 'show'))]],
})
