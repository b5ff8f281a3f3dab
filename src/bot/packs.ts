import type { Strings } from '../i18n/strings.ts'
import { starsFor } from '../payments/top-ups.ts'
import { type Button, button } from '../telegram/screen.ts'
import { to } from './routes.ts'

/** The buttons of these packs, kopecks each, two in a row. */
export function packButtons(
  packsKop: readonly number[],
  starRateRub: string,
  { t }: { t: Strings },
  quoteId?: string,
): Button[][] {
  const packs = packsKop.map(kop => button(t.topUp.pack(kop, starsFor(kop, starRateRub)), to.stars(kop / 100, quoteId)))
  return packs.flatMap((_, n) => (n % 2 === 0 ? [packs.slice(n, n + 2)] : []))
}
