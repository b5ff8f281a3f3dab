import { type Button, button } from '../telegram/screen.ts'
import type { BotContext } from './context.ts'
import { to } from './routes.ts'

export const menuButton = ({ t }: Pick<BotContext, 't'>): Button => button(t.menuButton, to.menu())
