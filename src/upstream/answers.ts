import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { type Cause, causeOf, textsIn } from './refusals.ts'

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

export type Submission =
  | { kind: 'accepted'; taskId: string }
  /** No task exists. */
  | { kind: 'refused'; code: RefusalCode; message: string; account?: AccountTrouble }
  /** Surely not accepted: it may be sent again. */
  | { kind: 'busy'; code: BusyCode; message: string; retryAfterMs: number }
  /** A task may exist: never send again. */
  | { kind: 'ambiguous'; message: string }

/** `unknown_reason`: the provider says that it failed, and nothing that we understand. */
export type FailureCode =
  | 'generation_failed'
  | 'unknown_reason'
  | 'upstream_timeout'
  | 'moderation'
  | 'invalid_input'
  | 'no_credit'
  | 'auth'

export type TaskState =
  | { kind: 'running'; state: string }
  | {
      kind: 'success'
      urls: string[]
      /** Files that were named, where it is more than there are addresses that can be read. */
      named?: number
      text?: string
      creditsConsumed?: number
      model?: string
      /** As the task remembers it: tells whose task this is. */
      callBackUrl?: string
    }
  | {
      kind: 'failed'
      code: FailureCode
      message: string
      creditsConsumed?: number
    }
  /** No proof of a failure: the task may not be visible yet. */
  | { kind: 'not_found' }
  /** The poll failed, not the task. */
  | { kind: 'unclear'; message: string; account?: AccountTrouble }

/** An answer that either brings a value, or says no, or says nothing. */
export type Reply<Value> =
  | { kind: 'ok'; value: Value }
  | { kind: 'refused'; code: RefusalCode; message: string; account?: AccountTrouble }
  | { kind: 'unknown'; message: string }

// Every answer is `{code, msg, data}` under HTTP 200, failures too; some examples say `message` (docs/providers/kie.md,
// "Envelope").
const Envelope = Type.Object({
  code: Type.Integer(),
  msg: Type.Optional(Type.Unknown()),
  message: Type.Optional(Type.Unknown()),
  data: Type.Optional(Type.Unknown()),
})
// An id is opaque, but it goes into rows and addresses: no blanks, no control characters.
const Id = Type.String({ pattern: '^[!-~]{1,200}$' })
const Created = Type.Object({ taskId: Id })
const TaskRecord = Type.Object({
  state: Type.String({ minLength: 1 }),
  taskId: Type.Optional(Type.Unknown()),
  model: Type.Optional(Type.Unknown()),
  param: Type.Optional(Type.Unknown()),
  resultJson: Type.Optional(Type.Unknown()),
  failCode: Type.Optional(Type.Unknown()),
  failMsg: Type.Optional(Type.Unknown()),
  creditsConsumed: Type.Optional(Type.Unknown()),
  consumeCredits: Type.Optional(Type.Unknown()),
})
const Stored = Type.Object({ downloadUrl: Type.String({ pattern: '^https?://[!-~]+$', maxLength: 4_096 }) })
const Fields = Type.Record(Type.String(), Type.Unknown())

/**
 * The answer to createTask with this input (docs/providers/kie.md, "Refusals"). Only a certain refusal is one: whatever
 * else is not a task id is ambiguous.
 */
export function decodeSubmission(heard: Heard, input?: object): Submission {
  const { verdict, message, data, ...about } = judge(heard, textsIn(input))
  const names = Value.Check(Created, data)
  if (verdict === 'ok') {
    return names
      ? { kind: 'accepted', taskId: data.taskId }
      : { kind: 'ambiguous', message: 'accepted without a task id' }
  }
  if (names) return { kind: 'ambiguous', message: `a task id came with a refusal: ${message}` }
  if (verdict === 'unclear') return { kind: 'ambiguous', message }
  if (isBusy(verdict)) return { kind: 'busy', code: verdict, message, retryAfterMs: restMs(heard, verdict) }
  return { kind: 'refused', code: verdict, message, ...accountOf(about) }
}

/**
 * The answer to recordInfo (docs/providers/kie.md, "Reading a task"). With `taskId`, an answer about another task is no
 * answer.
 */
export function decodeTask(heard: Heard, taskId?: string): TaskState {
  const { code, message, data, ...about } = judge(heard)
  if (code === 404 || code === 422) return { kind: 'not_found' }
  const record = Value.Check(TaskRecord, data) ? data : undefined
  if (record && taskId !== undefined && typeof record.taskId === 'string' && record.taskId !== taskId) {
    return { kind: 'unclear', message: 'the answer is about another task' }
  }
  const isOver = code === 501 || code === 408
  if (!isOver && code !== 200) return { kind: 'unclear', message, ...accountOf(about) }
  if (record?.state === 'success') return success(record)
  if (record?.state === 'fail' || isOver) return failure(code, message, record)
  if (record) return { kind: 'running', state: said(record.state, 40) }
  if (data === null || data === undefined) return { kind: 'not_found' }
  return { kind: 'unclear', message: 'a record without a state' }
}

/** The answer to an upload: the file's public address. */
export const decodeUpload = (heard: Heard): Reply<string> =>
  replyOf(heard, data => (Value.Check(Stored, data) ? data.downloadUrl : undefined))

/** The answer to the balance question, in credits (fractional). */
export const decodeCredit = (heard: Heard): Reply<number> =>
  replyOf(heard, data => (Value.Check(Type.Number(), data) ? data : undefined))

function replyOf<Value>(heard: Heard, read: (data: unknown) => Value | undefined): Reply<Value> {
  const { verdict, message, data, ...about } = judge(heard)
  if (verdict === 'ok') {
    const value = read(data)
    return value === undefined ? { kind: 'unknown', message: 'unreadable answer' } : { kind: 'ok', value }
  }
  if (verdict === 'unclear' || isBusy(verdict)) return { kind: 'unknown', message }
  return { kind: 'refused', code: verdict, message, ...accountOf(about) }
}

const accountOf = ({ account }: Pick<Judged, 'account'>) => (account ? { account } : {})

type Verdict = 'ok' | RefusalCode | BusyCode | 'unclear'
/** `code` is the body's code, if there was a readable body that counts. */
type Judged = { verdict: Verdict; message: string; code?: number; data?: unknown; account?: AccountTrouble }

// Decided in this order: what became of the request, the body's code, the text without what the person wrote.
function judge(heard: Heard, own: readonly string[] = []): Judged {
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

const isBusy = (verdict: Verdict): verdict is BusyCode =>
  verdict === 'rate_limited' || verdict === 'maintenance' || verdict === 'transient'

// 429: half of the window in which 20 creations are allowed. Maintenance lasts minutes.
const rests = { rate_limited: 5_000, maintenance: 60_000, transient: 1_000 }
const restMs = (heard: Heard, code: BusyCode) => Math.max('lost' in heard ? 0 : (heard.retryAfterMs ?? 0), rests[code])

type Recorded = { [field: string]: unknown }

function success(record: Recorded): TaskState {
  const result = fieldsOf(record.resultJson)
  const text = textOf(result.resultObject)
  const { callBackUrl } = fieldsOf(record.param)
  const creditsConsumed = creditsOf(record)
  const model = said(record.model, 200)
  const urls = urlsOf(result.resultUrls)
  const named = Array.isArray(result.resultUrls) ? Math.min(result.resultUrls.length, mostUrls) : 0
  return {
    kind: 'success',
    urls,
    ...(urls.length > 0 && named > urls.length ? { named } : {}),
    ...(text ? { text } : {}),
    ...(creditsConsumed === undefined ? {} : { creditsConsumed }),
    ...(model ? { model } : {}),
    ...(typeof callBackUrl === 'string' ? { callBackUrl: said(callBackUrl, 2_000) } : {}),
  }
}

function failure(code: number | undefined, message: string, record: Recorded | undefined): TaskState {
  // An object may have no text at all, or a toString that is none.
  const failCode = typeof record?.failCode === 'number' ? String(record.failCode) : said(record?.failCode, 80)
  const failMsg = said(record?.failMsg)
  const own = textsIn(fieldsOf(fieldsOf(record?.param).input))
  const creditsConsumed = record && creditsOf(record)
  return {
    kind: 'failed',
    code: failureCodeOf(failCode, causeOf(`${failCode} ${failMsg || message}`, own), code),
    message: [failCode, failMsg].filter(Boolean).join(': ') || message,
    ...(creditsConsumed === undefined ? {} : { creditsConsumed }),
  }
}

const failureCodes: Record<Cause, FailureCode> = {
  content: 'moderation',
  input: 'invalid_input',
  no_credit: 'no_credit',
  auth: 'auth',
  slow: 'upstream_timeout',
  // The task was taken, so whoever is too busy or closed now is the model.
  rate: 'generation_failed',
  maintenance: 'generation_failed',
  fault: 'generation_failed',
  unknown: 'unknown_reason',
}

/** The words decide first; a code without words that we understand says at least whose fault it is. */
function failureCodeOf(failCode: string, cause: Cause, code: number | undefined): FailureCode {
  if (failCode === '402' || failCode === '433') return 'no_credit'
  if (cause === 'content') return 'moderation'
  if (code === 408 || failCode === '408') return 'upstream_timeout'
  if (failCode === '400' || failCode === '422') return cause === 'slow' ? 'upstream_timeout' : 'invalid_input'
  return failureCodes[cause]
}

// One task can bring several files; no model is known to bring more than a dozen.
const mostUrls = 32

function urlsOf(value: unknown): string[] {
  const named: unknown[] = Array.isArray(value) ? value.slice(0, mostUrls) : [value]
  return named.flatMap(url => {
    const parsed = typeof url === 'string' && url.length <= 4_096 ? URL.parse(url) : null
    return parsed && /^https?:$/.test(parsed.protocol) ? [parsed.href] : []
  })
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  const { text } = fieldsOf(value)
  try {
    return written(typeof text === 'string' ? text : typeof value === 'string' ? value : JSON.stringify(value))
  } catch {
    return '' // nested deeper than the stack
  }
}

// Five thousand dollars for one run is no price.
const mostCredits = 1_000_000

function creditsOf(record: Recorded): number | undefined {
  const credits = record.creditsConsumed ?? record.consumeCredits
  return typeof credits === 'number' && credits >= 0 && credits < mostCredits ? credits : undefined
}

// JSON inside JSON, or an object at once, or "" or null (docs/providers/kie.md, "Results").
function fieldsOf(value: unknown): Recorded {
  let inner = value
  for (let depth = 0; typeof inner === 'string' && depth < 3; depth += 1) inner = parsed(inner)
  return Value.Check(Fields, inner) ? inner : {}
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// Fit for a row and a log: Postgres refuses NUL and lone surrogates, and nobody needs a megabyte.
const said = (value: unknown, most = 500): string =>
  typeof value === 'string'
    ? value
        .slice(0, most)
        .toWellFormed()
        .replace(/\p{Cc}+/gu, ' ')
        .trim()
    : ''

// The same for what people read: its lines stay.
const written = (value: string): string =>
  value
    .slice(0, 100_000)
    .toWellFormed()
    .replace(/[^\P{Cc}\n\t]+/gu, '')
