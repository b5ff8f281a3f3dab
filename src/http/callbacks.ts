import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isOurCallback, isSigned, taskIdOf } from '../upstream/callbacks.ts'
import { createPlaces, type Strangers } from './strangers.ts'

type Options = {
  secret: string
  /** The upstream's signing key; if set, unsigned callbacks are rejected. */
  webhookKey: string | undefined
  /** Called for a callback to an address that we made. Treat its body as a hint and never as a result. */
  receive(generationId: string, taskId: string | undefined): Promise<void>
  strangers: Strangers
}

// The upstream calls once per run. About this many runs may end at once.
const maxAtOnce = 100

const Params = Type.Object({ generation: Type.String({ maxLength: 64 }), mac: Type.String({ maxLength: 128 }) })
const ErrorBody = Type.Object({ code: Type.Integer(), msg: Type.String() })

/**
 * POST /callbacks/kie/:generation/:mac: the upstream reports that a task has ended (docs/providers/kie.md,
 * "Callbacks").
 */
export const kieCallbacks: FastifyPluginAsyncTypebox<Options> = async (server, options) => {
  const { secret, webhookKey, receive, strangers } = options
  const places = createPlaces({ perKey: maxAtOnce, inAll: maxAtOnce })
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))

  server.post('/callbacks/kie/:generation/:mac', {
    bodyLimit: 65_536,
    schema: { params: Params, response: { 200: ErrorBody, 503: ErrorBody } },
    async onRequest(request, reply) {
      // Before the body is read.
      const { generation, mac } = request.params
      if (!isOurCallback(generation, mac, secret)) return refuse(request, reply)
      const giveBack = places.take('')
      if (!giveBack) return reply.code(503).header('retry-after', '1').send({ code: 503, msg: 'too many at once' })
      reply.raw.once('close', giveBack)
    },
    async handler(request, reply) {
      const { generation } = request.params
      const taskId = taskIdOf(parsed(request.body))
      const isAuthentic =
        webhookKey === undefined || (taskId !== undefined && isSigned(request.headers, taskId, webhookKey, Date.now()))
      if (!isAuthentic) return refuse(request, reply)
      await receive(generation, taskId)
      return { code: 200, msg: 'success' }
    },
  })

  function refuse(request: FastifyRequest, reply: FastifyReply) {
    if (!strangers.isFlooding(request)) request.log.warn({ ip: request.ip }, 'a callback that is not ours was refused')
    return reply.callNotFound() // rate-limited, so addresses cannot be guessed
  }
}

const parsed = (body: unknown): unknown => {
  try {
    return JSON.parse(String(body))
  } catch {
    return undefined
  }
}
