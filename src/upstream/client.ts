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
  /** Sent once, whatever happens. Never throws for what the wire does. */
  createTask(order: {
    model: string
    input: Record<string, unknown>
    callBackUrl?: string
    /** What it is expected to take: told with a refusal for want of credits. */
    credits?: string
  }): Promise<Submission>
  /** Never throws for what the wire does. */
  recordInfo(taskId: string): Promise<TaskState>
  /**
   * Streams a file of the disk to the upstream and answers its public address, which lives for about a day. The name
   * must be new: an equal one overwrites (docs/providers/kie.md, "Files"). Throws Refused, Unknown.
   */
  upload(file: { path: string; fileName: string; mime: string; signal?: AbortSignal | undefined }): Promise<string>
  /** Our balance there, in credits. Throws Refused, Unknown. */
  credit(): Promise<number>
  close(): Promise<void>
}

/** Told when an answer refuses our account, before the answer is given; must not throw. */
export type HeardOfAccount = (
  trouble: AccountTrouble & { call: string; message: string; credits?: string },
) => Promise<void>

type Options = {
  baseUrl: string
  uploadUrl: string
  apiKey: string
  log: Log
  /** Milliseconds for a whole call; uploads have longer. */
  timeoutMs?: number
  maxAnswerBytes?: number
  heardOfAccount?: HeardOfAccount
}

// 100 MB over a line of 8 Mbit/s.
const uploadMs = 120_000

/** The Kie.ai jobs API. Makes no connection before the first call. */
export function createUpstream(options: Options): Upstream {
  const { baseUrl, uploadUrl, apiKey, log, timeoutMs = 30_000, maxAnswerBytes = 1_048_576, heardOfAccount } = options
  const wire = createWire({ apiKey, maxAnswerBytes })
  const noteState = oncePerWord(log)
  type Order = { input: Record<string, unknown>; credits?: string | undefined }
  async function noted<Answer extends object>(call: string, answer: Answer, order?: Order): Promise<Answer> {
    if ('account' in answer) {
      const { account, message: said } = answer as Answer & { account: AccountTrouble; message: string }
      const { credits, input } = order ?? { credits: undefined, input: {} }
      const message = withoutTexts(said, input)
      // What asks for the balance holds no word of a person's: a wall in front of it shuts out the account.
      const isCertain = account.isCertain || call === 'credit'
      await heardOfAccount?.({ call, cause: account.cause, isCertain, message, ...(credits ? { credits } : {}) })
    }
    return answer
  }
  const address = (base: string, path: string) => new URL(base.replace(/(?<!\/)\/+$/, '') + path)

  return {
    async createTask({ model, input, callBackUrl, credits }) {
      const json = { model, ...(callBackUrl === undefined ? {} : { callBackUrl }), input }
      const url = address(baseUrl, '/api/v1/jobs/createTask')
      const heard = await wire.send({ method: 'POST', url, json, timeoutMs, isOnce: true })
      return noted('createTask', decodeSubmission(heard, input), { input, credits })
    },

    async recordInfo(taskId) {
      const url = address(baseUrl, '/api/v1/jobs/recordInfo')
      url.searchParams.set('taskId', taskId)
      const task = await noted('recordInfo', decodeTask(await wire.send({ method: 'GET', url, timeoutMs }), taskId))
      // It was taken, so the account was fine then; the balance is asked for before anything is believed.
      if (task.kind === 'failed' && (task.code === 'auth' || task.code === 'no_credit')) {
        await heardOfAccount?.({ call: 'recordInfo', cause: task.code, isCertain: false, message: task.message })
      }
      if (task.kind === 'running') noteState(task.state, taskId)
      if (task.kind === 'unclear') log.warn({ taskId, reason: task.message }, 'a look at the task gave no answer')
      return task
    },

    async upload({ path, fileName, mime, signal }) {
      const form = new FormData()
      form.set('uploadPath', 'telegen')
      form.set('fileName', fileName)
      form.set('file', await openAsBlob(path, { type: mime }), fileName)
      const url = address(uploadUrl, '/api/file-stream-upload')
      const heard = await wire.send({ method: 'POST', url, form, timeoutMs: Math.max(timeoutMs, uploadMs), signal })
      return valueIn(await noted('upload', decodeUpload(heard)), 'upload')
    },

    async credit() {
      const url = address(baseUrl, '/api/v1/chat/credit')
      const heard = await wire.send({ method: 'GET', url, timeoutMs })
      return valueIn(await noted('credit', decodeCredit(heard)), 'credit')
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

// Words outside the documentation mean "in progress" and are worth one line each, but not an endless memory.
function oncePerWord(log: Log) {
  const seen = new Set(knownStates)
  return (state: string, taskId: string) => {
    if (seen.has(state) || seen.size >= 100) return
    seen.add(state)
    log.warn({ state, taskId }, 'the upstream names a state that its documentation does not')
  }
}
