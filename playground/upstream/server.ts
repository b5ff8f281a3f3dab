import { randomBytes, timingSafeEqual } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import { creditRoute, priceRoute } from './account.ts'
import { openCallbacks } from './callbacks.ts'
import { openFiles } from './files.ts'
import { badGateway, cut, isRecord, jobRoutes } from './jobs.ts'
import { type Kept, openKeep } from './keep.ts'
import { documentRoutes } from './models/documents.ts'
import type { Refusal } from './models/input-check.ts'
import { documentedModels, type Model } from './models/models.ts'
import { openPace } from './pace.ts'
import { openStudio } from './results/studio.ts'
import { openTasks } from './tasks.ts'
import { fileRoutes, uploadRoutes } from './uploads.ts'

/** What the next task does. The refusals of the third line accept nothing. */
export type Behaviour =
  | 'normal'
  | 'slow'
  | 'fail'
  | 'moderation'
  | 'silent'
  | 'ambiguous'
  | 'callback_lost'
  | 'callback_twice'
  | 'callback_forged'
  | 'callback_early'
  | 'http_502'
  | 'no_task_id'
  | 'no_credit'
  | 'rate_limited'
  | 'maintenance'
  | 'server_error'
  | 'unauthorized'
  | 'empty_result'
  | 'odd_state'
  | 'dead_result'
  | 'wrong_result'
  | 'truncated_result'
  | 'partial_result'

export type TaskView = {
  taskId: string
  model: string
  input: Record<string, unknown>
  callBackUrl?: string
  state: 'waiting' | 'generating' | 'success' | 'fail'
  behaviour: Behaviour
  /** Unix ms, as all times here. */
  createdAt: number
  completedAt?: number
  failCode?: string
  failMsg?: string
  resultUrls: string[]
  creditsConsumed?: number
  recordReads: number
  /** One entry a try; without a status nobody answered. */
  callbacks: { at: number; status?: number; forged: boolean }[]
}
export type UpstreamEvent = { type: 'task' | 'refusal' | 'callback'; taskId?: string }
/** A fault in front of a call: it has no effect behind it. `silence` holds the answer back for ever. */
export type Fault = { code: number; msg: string } | 'cut' | 'html' | 'silence'
export type Call =
  | 'createTask'
  | 'recordInfo'
  | 'credit'
  | 'download-url'
  | 'file-stream-upload'
  | 'file-base64-upload'
  | 'file-url-upload'

export type UpstreamStandIn = {
  /** API, upload host, files and documentation, without a slash at the end. */
  baseUrl: string
  apiKey: string
  credit: number
  /** What is offered and published; mutable: a price may change, a parameter come, a model go. */
  models: Map<string, Model>
  tasks: TaskView[]
  refusals: { at: number; model: string; code: number; msg: string; input: unknown }[]
  speed: { runMs: number; slowMs: number; visibleMs: number }
  behaviour: Behaviour
  next(behaviour: Behaviour, times?: number): void
  /** Puts faults in front of a call, answered in turn. */
  faultNext(call: Call, fault: Fault, times?: number): void
  /** Calls per sliding window; mutable, so that a test need not wait. */
  limits: { creations: { limit: number; perMs: number }; reads: { limit: number; perMs: number } }
  /** Accepted tasks by the path of their callback URL: more than one is a generation that was paid for twice. */
  tasksPerCallbackPath(): Map<string, number>
  /** Deletes the result files of a task, as upstream does after some days. */
  expire(taskId: string): void
  on(listener: (event: UpstreamEvent) => void): () => void
  close(): Promise<void>
}

type Options = {
  port?: number
  apiKey?: string
  webhookKey?: string
  seed?: number
  /** Keeps tasks, files and the balance across runs; without it all is in memory. */
  dataDir?: string
}

/** Starts a strict stand-in for the Kie jobs API on 127.0.0.1; rules and texts follow its documentation and recordings. */
export async function startUpstream(options: Options = {}): Promise<UpstreamStandIn> {
  const stop = new AbortController()
  setMaxListeners(0, stop.signal)
  const listeners = new Set<(event: UpstreamEvent) => void>()
  const emit = (event: UpstreamEvent) => {
    for (const listener of listeners) listener(event)
  }
  const queue: Behaviour[] = []
  const faults = new Map<string, Fault[]>()
  const apiKey = options.apiKey ?? randomBytes(16).toString('hex')
  const account = { credit: 5_000 }
  const speed = { runMs: 1_500, slowMs: 20_000, visibleMs: 0 }
  // Documented: 20 new requests per 10 s for an account, 10 queries per second for a key.
  const limits = { creations: openPace(20, 10_000), reads: openPace(10, 1_000) }

  const models = documentedModels()
  const studio = openStudio()
  const { dataDir } = options
  const files = openFiles({ studio, origin: () => standIn.baseUrl, ...(dataDir !== undefined && { dataDir }) })
  const changed = (type: 'task' | 'callback') => (task: TaskView) => {
    keep?.changed()
    emit({ type, taskId: task.taskId })
  }
  const callbacks = openCallbacks({ webhookKey: options.webhookKey, stop: stop.signal, changed: changed('callback') })
  const seed = options.seed ?? 1
  const signal = stop.signal
  const tasks = openTasks({ models, files, callbacks, account, speed, seed, stop: signal, changed: changed('task') })
  const state = (): Kept => ({
    baseUrl: standIn.baseUrl,
    credit: account.credit,
    tasks: tasks.list.map(task => ({ task, credits: tasks.costs.get(task.taskId) ?? 0 })),
    files: [...files.stored.values()],
  })
  const keep = dataDir === undefined ? undefined : openKeep(dataDir, state)

  const server = fastify({ forceCloseConnections: true, requestTimeout: 60_000 })
  answerInEnvelopes(server)
  priceRoute(server, models)
  documentRoutes(server, { models, origin: () => standIn.baseUrl })
  fileRoutes(server, { files, stop: signal })
  const keyed: FastifyPluginAsync = async guarded => {
    askForKey(guarded, apiKey)
    answerFaults(guarded, faults)
    creditRoute(guarded, account)
    await uploadRoutes(guarded, { files, stop: signal })
    jobRoutes(guarded, {
      models,
      tasks,
      account,
      speed,
      ...limits,
      behaviourOfNext: () => queue.shift() ?? standIn.behaviour,
      refused({ code, msg }, body) {
        const { model, input } = isRecord(body) ? body : {}
        standIn.refusals.push({ at: Date.now(), model: String(model), code, msg, input })
        emit({ type: 'refusal' })
      },
    })
  }
  await server.register(keyed)

  const standIn: UpstreamStandIn = {
    baseUrl: '',
    apiKey,
    get credit() {
      return account.credit
    },
    set credit(credit) {
      account.credit = credit
      keep?.changed()
    },
    models,
    tasks: tasks.list,
    refusals: [],
    speed,
    behaviour: 'normal',
    limits,
    next(behaviour, times = 1) {
      queue.push(...new Array<Behaviour>(times).fill(behaviour))
    },
    faultNext(call, fault, times = 1) {
      faults.set(call, [...(faults.get(call) ?? []), ...new Array<Fault>(times).fill(fault)])
    },
    tasksPerCallbackPath() {
      const counts = new Map<string, number>()
      for (const { callBackUrl } of tasks.list) {
        if (callBackUrl === undefined) continue
        const { pathname } = new URL(callBackUrl)
        counts.set(pathname, (counts.get(pathname) ?? 0) + 1)
      }
      return counts
    },
    expire(taskId) {
      for (const url of tasks.find(taskId)?.resultUrls ?? []) files.expire(url)
    },
    on(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async close() {
      stop.abort()
      await server.close()
      await Promise.all([callbacks.close(), studio.close(), keep?.close()])
    },
  }

  await server.listen({ host: '127.0.0.1', port: options.port ?? 0 })
  standIn.baseUrl = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`
  const kept = await keep?.load(standIn.baseUrl)
  if (kept) {
    account.credit = kept.credit
    for (const file of kept.files) files.stored.set(file.path, file)
    tasks.resume(kept.tasks)
  }
  return standIn
}

/** Every answer is HTTP 200 with `{code, msg, data}`, failures too. */
function answerInEnvelopes(server: FastifyInstance) {
  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (!error.statusCode || error.statusCode >= 500) console.error('the stand-in upstream has a fault', error)
    return reply.code(200).send({ code: error.statusCode ?? 500, msg: error.message, data: null })
  })
  server.setNotFoundHandler((_request, reply) => reply.code(200).send({ code: 404, msg: 'Not Found', data: null }))
}

function askForKey(server: FastifyInstance, apiKey: string) {
  const wanted = Buffer.from(`Bearer ${apiKey}`)
  const refusal: Refusal = { code: 401, msg: 'You do not have access permissions' }
  server.addHook('onRequest', async (request, reply) => {
    const sent = Buffer.from(request.headers.authorization ?? '')
    if (sent.length !== wanted.length || !timingSafeEqual(sent, wanted)) return reply.send({ ...refusal, data: null })
  })
}

function answerFaults(server: FastifyInstance, faults: Map<string, Fault[]>) {
  server.addHook('onRequest', async (request, reply) => {
    const call = request.routeOptions.url?.split('/').at(-1) ?? ''
    const fault = faults.get(call)?.shift()
    if (fault === undefined) return
    if (fault === 'cut') return cut(reply)
    if (fault === 'silence') return reply.hijack()
    if (fault === 'html') return badGateway(reply, () => {})
    return reply.send({ ...fault, data: null })
  })
}
