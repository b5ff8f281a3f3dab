import type { Strings } from '../i18n/strings.ts'
import { formatKop, type Language } from '../money.ts'
import { starsFor } from '../payments/top-ups.ts'
import { type Button, button } from '../telegram/screen.ts'
import type { BotContext } from './context.ts'
import { to } from './routes.ts'

export const menuButton = ({ t }: Pick<BotContext, 't'>): Button => button(t.menuButton, to.menu())

// Telegram's payment providers take about a dollar at least (core.telegram.org/bots/payments/currencies.json).
const minByCardKop = 100_00

/** Packs that can be paid by card, kopecks each. */
export const byCard = (packsKop: readonly number[]) => packsKop.filter(kop => kop >= minByCardKop)

const inPairs = (packs: Button[]): Button[][] => packs.flatMap((_, n) => (n % 2 === 0 ? [packs.slice(n, n + 2)] : []))

/** The buttons of packs for rubles, two in a row. */
export const cardButtons = (packsKop: readonly number[], language: Language, quoteId?: string): Button[][] =>
  inPairs(byCard(packsKop).map(kop => button(formatKop(kop, language), to.cardPack(kop / 100, quoteId))))

/** The buttons of these packs, kopecks each, two in a row; `isNext`: the first of them is what to do next. */
export function packButtons(
  packsKop: readonly number[],
  starRateRub: string,
  { t }: { t: Strings },
  quoteId?: string,
  { isNext = false } = {},
): Button[][] {
  const packs = packsKop.map((kop, n) => {
    const text = t.topUp.pack(kop, starsFor(kop, starRateRub))
    return button(text, to.stars(kop / 100, quoteId), isNext && n === 0 ? 'primary' : undefined)
  })
  return inPairs(packs)
}

/** Buttons in rows, as the longest of them allows. */
export function rows(options: Button[]): Button[][] {
  const longest = Math.max(0, ...options.map(({ text }) => text.length))
  const perRow = longest <= 6 ? 4 : longest <= 12 ? 3 : longest <= 22 ? 2 : 1
  const count = Math.ceil(options.length / perRow)
  return Array.from({ length: count }, (_, row) => options.slice(row * perRow, (row + 1) * perRow))
}
