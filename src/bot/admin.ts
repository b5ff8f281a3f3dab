import { Composer } from 'telegraf'
import { adminChanges } from './admin-changes.ts'
import { adminFind } from './admin-find.ts'
import { adminModels } from './admin-models.ts'
import { adminMoney } from './admin-money.ts'
import { adminOverview } from './admin-overview.ts'
import { adminStuck } from './admin-stuck.ts'
import type { BotContext } from './context.ts'
import type { BotDeps } from './deps.ts'

/** What only the operator's people see. To everybody else these commands and buttons do not exist. */
export const admin = (deps: BotDeps) =>
  Composer.optional<BotContext>(
    ctx => isAdmin(ctx, deps.adminIds),
    adminOverview(deps),
    adminStuck(deps),
    adminFind(deps),
    adminMoney(deps),
    adminChanges(deps),
    adminModels(deps),
  )

// Stands for every administrator of a group who hides his name.
const anonymousAdmin = 1_087_968_824

/** Whether it is an admin, in the private chat, and in words of his own: not forwarded, not sent as a chat or by a bot. */
export function isAdmin(ctx: BotContext, adminIds: readonly number[]): boolean {
  const { from, chat } = ctx
  if (!from || from.is_bot || from.id === anonymousAdmin || !adminIds.includes(from.id)) return false
  if (chat?.type !== 'private' || chat.id !== from.id) return false
  const message: object | undefined = ctx.message ?? ctx.callbackQuery?.message
  return message === undefined || !foreign.some(mark => mark in message)
}
const foreign = ['forward_origin', 'forward_from', 'forward_date', 'sender_chat', 'via_bot']
