import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { parsed, said } from './foreign-values.ts'
import { causeOf } from './refusals.ts'

/** What came back over HTTP, with the body read whole. */
export type Answer = { httpStatus: number; contentType: string; text: string; retryAfterMs?: number }
/** No readable answer. `before`: the request surely never left; `after`: it may have arrived. */
export type Lost = { lost: 'before' | 'after'; message: string }
export type Heard = Answer | Lost

export type RefusalCode = 'auth' | 'no_credit' | 'invalid_input' | 'unsupported_model' | 'moderation'
export type BusyCode = 'rate_limited' | 'maintenance' | 'transient'
/**
 * Our account is refused, whatever was asked. Not `isCertain`: the edge in front of the API said so, which may have disliked
 * this one request.
 */
export type AccountTrouble = { cause: 'auth' | 'no_credit'; isCertain: boolean }

// Every answer is `{code, msg, data}` under HTTP 200, failures too; some examples say `message`
// (docs/providers/kie.md, "Envelope").
const Envelope = Type.Object({
  code: Type.Integer(),
  msg: Type.Optional(Type.Unknown()),
  message: Type.Optional(Type.Unknown()),
  data: Type.Optional(Type.Unknown()),
})
/** The account's trouble as a part of a decoded answer. */
export const accountOf = ({ account }: Pick<Judged, 'account'>) => (account ? { account } : {})

export type Verdict = 'ok' | RefusalCode | BusyCode | 'unclear'
/** `code` is the body's code, if there was a readable body that counts. */
export type Judged = { verdict: Verdict; message: string; code?: number; data?: unknown; account?: AccountTrouble }

/**
 * What an answer says. Decided in this order: what became of the request, the body's code, the text without what the
 * person wrote (`own`).
 */
export function judge(heard: Heard, own: readonly string[] = []): Judged {
  if ('lost' in heard) {
    return { verdict: heard.lost === 'before' ? 'transient' : 'unclear', message: said(heard.message) }
  }
  const { httpStatus, contentType, text } = heard
  const edge = `HTTP ${httpStatus} ${said(contentType, 60)}`
  const body = parsed(text)
  const envelope = Value.Check(Envelope, body) ? body : undefined
  if (httpStatus === 401 || httpStatus === 403) {
    const isCertain = httpStatus === 401 || envelope !== undefined
    return { verdict: 'auth', message: edge, account: { cause: 'auth', isCertain } }
  }
  if (httpStatus === 429) return { verdict: 'rate_limited', message: edge }
  // The edge speaks here: what stands behind it may have taken the order.
  if (httpStatus >= 500 || (httpStatus >= 300 && httpStatus < 400)) return { verdict: 'unclear', message: edge }
  if (!envelope) return { verdict: 'unclear', message: `${edge}, unreadable` }
  const { code, data } = envelope
  const words = said(envelope.msg) || said(envelope.message)
  const message = `code ${code}: ${words}`
  if (code === 200 && httpStatus >= 400) return { verdict: 'unclear', message: `${edge} with ${message}` }
  const verdict = code === 200 ? 'ok' : verdictOf(code, words, own)
  const isAccount = verdict === 'auth' || verdict === 'no_credit'
  return { verdict, message, code, data, ...(isAccount ? { account: { cause: verdict, isCertain: true } } : {}) }
}

function verdictOf(code: number, words: string, own: readonly string[]): Verdict {
  if (code === 401 || code === 403) return 'auth'
  // Missing credits came as 402 and as 500; 433 is an exhausted cap of the key.
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
  // 408, 501 to 504 and what nobody documented: something behind the API may be at work.
  return 'unclear'
}

function isUnsupportedModel(text: string): boolean {
  const named = text.search(/\bmodel name\b/)
  if (named >= 0 && /\bnot supported\b/.test(text.slice(named))) return true
  return /^(the |this )?model( \S+)? is not supported/.test(text)
}

/** Whether it was surely not accepted and may be sent again. */
export const isBusy = (verdict: Verdict): verdict is BusyCode =>
  verdict === 'rate_limited' || verdict === 'maintenance' || verdict === 'transient'

// 429: half of the window in which 20 creations are allowed. Maintenance lasts minutes.
const rests = { rate_limited: 5_000, maintenance: 60_000, transient: 1_000 }
/** Milliseconds until it is worth sending again. */
export const restMs = (heard: Heard, code: BusyCode) =>
  Math.max('lost' in heard ? 0 : (heard.retryAfterMs ?? 0), rests[code])
