import { openAsBlob } from 'node:fs'
import { FormData } from 'undici'
import { Refused, Unknown } from '../errors.ts'
import { type Log, withoutTexts } from '../log.ts'
import {
  type AccountTrouble,
  decodeCredit,
  decodeSubmission,
  decodeTask,
  decodeUpload,
  type Reply,
  type Submission,
  type TaskState,
} from './answers.ts'
import { createWire } from './wire.ts'

export type { Submission, TaskState } from './answers.ts'

export type Upstream = {
  /** Sends the order exactly once. Network errors become part of the result, never exceptions. */
  createTask(order: {
    model: string
    input: Record<string, unknown>
    callBackUrl?: string
    /** The expected cost. It is reported with a refusal for lack of credits. */
    credits?: string
  }): Promise<Submission>
  /** Network errors become part of the result, never exceptions. */
  recordInfo(taskId: string): Promise<TaskState>
  /**
   * Streams a file from disk to the upstream. Returns its public address, which works for about a day. The name must be
   * new: an equal one overwrites the file (docs/providers/kie.md, "Files"). Throws Refused, Unknown.
   */
  upload(file: { path: string; fileName: string; mime: string; signal?: AbortSignal | undefined }): Promise<string>
  /** Returns our balance at the upstream, in credits. Throws Refused, Unknown. */
  credit(): Promise<number>
  close(): Promise<void>
}

/** Called before an answer is returned that refuses our account. Must not throw. */
export type OnAccountTrouble = (
  trouble: AccountTrouble & { call: string; message: string; credits?: string },
) => Promise<void>

type Options = {
  baseUrl: string
  uploadUrl: string
  apiKey: string
  log: Log
  /** Milliseconds for a whole call. Uploads have more time. */
  timeoutMs?: number
  maxAnswerBytes?: number
  onAccountTrouble?: OnAccountTrouble
}

// Enough for 100 MB over 8 Mbit/s.
const uploadMs = 120_000

/** Client of the Kie.ai jobs API. It makes no connection before the first call. */
export function createUpstream(options: Options): Upstream {
  const { baseUrl, uploadUrl, apiKey, log, timeoutMs = 30_000, maxAnswerBytes = 1_048_576, onAccountTrouble } = options
  const wire = createWire({ apiKey, maxAnswerBytes })
  const noteState = oncePerWord(log)
  type Order = { input: Record<string, unknown>; credits?: string | undefined }
  async function noted<Answer extends object>(call: string, answer: Answer, order?: Order): Promise<Answer> {
    if ('account' in answer) {
      const { account, message: original } = answer as Answer & { account: AccountTrouble; message: string }
      const { credits, input } = order ?? { credits: undefined, input: {} }
      const message = withoutTexts(original, input)
      // The balance request holds no text of a person, so a refusal is certainly about our account.
      const isCertain = account.isCertain || call === 'credit'
      await onAccountTrouble?.({ call, cause: account.cause, isCertain, message, ...(credits ? { credits } : {}) })
    }
    return answer
  }
  const address = (base: string, path: string) => new URL(base.replace(/(?<!\/)\/+$/, '') + path)

  return {
    async createTask({ model, input, callBackUrl, credits }) {
      const json = { model, ...(callBackUrl === undefined ? {} : { callBackUrl }), input }
      const url = address(baseUrl, '/api/v1/jobs/createTask')
      const received = await wire.send({ method: 'POST', url, json, timeoutMs, isOnce: true })
      return noted('createTask', decodeSubmission(received, input), { input, credits })
    },

    async recordInfo(taskId) {
      const url = address(baseUrl, '/api/v1/jobs/recordInfo')
      url.searchParams.set('taskId', taskId)
      const task = await noted('recordInfo', decodeTask(await wire.send({ method: 'GET', url, timeoutMs }), taskId))
      // The task was accepted, so the account was valid then. The balance is checked before the account counts as
      // refused.
      if (task.kind === 'failed' && (task.code === 'auth' || task.code === 'no_credit')) {
        await onAccountTrouble?.({ call: 'recordInfo', cause: task.code, isCertain: false, message: task.message })
      }
      if (task.kind === 'running') noteState(task.state, taskId)
      if (task.kind === 'unclear') log.warn({ taskId, reason: task.message }, 'poll attempt got no readable answer')
      return task
    },

    async upload({ path, fileName, mime, signal }) {
      const form = new FormData()
      form.set('uploadPath', 'telegen')
      form.set('fileName', fileName)
      form.set('file', await openAsBlob(path, { type: mime }), fileName)
      const url = address(uploadUrl, '/api/file-stream-upload')
      const received = await wire.send({ method: 'POST', url, form, timeoutMs: Math.max(timeoutMs, uploadMs), signal })
      return valueIn(await noted('upload', decodeUpload(received)), 'upload')
    },

    async credit() {
      const url = address(baseUrl, '/api/v1/chat/credit')
      const received = await wire.send({ method: 'GET', url, timeoutMs })
      return valueIn(await noted('credit', decodeCredit(received)), 'credit')
    },

    close: () => wire.close(),
  }
}

function valueIn<Value>(reply: Reply<Value>, call: string): Value {
  if (reply.kind === 'ok') return reply.value
  const message = `upstream ${call}: ${reply.message}`
  throw reply.kind === 'refused' ? new Refused(reply.code, message) : new Unknown(message)
}

const knownStates = ['waiting', 'queuing', 'generating']

// States outside the documentation mean "in progress". Each is logged once, up to a limit.
function oncePerWord(log: Log) {
  const seen = new Set(knownStates)
  return (state: string, taskId: string) => {
    if (seen.has(state) || seen.size >= 100) return
    seen.add(state)
    log.warn({ state, taskId }, 'the upstream names a state that its documentation does not')
  }
}
