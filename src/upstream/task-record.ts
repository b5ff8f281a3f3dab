import { Type } from '@sinclair/typebox'
import { fieldsOf, type Recorded, said, written } from './foreign-values.ts'
import { type Cause, causeOf, textsIn } from './refusals.ts'
import type { AccountTrouble } from './verdict.ts'

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

/** A task's record, of which only the state is sure to be there. */
export const TaskRecord = Type.Object({
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

/** The state of a task that has ended well. */
export function success(record: Recorded): TaskState {
  const result = fieldsOf(record.resultJson)
  const text = textOf(result.resultObject)
  const { callBackUrl } = fieldsOf(record.param)
  const creditsConsumed = creditsOf(record)
  const model = said(record.model, 200)
  const urls = urlsOf(result.resultUrls)
  const named = Array.isArray(result.resultUrls) ? Math.min(result.resultUrls.length, maxUrls) : 0
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

/** The state of a task that has failed; `code` is the body's, `message` what came with it. */
export function failure(code: number | undefined, message: string, record: Recorded | undefined): TaskState {
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
const maxUrls = 32

function urlsOf(value: unknown): string[] {
  const named: unknown[] = Array.isArray(value) ? value.slice(0, maxUrls) : [value]
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
const maxCredits = 1_000_000

function creditsOf(record: Recorded): number | undefined {
  const credits = record.creditsConsumed ?? record.consumeCredits
  return typeof credits === 'number' && credits >= 0 && credits < maxCredits ? credits : undefined
}
