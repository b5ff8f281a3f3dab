import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { shortText } from './foreign-values.ts'
import { textsIn } from './refusals.ts'
import { failure, success, TaskRecord, type TaskState } from './task-record.ts'
import {
  type AccountTrouble,
  accountOf,
  type BusyCode,
  interpret,
  isBusy,
  type Received,
  type RefusalCode,
  restMs,
} from './verdict.ts'

export type { FailureCode, TaskState } from './task-record.ts'
export type { AccountTrouble, Answer, BusyCode, Lost, Received, RefusalCode } from './verdict.ts'

export type Submission =
  | { kind: 'accepted'; taskId: string }
  /** No task exists. */
  | { kind: 'refused'; code: RefusalCode; message: string; account?: AccountTrouble }
  /** Certainly not accepted: you may send it again. */
  | { kind: 'busy'; code: BusyCode; message: string; retryAfterMs: number }
  /** A task may exist: never send it again. */
  | { kind: 'ambiguous'; message: string }

/** A value, a refusal, or no readable answer. */
export type Reply<Value> =
  | { kind: 'ok'; value: Value }
  | { kind: 'refused'; code: RefusalCode; message: string; account?: AccountTrouble }
  | { kind: 'unknown'; message: string }

// An id is opaque but goes into rows and addresses: no spaces, no control characters.
const Id = Type.String({ pattern: '^[!-~]{1,200}$' })
const Created = Type.Object({ taskId: Id })
const Stored = Type.Object({ downloadUrl: Type.String({ pattern: '^https?://[!-~]+$', maxLength: 4_096 }) })

/**
 * Decodes the answer to createTask with this input (docs/providers/kie.md, "Refusals"). Returns `refused` only if that
 * is certain. Every other answer without a task id is `ambiguous`.
 */
export function decodeSubmission(received: Received, input?: object): Submission {
  const { verdict, message, data, ...about } = interpret(received, textsIn(input))
  const names = Value.Check(Created, data)
  if (verdict === 'ok') {
    return names
      ? { kind: 'accepted', taskId: data.taskId }
      : { kind: 'ambiguous', message: 'accepted without a task id' }
  }
  if (names) return { kind: 'ambiguous', message: `a task id came with a refusal: ${message}` }
  if (verdict === 'unclear') return { kind: 'ambiguous', message }
  if (isBusy(verdict)) return { kind: 'busy', code: verdict, message, retryAfterMs: restMs(received, verdict) }
  return { kind: 'refused', code: verdict, message, ...accountOf(about) }
}

/**
 * Decodes the answer to recordInfo (docs/providers/kie.md, "Reading a task"). With `taskId`, an answer about another
 * task is `unclear`.
 */
export function decodeTask(received: Received, taskId?: string): TaskState {
  const { code, message, data, ...about } = interpret(received)
  if (code === 404 || code === 422) return { kind: 'not_found' }
  const record = Value.Check(TaskRecord, data) ? data : undefined
  if (record && taskId !== undefined && typeof record.taskId === 'string' && record.taskId !== taskId) {
    return { kind: 'unclear', message: 'the answer is about another task' }
  }
  const isOver = code === 501 || code === 408
  if (!isOver && code !== 200) return { kind: 'unclear', message, ...accountOf(about) }
  if (record?.state === 'success') return success(record)
  if (record?.state === 'fail' || isOver) return failure(code, message, record)
  if (record) return { kind: 'running', state: shortText(record.state, 40) }
  if (data === null || data === undefined) return { kind: 'not_found' }
  return { kind: 'unclear', message: 'a record without a state' }
}

/** Decodes the answer to an upload: the file's public address. */
export const decodeUpload = (received: Received): Reply<string> =>
  replyOf(received, data => (Value.Check(Stored, data) ? data.downloadUrl : undefined))

/** Decodes our balance at the upstream, in credits (fractional). */
export const decodeCredit = (received: Received): Reply<number> =>
  replyOf(received, data => (Value.Check(Type.Number(), data) ? data : undefined))

function replyOf<Value>(received: Received, read: (data: unknown) => Value | undefined): Reply<Value> {
  const { verdict, message, data, ...about } = interpret(received)
  if (verdict === 'ok') {
    const value = read(data)
    return value === undefined ? { kind: 'unknown', message: 'unreadable answer' } : { kind: 'ok', value }
  }
  if (verdict === 'unclear' || isBusy(verdict)) return { kind: 'unknown', message }
  return { kind: 'refused', code: verdict, message, ...accountOf(about) }
}
