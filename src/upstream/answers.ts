import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { said } from './foreign-values.ts'
import { textsIn } from './refusals.ts'
import { failure, success, TaskRecord, type TaskState } from './task-record.ts'
import {
  type AccountTrouble,
  accountOf,
  type BusyCode,
  type Heard,
  isBusy,
  judge,
  type RefusalCode,
  restMs,
} from './verdict.ts'

export type { FailureCode, TaskState } from './task-record.ts'
export type { AccountTrouble, Answer, BusyCode, Heard, Lost, RefusalCode } from './verdict.ts'

export type Submission =
  | { kind: 'accepted'; taskId: string }
  /** No task exists. */
  | { kind: 'refused'; code: RefusalCode; message: string; account?: AccountTrouble }
  /** Surely not accepted: it may be sent again. */
  | { kind: 'busy'; code: BusyCode; message: string; retryAfterMs: number }
  /** A task may exist: never send again. */
  | { kind: 'ambiguous'; message: string }

/** An answer that either brings a value, or says no, or says nothing. */
export type Reply<Value> =
  | { kind: 'ok'; value: Value }
  | { kind: 'refused'; code: RefusalCode; message: string; account?: AccountTrouble }
  | { kind: 'unknown'; message: string }

// An id is opaque, but it goes into rows and addresses: no blanks, no control characters.
const Id = Type.String({ pattern: '^[!-~]{1,200}$' })
const Created = Type.Object({ taskId: Id })
const Stored = Type.Object({ downloadUrl: Type.String({ pattern: '^https?://[!-~]+$', maxLength: 4_096 }) })

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
