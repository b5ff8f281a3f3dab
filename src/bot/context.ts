import type { Context } from 'telegraf'
import type { Strings } from '../i18n/strings.ts'
import type { Language } from '../money.ts'
import type { Telegram, Update } from '../telegram/api.ts'
import type { Screen } from '../telegram/screen.ts'
import type { User } from '../users/users.ts'
import { parse, type Route } from './routes.ts'

/** An update, with the client that answers it. */
export type Answered = Context & { api: Telegram }

/**
 * The update as Bot API 10.3 describes it: Telegraf's own types end with 7.1. Every field may be missing, as the update
 * comes from outside.
 */
export const updateOf = (ctx: Context): Update => ctx.update as object as Update

/** The context of every handler: the user, their language, and the ways to answer. */
export type BotContext = Answered & {
  user: User
  language: Language
  t: Strings
  /** The parsed press; undefined when the update is no press or its data is not ours. */
  route: Route | undefined
  /** The pressed message, if its quote was closed: it loses its buttons unless the next screen replaces it. */
  stripUnless?: number | undefined
  /** Answers the press, once; later calls do nothing. Called empty after the handler if it was not called at all. */
  answer(text?: string, options?: { alert: boolean }): Promise<void>
  /** Shows a screen, in place of the pressed message or as a new one. Returns the id of its message. */
  show(screen: Screen, where?: 'here' | 'new'): Promise<number>
}

// The account that Telegram reports as the sender for anonymous group administrators.
const anonymousAdmin = 1_087_968_824

/** True for an admin in their private chat who wrote the words themselves: not forwarded, not sent as a chat or through a bot. */
export function isAdmin(ctx: BotContext, adminIds: readonly number[]): boolean {
  const { from, chat } = ctx
  if (!from || from.is_bot || from.id === anonymousAdmin || !adminIds.includes(from.id)) return false
  if (chat?.type !== 'private' || chat.id !== from.id) return false
  const message: object | undefined = ctx.message ?? ctx.callbackQuery?.message
  return message === undefined || !foreign.some(mark => mark in message)
}
const foreign = ['forward_origin', 'forward_from', 'forward_date', 'sender_chat', 'via_bot']

/** Returns the name of an update in logs and traces: the id of its order when its button has one. */
export function requestOf(updateId: number, update: object): string {
  const { data } = (update as { callback_query?: { data?: unknown } | null }).callback_query ?? {}
  const route = typeof data === 'string' ? parse(data) : undefined
  return route?.name === 'quote' ||
    route?.name === 'shape' ||
    route?.name === 'generation' ||
    route?.name === 'late' ||
    route?.name === 'groupQuote'
    ? route.args[0]
    : `update ${updateId}`
}
