import { type Call, flag, int, isObject, list, object, text, textOf } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import { now } from '../chats/message.ts'
import { CHAT_KINDS } from '../messages/buttons.ts'
import type { InlineAnswer } from '../stand-in.ts'
import type { World } from '../world.ts'
import { sendResult } from './posting.ts'
import type { Result } from './queries.ts'
import { readResult } from './results.ts'

const MOST_RESULTS = 50
const CACHE_S = 300

/** https://core.telegram.org/bots/api#answerinlinequery */
export async function answerInlineQuery(world: World, call: Call): Promise<true> {
  const id = text(call, 'inline_query_id')!
  world.queries.mustWait(id)
  const given = list(call, 'results')!
  if (given.length > MOST_RESULTS) throw bad('RESULTS_TOO_MUCH')
  const results: Result[] = []
  for (const item of given) results.push(await readResult(world, call, item))
  if (new Set(results.map(({ view }) => view.id)).size < results.length) throw bad('RESULT_ID_DUPLICATE')
  const nextOffset = text(call, 'next_offset') ?? ''
  if (Buffer.byteLength(nextOffset) > 64) throw bad('NEXT_OFFSET_INVALID')
  const cacheS = int(call, 'cache_time') ?? CACHE_S
  if (cacheS < 0) throw bad('CACHE_TIME_INVALID')
  const button = readButton(object(call, 'button'))
  const view = { results: results.map(result => result.view), nextOffset, ...(button ? { button } : {}) }
  // The files were looked up in the meantime.
  world.queries.mustWait(id)
  world.queries.answer(id, { view, results, isPersonal: flag(call, 'is_personal'), cacheS })
  return true
}

const PREPARED_S = 24 * 60 * 60

/** Keeps a message that one person sends later: https://core.telegram.org/bots/api#savepreparedinlinemessage */
export async function savePreparedInlineMessage(world: World, call: Call) {
  const userId = int(call, 'user_id')!
  if (!world.chats.people().some(({ id }) => id === userId)) throw bad('USER_ID_INVALID')
  const kinds = CHAT_KINDS.filter(kind => flag(call, `allow_${kind}_chats`))
  if (kinds.length === 0) throw bad('at least one chat type must be allowed')
  const result = await readResult(world, call, object(call, 'result'))
  const id = world.queries.prepare({ userId, kinds, result })
  return { id, expiration_date: now() + PREPARED_S }
}

/** An InlineQueryResultsButton: exactly one of what it does. */
function readButton(given: Record<string, unknown> | undefined): InlineAnswer['button'] {
  if (!given) return
  const label = textOf(given, 'text') ?? ''
  if (label.trim() === '') throw bad('SWITCH_PM_TEXT_EMPTY')
  const start = textOf(given, 'start_parameter')
  const app = isObject(given.web_app) ? textOf(given.web_app, 'url') : undefined
  if ((start === undefined) === (app === undefined)) throw bad('SWITCH_PM_TYPE_INVALID')
  if (start !== undefined && !/^[A-Za-z0-9_-]{1,64}$/.test(start)) throw bad('START_PARAM_INVALID')
  return { text: label, ...(start === undefined ? {} : { start }) }
}

/** The one answer to who called the bot as a guest: https://core.telegram.org/bots/api#answerguestquery */
export async function answerGuestQuery(world: World, call: Call): Promise<{ inline_message_id: string }> {
  const id = text(call, 'guest_query_id')!
  world.queries.guest(id)
  const result = await readResult(world, call, object(call, 'result'))
  const { chatId, userId, messageId, close } = world.queries.guest(id)
  close()
  const { chats } = world
  const answered = chats.find(chatId, messageId)
  const extra = {
    guest_bot_caller_user: chats.user(userId),
    ...(answered ? { reply_to_message: answered.message } : {}),
  }
  return { inline_message_id: sendResult(world, result, { chatId, from: chats.bot, extra, named: true }).inlineId! }
}
