import { bot } from './bot.ts'
import { endings } from './endings.ts'
import { media } from './media.ts'
import { money } from './money.ts'
import type { Mutant } from './mutant.ts'
import { orders } from './orders.ts'
import { updates } from './updates.ts'

export const mutants: Mutant[] = [...money, ...orders, ...endings, ...bot, ...updates, ...media]
