import type { Context } from 'telegraf'
import { Refused, Unknown } from '../errors.ts'
import { answerPress } from '../telegram/client.ts'
import { show as put, type Screen } from '../telegram/screen.ts'
import { parse, type Route } from './routes.ts'

/** Shows a screen in place of the pressed message unless that one must stay. Returns the id of the message it stands in. */
export function show(ctx: Context, screen: Screen, where: 'here' | 'new' = 'here'): Promise<number> {
  const messageId = where === 'here' ? replaceable(ctx) : undefined
  const chatId = ctx.chat!.id
  return put(ctx.telegram, messageId === undefined ? { chatId } : { chatId, messageId }, screen)
}

/** Takes the buttons of a message away, where that can be done: what they do is refused in any case. */
export async function strip(ctx: Context, messageId: number): Promise<void> {
  try {
    await ctx.telegram.editMessageReplyMarkup(ctx.chat!.id, messageId, undefined, undefined)
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unknown)) throw error
  }
}

/** The pressed message, if a screen may take its place: results, receipts and progress stay as they are. */
function replaceable(ctx: Context): number | undefined {
  const message = ctx.callbackQuery?.message
  if (!message || message.date === 0 || !('text' in message)) return undefined // out of reach, or a file with a caption
  const rows = ('reply_markup' in message && message.reply_markup?.inline_keyboard) || []
  const routes = rows.flat().flatMap(button => ('callback_data' in button && parse(button.callback_data)) || [])
  const isReport = tellsOfRun(routes) && pressed(ctx)?.name !== 'generation'
  return isReport ? undefined : message.message_id
}

/** A report of a run offers things to do with it, or the history alone; a screen about a run has a way back as well. */
function tellsOfRun(routes: Route[]): boolean {
  const offers = routes.some(route => route.name === 'generation' && route.args[1] !== undefined)
  const hasWayBack = routes.some(route => route.name === 'history' || route.name === 'balance')
  return hasWayBack ? routes.every(route => route.name === 'history') : offers
}

/** The press of an update, read; undefined when there is none or its data is not ours. */
export const pressed = (ctx: Context) => {
  const query = ctx.callbackQuery
  return query && 'data' in query ? parse(query.data) : undefined
}

/** Answers the press once; a press too old to be answered, or a lost answer, changes nothing for anyone. */
export function answerer(ctx: Context) {
  let isAnswered = ctx.callbackQuery === undefined
  return async (text?: string, { alert }: { alert: boolean } = { alert: false }): Promise<void> => {
    if (isAnswered) return
    isAnswered = true
    // The spinner stops by itself; what was pressed must be done all the same.
    const { id: queryId, from } = ctx.callbackQuery!
    await answerPress(ctx.telegram, { queryId, userId: from.id, text, isAlert: alert }).catch(() => undefined)
  }
}
