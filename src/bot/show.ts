import { ifPossible } from '../errors.ts'
import { stringsFor } from '../i18n/strings.ts'
import type { Log } from '../log.ts'
import { answerPress } from '../telegram/client.ts'
import { showRich } from '../telegram/rich.ts'
import { keyboard, show as put, type Screen } from '../telegram/screen.ts'
import type { Answered, BotContext } from './context.ts'
import { parse, type Route } from './routes.ts'

/** Shows a screen in place of the pressed message unless that must stay. Returns the id of its message. */
export function show(
  ctx: Answered,
  screen: Screen,
  where: 'here' | 'new' = 'here',
  log?: Pick<Log, 'warn'>,
): Promise<number> {
  const messageId = where === 'here' ? replaceable(ctx) : undefined
  const chatId = ctx.chat!.id
  return put(ctx.api, messageId === undefined ? { chatId } : { chatId, messageId }, screen, log)
}

/**
 * Shows the blocks of a screen in place of the pressed message unless that must stay. Returns false where they are
 * refused: then nothing was shown.
 */
export async function showBlocks(
  ctx: Answered,
  { rich = [], buttons }: Pick<Screen, 'rich' | 'buttons'>,
  log: Pick<Log, 'warn'>,
): Promise<boolean> {
  const [chatId, messageId] = [ctx.chat!.id, replaceable(ctx)]
  const at = messageId === undefined ? { chatId } : { chatId, messageId }
  return (await showRich(ctx.api, at, { blocks: rich, markup: keyboard({ buttons }) }, log)) !== undefined
}

/** Sends the blocks of a screen as a new message. Returns false where they are refused. */
export async function sendBlocks(
  ctx: Answered,
  { rich = [], buttons }: Pick<Screen, 'rich' | 'buttons'>,
  log: Pick<Log, 'warn'>,
): Promise<boolean> {
  const sent = { blocks: rich, markup: keyboard({ buttons }) }
  return (await showRich(ctx.api, { chatId: ctx.chat!.id }, sent, log)) !== undefined
}

/** Removes the buttons of a message if Telegram allows it; their presses are refused in any case. */
export const strip = (ctx: Answered, messageId: number): Promise<void> =>
  ifPossible(ctx.api.call('editMessageReplyMarkup', { chat_id: ctx.chat!.id, message_id: messageId }))

/** Deletes a message where Telegram allows it. */
export const remove = (ctx: Answered, messageId: number): Promise<void> =>
  ifPossible(ctx.api.call('deleteMessage', { chat_id: ctx.chat!.id, message_id: messageId }))

/** Returns the pressed message, if a screen may replace it: results, receipts and progress stay. */
function replaceable(ctx: Answered): number | undefined {
  const message = ctx.callbackQuery?.message
  const isText = message && ('text' in message || 'rich_message' in message)
  if (!isText || message.date === 0) return undefined // out of reach, or a file with a caption
  const isReport = tellsOfRun(routesShown(ctx)) && pressed(ctx)?.name !== 'generation'
  return isReport ? undefined : message.message_id
}

/** Returns the parsed buttons of the pressed message, without those that are not ours. */
export function routesShown({ callbackQuery }: Answered): Route[] {
  const message = callbackQuery?.message
  const rows = (message && 'reply_markup' in message && message.reply_markup?.inline_keyboard) || []
  return rows.flat().flatMap(button => ('callback_data' in button && parse(button.callback_data)) || [])
}

/** Tells a report of a run from a screen about it: only the screen has a way back. */
function tellsOfRun(routes: Route[]): boolean {
  const offers = routes.some(route => route.name === 'generation' && route.args[1] !== undefined)
  const hasWayBack = routes.some(route => route.name === 'history' || route.name === 'balance')
  return hasWayBack ? routes.every(route => route.name === 'history') : offers
}

/** Returns the parsed press of an update; undefined when there is none or its data is not ours. */
export const pressed = (ctx: Answered) => {
  const query = ctx.callbackQuery
  return query && 'data' in query ? parse(query.data) : undefined
}

/** Answers the press once. Ignores a press that is too old and a lost answer. */
export function answerer(ctx: Answered) {
  let isAnswered = ctx.callbackQuery === undefined
  return async (text?: string, { alert }: { alert: boolean } = { alert: false }): Promise<void> => {
    if (isAnswered) return
    isAnswered = true
    // The spinner stops by itself; the handler must go on.
    const { id: queryId, from } = ctx.callbackQuery!
    await answerPress(ctx.api, { queryId, userId: from.id, text, isAlert: alert }).catch(() => undefined)
  }
}

/** Fills the context of the handlers for an update of this person. */
export function introduce(ctx: BotContext, user: BotContext['user'], log?: Pick<Log, 'warn'>): void {
  const filled: Partial<BotContext> = {
    user,
    language: user.language,
    t: stringsFor(user.language),
    route: pressed(ctx),
    answer: answerer(ctx),
    async show(screen, where) {
      const messageId = await show(ctx, screen, where, log)
      const { stripUnless: old } = ctx
      ctx.stripUnless = undefined
      if (old !== undefined && old !== messageId) await strip(ctx, old)
      return messageId
    },
  }
  Object.assign(ctx, filled)
}
