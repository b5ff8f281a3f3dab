import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { parsed, shortText } from './foreign-values.ts'
import { causeOf } from './refusals.ts'

/** An HTTP response with its whole body. */
export type Answer = { httpStatus: number; contentType: string; text: string; retryAfterMs?: number }
/** No readable answer. `before`: the request never left; `after`: it may have arrived. */
export type Lost = { lost: 'before' | 'after'; message: string }
export type Received = Answer | Lost

export type RefusalCode = 'auth' | 'no_credit' | 'invalid_input' | 'unsupported_model' | 'moderation'
export type BusyCode = 'rate_limited' | 'maintenance' | 'transient'
/**
 * The provider refused our account, independent of the request. Not `isCertain`: the edge in front of the API refused,
 * possibly because of this one request.
 */
export type AccountTrouble = { cause: 'auth' | 'no_credit'; isCertain: boolean }

// Every answer is `{code, msg, data}` under HTTP 200, failures too; some examples say `message` (docs/providers/kie.md,
// "Envelope").
const Envelope = Type.Object({
  code: Type.Integer(),
  msg: Type.Optional(Type.Unknown()),
  message: Type.Optional(Type.Unknown()),
  data: Type.Optional(Type.Unknown()),
})
/** The account's trouble as a part of a decoded answer. */
export const accountOf = ({ account }: Pick<Interpreted, 'account'>) => (account ? { account } : {})

export type Verdict = 'ok' | RefusalCode | BusyCode | 'unclear'
/** `code` is the code in the body, if the body was readable. */
export type Interpreted = { verdict: Verdict; message: string; code?: number; data?: unknown; account?: AccountTrouble }

/**
 * Interprets an answer, in this order: the HTTP exchange, the code in the body, the text. Texts of the person (`own`)
 * do not count.
 */
export function interpret(received: Received, own: readonly string[] = []): Interpreted {
  if ('lost' in received) {
    return { verdict: received.lost === 'before' ? 'transient' : 'unclear', message: shortText(received.message) }
  }
  const { httpStatus, contentType, text } = received
  const edge = `HTTP ${httpStatus} ${shortText(contentType, 60)}`
  const body = parsed(text)
  const envelope = Value.Check(Envelope, body) ? body : undefined
  if (httpStatus === 401 || httpStatus === 403) {
    const isCertain = httpStatus === 401 || envelope !== undefined
    return { verdict: 'auth', message: edge, account: { cause: 'auth', isCertain } }
  }
  if (httpStatus === 429) return { verdict: 'rate_limited', message: edge }
  // The edge answers here. The API behind it may have accepted the order.
  if (httpStatus >= 500 || (httpStatus >= 300 && httpStatus < 400)) return { verdict: 'unclear', message: edge }
  if (!envelope) return { verdict: 'unclear', message: `${edge}, unreadable` }
  const { code, data } = envelope
  const words = shortText(envelope.msg) || shortText(envelope.message)
  const message = `code ${code}: ${words}`
  if (code === 200 && httpStatus >= 400) return { verdict: 'unclear', message: `${edge} with ${message}` }
  const verdict = code === 200 ? 'ok' : verdictOf(code, words, own)
  const isAccount = verdict === 'auth' || verdict === 'no_credit'
  return { verdict, message, code, data, ...(isAccount ? { account: { cause: verdict, isCertain: true } } : {}) }
}

function verdictOf(code: number, words: string, own: readonly string[]): Verdict {
  if (code === 401 || code === 403) return 'auth'
  // Missing credits came as 402 and as 500; 433 means that the key's limit is used up.
  if (code === 402 || code === 433) return 'no_credit'
  if (code === 429) return 'rate_limited'
  if (code === 455) return 'maintenance'
  if (isUnsupportedModel(words.toLowerCase()) && !own.some(one => isUnsupportedModel(one.toLowerCase()))) {
    return 'unsupported_model'
  }
  const cause = causeOf(words, own)
  if (cause === 'no_credit' || cause === 'auth') return cause
  if (cause === 'maintenance') return 'maintenance'
  if (cause === 'content') return 'moderation'
  if ([400, 404, 422, 451, 505].includes(code)) return 'invalid_input'
  if (code === 500) return cause === 'input' ? 'invalid_input' : cause === 'rate' ? 'rate_limited' : 'transient'
  // 408, 501 to 504 and undocumented codes: something behind the API may still be at work.
  return 'unclear'
}

function isUnsupportedModel(text: string): boolean {
  const named = text.search(/\bmodel name\b/)
  if (named >= 0 && /\bnot supported\b/.test(text.slice(named))) return true
  return /^(the |this )?model( \S+)? is not supported/.test(text)
}

/** Returns whether the request was certainly not accepted and may be sent again. */
export const isBusy = (verdict: Verdict): verdict is BusyCode =>
  verdict === 'rate_limited' || verdict === 'maintenance' || verdict === 'transient'

// 429: half of the window that allows 20 creations. Maintenance lasts minutes.
const rests = { rate_limited: 5_000, maintenance: 60_000, transient: 1_000 }
/** Returns the milliseconds to wait before sending again. */
export const restMs = (received: Received, code: BusyCode) =>
  Math.max('lost' in received ? 0 : (received.retryAfterMs ?? 0), rests[code])
