import type { Static, TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Context, Telegraf, Telegram } from 'telegraf'
import { Agent } from 'undici'
import { pause, Unknown } from '../errors.ts'
import { type Log, scrubber } from '../log.ts'
import { codeOf, TelegramRefused } from './refused.ts'
import { type CallOptions, callWith, telegramOver } from './telegraf-client.ts'
import { type Answer, type Body, cleaned, encode, post } from './wire.ts'

export { TelegramRefused } from './refused.ts'

/**
 * Takes a place in the budgets shared by all machines; resolves to the milliseconds to wait before sending. Throws
 * TelegramRefused `rate_limited` for a call that is not worth its wait.
 */
export type Pace = (call: PacedCall) => Promise<number>
export type PacedCall = {
  chatId?: number | string
  isGroup: boolean
  kind: 'send' | 'edit' | 'answer' | 'other'
  /** Who pressed, for an answer to a press. */
  userId?: number
  signal?: AbortSignal
}

type Options = {
  token: string
  /** Another Bot API server; a path in it is kept. */
  apiRoot?: string
  pace: Pace
  log: Log
  /** For one exchange, 20 s if left out. Uploads get six times as much. */
  timeoutMs?: number
  /** For all waits of one call together, 30 s if left out. */
  maxWaitMs?: number
}

/**
 * A Telegraf client whose every call goes through one door: the pace, a deadline, 429 waited out, errors of two kinds.
 * Only the API call is repeated after 429, never the handler that made it.
 * Throws TelegramRefused when Telegram said no, Unknown when it said nothing readable; neither ever holds the token.
 * To serve updates with it see `useTelegram`.
 */
export function createTelegram({ timeoutMs = 20_000, maxWaitMs = 30_000, ...options }: Options): Telegram {
  const { token } = options
  const apiRoot = rootOf(options.apiRoot)
  // Telegram closes an idle connection after 60 s; one that closes while we write to it would be an unknown outcome.
  const dispatcher = new Agent({ keepAliveTimeout: 30_000, keepAliveMaxTimeout: 30_000 })
  const door: Door = { ...options, apiRoot, timeoutMs, maxWaitMs, scrub: scrubber([token]), dispatcher }
  return telegramOver((method, payload, callOptions) => call(door, method, payload, callOptions), {
    token,
    options: { apiRoot },
  })
}

type Door = Required<Options> & { scrub: (text: string) => string; dispatcher: Agent }

async function call(door: Door, method: string, payload: object, options: CallOptions = {}): Promise<unknown> {
  const { maxWaitMs, scrub, log } = door
  const { signal } = options
  const body = await encode(payload)
  const paced = { ...pacedCall(method, payload), ...options }
  const patienceMs = paced.kind === 'answer' ? Math.min(answerPatienceMs, maxWaitMs) : maxWaitMs
  let waitedMs = 0
  let waitMs = await place(door, paced)
  for (;;) {
    if (waitedMs + waitMs > patienceMs) {
      const text = `${method}: a wait of ${waitMs} ms after ${waitedMs} ms is more than ${patienceMs} ms`
      throw new TelegramRefused('rate_limited', text, { retryAfterMs: waitMs })
    }
    if (waitMs > 0) await pause(waitMs, signal)
    waitedMs += waitMs
    if (signal?.aborted) throw new Unknown(`${method} was stopped before it was sent`)
    const answer = await exchange(door, method, body, longPollMs(method, payload), signal)
    if (answer.status !== 429) return resultOf(method, answer, scrub)
    waitMs = retryAfterMs(answer)
    log.warn({ method, chatId: paced.chatId, waitMs, waitedMs }, 'telegram asked to wait')
  }
}

async function place({ pace, log }: Door, paced: PacedCall): Promise<number> {
  // Our budgets are a courtesy and 429 is the law: a database that is away must not silence the bot.
  const taken = pace(paced).catch(error => {
    if (error instanceof TelegramRefused || paced.signal?.aborted) throw error
    log.warn({ err: error }, 'no place in the send budget, sending anyway')
    return 0
  })
  // Telegram shows a spinner until a press is answered: a slow database does not hold the answer back.
  return paced.kind === 'answer' ? Promise.race([taken, pause(answerAheadMs).then(() => 0)]) : taken
}

async function exchange(
  { apiRoot, token, timeoutMs, dispatcher, scrub }: Door,
  method: string,
  body: Body,
  extraMs: number,
  signal?: AbortSignal,
): Promise<Answer> {
  const deadline = AbortSignal.timeout((body.isUpload ? 6 : 1) * timeoutMs + extraMs)
  try {
    return await post(`${apiRoot}bot${token}/${method}`, body, {
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      dispatcher,
    })
  } catch (error) {
    throw new Unknown(`${method}: no answer from Telegram`, { cause: cleaned(error, scrub) })
  }
}

// "query is too old" was seen from 15 s on, and a pre-checkout has 10 s: a later answer is worth nothing.
const answerPatienceMs = 5_000
const answerAheadMs = 500

/**
 * Answers a press, out of the budget of the person who made it. Over that budget it throws TelegramRefused
 * `rate_limited`: the spinner ends by itself.
 */
export async function answerPress(
  telegram: Telegram,
  press: { queryId: string; userId: number; text?: string | undefined; isAlert?: boolean },
): Promise<void> {
  const { queryId, userId, text, isAlert } = press
  const payload = { callback_query_id: queryId, ...(text && { text }), ...(isAlert && { show_alert: true }) }
  await callWith(telegram, 'answerCallbackQuery', payload, { userId })
}

/**
 * Makes a bot speak through `telegram` only. Telegraf builds a fresh client for the context of each update, which would
 * go around the door; `bot.context` is copied over the context after that, and so has the last word.
 */
export function useTelegram<C extends Context>(bot: Telegraf<C>, telegram: Telegram): void {
  bot.telegram = telegram
  Object.assign(bot.context, { telegram })
}

/**
 * A call of a method that Telegraf 4.16 does not know (refundStarPayment, getStarTransactions …), through the same
 * door. An answer that is not of the schema is an unreadable one: Unknown.
 */
export async function rawCall<S extends TSchema>(
  telegram: Telegram,
  method: string,
  payload: object,
  schema: S,
  signal?: AbortSignal,
): Promise<Static<S>> {
  const result = await callWith(telegram, method, payload, signal ? { signal } : {})
  if (Value.Check(schema, result)) return result
  const wrong = Value.Errors(schema, result).First()
  throw new Unknown(`${method}: unexpected answer at ${wrong?.path || '/'}: ${wrong?.message}`)
}

/** The base of a Bot API server's addresses, with the slash that keeps a path in it (docs/providers/telegram.md, "Files"). */
export const rootOf = (apiRoot = 'https://api.telegram.org'): string => apiRoot.replace(/(?<!\/)\/*$/, '/')

function pacedCall(method: string, payload: object): PacedCall {
  const chatId = 'chat_id' in payload ? payload.chat_id : undefined
  const kind = kindOf(method)
  if (typeof chatId === 'number') return { chatId, isGroup: chatId < 0, kind }
  // A name with @ is a channel's or a group's.
  if (typeof chatId === 'string') return { chatId, isGroup: !/^\d+$/.test(chatId), kind }
  return { isGroup: false, kind }
}

function kindOf(method: string): PacedCall['kind'] {
  if (method === 'sendChatAction') return 'other'
  if (/^(send|forward|copy)/.test(method)) return 'send'
  if (/^(edit|stop)/.test(method)) return 'edit'
  return method.startsWith('answer') ? 'answer' : 'other'
}

/** getUpdates is answered only after its own `timeout`, in seconds. */
const longPollMs = (method: string, payload: object) =>
  method === 'getUpdates' && 'timeout' in payload && typeof payload.timeout === 'number' ? payload.timeout * 1000 : 0

function retryAfterMs({ json, retryAfter }: Answer): number {
  const { retry_after: told } = parametersOf(json)
  const seconds = Number(typeof told === 'number' ? told : retryAfter)
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds * 1000) : 1_000
}

function resultOf(method: string, { status, json }: Answer, scrub: (text: string) => string): unknown {
  if (json?.ok === true && json.result !== undefined) return json.result
  // A page of a proxy and a 5xx leave open what was done.
  if (json?.ok !== false || status >= 500) throw new Unknown(`${method}: unreadable answer with status ${status}`)
  const description = typeof json.description === 'string' ? scrub(json.description).slice(0, 300) : ''
  const { migrate_to_chat_id: migrateTo } = parametersOf(json)
  const code = typeof migrateTo === 'number' ? 'migrated' : codeOf(status, description)
  const details = typeof migrateTo === 'number' ? { migrateTo } : {}
  throw new TelegramRefused(code, `${method} refused with ${status}: ${description}`, details)
}

function parametersOf(json: Answer['json']): Record<string, unknown> {
  const parameters = json?.parameters
  return typeof parameters === 'object' && parameters !== null ? (parameters as Record<string, unknown>) : {}
}
