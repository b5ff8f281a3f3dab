import type { FastifyInstance } from 'fastify'
import { badGateway, cut, isRecord } from './answers.ts'
import { creditsFor } from './models/credits.ts'
import { type Refusal, refusedInput } from './models/input-check.ts'
import type { Model } from './models/models.ts'
import { refusedByPublished } from './models/published.ts'
import type { openPace } from './pace.ts'
import { recordOf } from './record.ts'
import type { Behaviour } from './stand-in.ts'
import type { Tasks } from './tasks.ts'

const SHORT_OF_CREDITS =
  'Credits insufficient : Your current balance isn’t enough to run this request. Please top up to continue.'
const UNKNOWN_MODEL =
  'The model name you specified is not supported. Please verify your input and use one of the supported models provided by KIE.'
const TOO_MANY = { code: 429, msg: 'Too many requests, please try again later.' }

/** What a task is refused with on request. Missing credits came as 500 and as 402 on the wire: here the switch says 500. */
const REFUSALS: Partial<Record<Behaviour, Refusal>> = {
  no_credit: { code: 500, msg: SHORT_OF_CREDITS },
  rate_limited: TOO_MANY,
  maintenance: { code: 455, msg: 'The server is currently being maintained, please try again later~' },
  server_error: { code: 500, msg: 'Internal Error, Please try again later.' },
  unauthorized: { code: 401, msg: 'You do not have access permissions' },
}

type Options = {
  models: Map<string, Model>
  tasks: Tasks
  account: { credit: number }
  speed: { visibleMs: number }
  creations: ReturnType<typeof openPace>
  reads: ReturnType<typeof openPace>
  behaviourOfNext: () => Behaviour
  refused: (refusal: Refusal, body: unknown) => void
}

/**
 * `POST /api/v1/jobs/createTask` and `GET /api/v1/jobs/recordInfo`: always HTTP 200, the body's code decides
 * (docs/providers/kie.md, "Envelope").
 */
export function jobRoutes(server: FastifyInstance, options: Options) {
  const { models, tasks, account, speed, creations, reads, behaviourOfNext, refused } = options

  server.post('/api/v1/jobs/createTask', async (request, reply) => {
    const refuse = (refusal: Refusal) => {
      refused(refusal, request.body)
      return { ...refusal, data: null }
    }
    // A request over the limit is dropped, not queued.
    if (!creations.take()) return refuse(TOO_MANY)
    const wanted = readRequest(request.body)
    if ('code' in wanted) return refuse(wanted)
    const model = models.get(wanted.model)
    if (!model) return refuse({ code: 422, msg: UNKNOWN_MODEL })
    const wrong = refusedInput(model, wanted.input, tasks.known) ?? refusedByPublished(model.id, wanted.input)
    if (wrong) return refuse(wrong)
    const credits = creditsFor(model, wanted.input, tasks.known)
    if (typeof credits !== 'number') return refuse(credits)

    const behaviour = behaviourOfNext()
    const chosen = REFUSALS[behaviour]
    if (chosen) return refuse(chosen)
    if (behaviour === 'http_502')
      return badGateway(reply, () => refused({ code: 502, msg: 'Bad Gateway' }, request.body))
    if (behaviour === 'no_task_id') {
      refused({ code: 200, msg: 'success' }, request.body)
      return { code: 200, msg: 'success', data: {} }
    }
    if (account.credit < credits) return refuse({ code: 402, msg: SHORT_OF_CREDITS })

    const { taskId } = await tasks.start({ ...wanted, model, behaviour, credits })
    if (behaviour === 'ambiguous') return cut(reply)
    return { code: 200, msg: 'success', data: { taskId, recordId: taskId } }
  })

  server.get('/api/v1/jobs/recordInfo', async request => {
    if (!reads.take()) return { ...TOO_MANY, data: null }
    const { taskId } = request.query as { taskId?: unknown }
    if (typeof taskId !== 'string' || taskId === '') {
      return { code: 400, msg: 'taskId parameter is required', data: null }
    }
    const task = tasks.find(taskId)
    if (task) task.recordReads++
    if (!task || Date.now() < task.createdAt + speed.visibleMs) {
      return { code: 422, msg: 'recordInfo is null', data: null }
    }
    return { code: 200, msg: 'success', data: recordOf(task) }
  })
}

type TaskRequest = { model: string; input: Record<string, unknown>; callBackUrl?: string }

function readRequest(body: unknown): TaskRequest | Refusal {
  if (!isRecord(body)) return { code: 422, msg: 'the body must be a JSON object' }
  const { model, input, callBackUrl, ...rest } = body
  const strange = Object.keys(rest)[0]
  if (strange !== undefined) return { code: 422, msg: `${strange} is not a field of createTask` }
  if (model === undefined || model === '') return { code: 500, msg: 'model is required' }
  if (typeof model !== 'string') return { code: 422, msg: 'model must be a string' }
  if (input === undefined || input === null) return { code: 500, msg: 'input is required' }
  if (!isRecord(input)) return { code: 422, msg: 'input must be an object' }
  if (callBackUrl === undefined) return { model, input }
  if (typeof callBackUrl !== 'string' || !/^https?:\/\//.test(callBackUrl) || !URL.canParse(callBackUrl)) {
    return { code: 422, msg: 'callBackUrl must be a URL' }
  }
  return { model, input, callBackUrl }
}
