import { Type } from '@sinclair/typebox'
import { fieldsOf, type Recorded, shortText, written } from './foreign-values.ts'
import { type Cause, causeOf, textsIn } from './refusals.ts'
import type { AccountTrouble } from './verdict.ts'

/** `unknown_reason`: the provider reports a failure without a reason that we know. */
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
      /** The number of files that the record names, if that is more than its readable addresses. */
      named?: number
      text?: string
      creditsConsumed?: number
      model?: string
      /** The callback address stored with the task. It identifies the generation. */
      callBackUrl?: string
    }
  | {
      kind: 'failed'
      code: FailureCode
      message: string
      creditsConsumed?: number
    }
  /** Not proof of a failure: the task may not be visible yet. */
  | { kind: 'not_found' }
  /** The poll failed, not the task. */
  | { kind: 'unclear'; message: string; account?: AccountTrouble }

/** A task's record. Only `state` is certain to be present. */
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

/** Returns the state of a task that succeeded. */
export function success(record: Recorded): TaskState {
  const result = fieldsOf(record.resultJson)
  const text = textOf(result.resultObject)
  const { callBackUrl } = fieldsOf(record.param)
  const creditsConsumed = creditsOf(record)
  const model = shortText(record.model, 200)
  const urls = urlsOf(result.resultUrls)
  const named = Array.isArray(result.resultUrls) ? Math.min(result.resultUrls.length, maxUrls) : 0
  return {
    kind: 'success',
    urls,
    ...(urls.length > 0 && named > urls.length ? { named } : {}),
    ...(text ? { text } : {}),
    ...(creditsConsumed === undefined ? {} : { creditsConsumed }),
    ...(model ? { model } : {}),
    ...(typeof callBackUrl === 'string' ? { callBackUrl: shortText(callBackUrl, 2_000) } : {}),
  }
}

/** Returns the state of a task that failed. `code` is the body's code, `message` the text beside it. */
export function failure(code: number | undefined, message: string, record: Recorded | undefined): TaskState {
  // An object may have no toString, or one that does not return text.
  const failCode = typeof record?.failCode === 'number' ? String(record.failCode) : shortText(record?.failCode, 80)
  const failMsg = shortText(record?.failMsg)
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
  // The task was accepted, so it is the model that is too busy or closed.
  rate: 'generation_failed',
  maintenance: 'generation_failed',
  fault: 'generation_failed',
  unknown: 'unknown_reason',
}

/** The text decides first. Without a known text, the code still says who is at fault. */
function failureCodeOf(failCode: string, cause: Cause, code: number | undefined): FailureCode {
  if (failCode === '402' || failCode === '433') return 'no_credit'
  if (cause === 'content') return 'moderation'
  if (code === 408 || failCode === '408') return 'upstream_timeout'
  if (failCode === '400' || failCode === '422') return cause === 'slow' ? 'upstream_timeout' : 'invalid_input'
  return failureCodes[cause]
}

// One task can return several files. The known models return at most a dozen.
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

// Five thousand dollars: more than any run can cost.
const maxCredits = 1_000_000

function creditsOf(record: Recorded): number | undefined {
  const credits = record.creditsConsumed ?? record.consumeCredits
  return typeof credits === 'number' && credits >= 0 && credits < maxCredits ? credits : undefined
}
