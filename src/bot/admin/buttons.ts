import { type Button, button } from '../../telegram/screen.ts'
import type { BotContext } from '../context.ts'
import { to } from '../routes.ts'

const perRow = 5
/** Buttons that open the runs of a list by their place in it. */
export const numbered = (runIds: string[]): Button[][] => {
  const numbers = runIds.map((id, n) => button(String(n + 1), to.adminRun(id)))
  return numbers.flatMap((_, n): Button[][] => (n % perRow === 0 ? [numbers.slice(n, n + perRow)] : []))
}

export const homeButton = ({ t }: Pick<BotContext, 't'>): Button => button(t.admin.homeButton, to.admin())
