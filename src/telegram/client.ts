import type { Static, TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { Agent } from 'undici'
import { pause, Unknown } from '../errors.ts'
import { type Log, scrubber } from '../log.ts'
import { type CallOptions, type Method, type Payload, type Telegram, telegramOver } from './api.ts'
import { plainerWhereRefused } from './older.ts'
import { codeOf, TelegramRefused } from './refused.ts'
import { type Answer, type Body, cleaned, encode, post } from './wire.ts'

export { TelegramRefused } from './refused.ts'

/**
 * Takes a token from the buckets shared by all machines. Resolves to the milliseconds to wait before you send. Throws
 * TelegramRefused `rate_limited` if the wait is longer than the call is worth.
 */
export type RateLimiter = (call: LimitedCall) => Promise<number>
export type LimitedCall = {
  chatId?: number | string
  isGroup: boolean
  /** `action`: a chat action, no message and shown for seconds only. */
  kind: 'send' | 'edit' | 'answer' | 'action' | 'other'
  /** The person who pressed, for an answer to a press. */
  userId?: number
  signal?: AbortSignal
  /** Throws `rate_limited` unless much of the budget is left: it waits for nothing and takes no place from others. */
  isSpare?: boolean
}

type Options = {
  token: string
  /** Another Bot API server. A path in the address is kept. */
  apiRoot?: string
  rateLimiter: RateLimiter
  log: Log
  /** Milliseconds for one exchange, 20 s by default. Uploads get six times as much. */
  timeoutMs?: number
  /** Milliseconds for all waits of one call together, 30 s by default. */
  maxWaitMs?: number
}

/**
 * Returns a client that sends every call through the rate limiter, with a deadline. It waits out 429 answers and repeats
 * only the API call, never the handler that made it. What an old server refuses is sent in plain form (older.ts). Throws
 * TelegramRefused if Telegram refused the call, Unknown if there was no readable answer. Neither error holds the token. To handle updates with this client, see `useTelegram`.
 */
export function createTelegram({ timeoutMs = 20_000, maxWaitMs = 30_000, ...options }: Options): Telegram {
  const { token, log } = options
  const apiRoot = rootOf(options.apiRoot)
  // Telegram closes an idle connection after 60 s. If that happens during a write, the outcome is unknown.
  const dispatcher = new Agent({ keepAliveTimeout: 30_000, keepAliveMaxTimeout: 30_000 })
  const door: Door = { ...options, apiRoot, timeoutMs, maxWaitMs, scrub: scrubber([token]), dispatcher }
  const exact = telegramOver({ token, apiRoot }, (method, payload, sent) => call(door, method, payload, sent))
  return plainerWhereRefused(exact, feature => {
    log.warn({ feature, apiRoot }, 'the Bot API server is old, sending in plain form')
  })
}

type Door = Required<Options> & { scrub: (text: string) => string; dispatcher: Agent }

async function call(door: Door, method: string, payload: object, options: CallOptions = {}): Promise<unknown> {
  const { maxWaitMs, scrub, log } = door
  const { signal } = options
  const body = await encode(payload)
  const limited = { ...limitedCall(method, payload), ...options }
  const patienceMs = Math.min(patienceOf(limited), maxWaitMs)
  let waitedMs = 0
  let waitMs = await waitForToken(door, limited)
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
    log.warn({ method, chatId: limited.chatId, waitMs, waitedMs }, 'telegram asked to wait')
  }
}

async function waitForToken({ rateLimiter, log }: Door, limited: LimitedCall): Promise<number> {
  // Our limits are a courtesy, Telegram's 429 is the rule: without a database the bot still answers.
  const requested = rateLimiter(limited).catch(error => {
    if (error instanceof TelegramRefused || limited.signal?.aborted) throw error
    log.warn({ err: error }, 'no place in the send budget, sending anyway')
    return 0
  })
  // Telegram shows a spinner until a press is answered, so a slow database must not delay the answer.
  return limited.kind === 'answer' ? Promise.race([requested, pause(answerAheadMs).then(() => 0)]) : requested
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

function patienceOf({ kind, isSpare }: LimitedCall): number {
  if (isSpare || kind === 'action') return 0
  return kind === 'answer' ? answerPatienceMs : Infinity
}

// "query is too old" was seen from 15 s on, and a pre-checkout has 10 s. Later answers have no effect.
const answerPatienceMs = 5_000
const answerAheadMs = 500

/**
 * Answers a press, within the rate limit of the person who pressed. Above that limit it throws TelegramRefused
 * `rate_limited`: the spinner ends without an answer.
 */
export async function answerPress(
  telegram: Telegram,
  press: { queryId: string; userId: number; text?: string | undefined; isAlert?: boolean },
): Promise<void> {
  const { queryId, userId, text, isAlert } = press
  const payload = { callback_query_id: queryId, ...(text && { text }), ...(isAlert && { show_alert: true }) }
  await telegram.call('answerCallbackQuery', payload, { userId })
}

/**
 * Calls a method and checks the parts of its answer that we rely on: for money and files, where a surprise must not go
 * unnoticed. Throws Unknown if the answer does not fit the schema, otherwise as `call` does.
 */
export async function callChecked<M extends Method, S extends TSchema>(
  telegram: Telegram,
  method: M,
  payload: Payload<M>,
  schema: S,
  signal?: AbortSignal,
): Promise<Static<S>> {
  const result: unknown = await telegram.call(method, payload, signal ? { signal } : {})
  if (Value.Check(schema, result)) return result
  const wrong = Value.Errors(schema, result).First()
  throw new Unknown(`${method}: unexpected answer at ${wrong?.path || '/'}: ${wrong?.message}`)
}

/**
 * Returns the base address of a Bot API server. The trailing slash keeps a path (docs/providers/telegram.md, "Files").
 */
export const rootOf = (apiRoot = 'https://api.telegram.org'): string => apiRoot.replace(/(?<!\/)\/*$/, '/')

function limitedCall(method: string, payload: object): LimitedCall {
  const chatId = 'chat_id' in payload ? payload.chat_id : undefined
  const kind = kindOf(method)
  if (typeof chatId === 'number') return { chatId, isGroup: chatId < 0, kind }
  // Only channels and groups have a name with @.
  if (typeof chatId === 'string') return { chatId, isGroup: !/^\d+$/.test(chatId), kind }
  return { isGroup: false, kind }
}

function kindOf(method: string): LimitedCall['kind'] {
  if (method === 'sendChatAction') return 'action'
  if (/^(send|forward|copy)/.test(method)) return 'send'
  if (/^(edit|stop)/.test(method)) return 'edit'
  return method.startsWith('answer') ? 'answer' : 'other'
}

/** Telegram answers getUpdates only after its `timeout`, in seconds. */
const longPollMs = (method: string, payload: object) =>
  method === 'getUpdates' && 'timeout' in payload && typeof payload.timeout === 'number' ? payload.timeout * 1000 : 0

function retryAfterMs({ json, retryAfter }: Answer): number {
  const { retry_after: requested } = parametersOf(json)
  const seconds = Number(typeof requested === 'number' ? requested : retryAfter)
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds * 1000) : 1_000
}

function resultOf(method: string, { status, json }: Answer, scrub: (text: string) => string): unknown {
  if (json?.ok === true && json.result !== undefined) return json.result
  // A proxy's page or a 5xx does not say whether the call took effect.
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
