import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { isOurCallback, isSigned, taskIdOf } from '../upstream/callbacks.ts'

type Options = {
  secret: string
  /** The upstream's signing key, where it was made: then an unsigned callback is nobody's. */
  webhookKey: string | undefined
  /** Called for a callback whose address we made. Its body is a hint, never a verdict. */
  receive(generationId: string, taskId: string | undefined): Promise<void>
}

const Params = Type.Object({ generation: Type.String({ maxLength: 64 }), mac: Type.String({ maxLength: 128 }) })
const Said = Type.Object({ code: Type.Integer(), msg: Type.String() })

/** POST /callbacks/kie/:generation/:mac: the upstream says that a task has ended (kie-api.md §4). */
export const kieCallbacks: FastifyPluginAsyncTypebox<Options> = async (server, { secret, webhookKey, receive }) => {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))

  server.post('/callbacks/kie/:generation/:mac', {
    bodyLimit: 65_536,
    schema: { params: Params, response: { 200: Said, 404: Said } },
    async handler(request, reply) {
      const { generation, mac } = request.params
      const taskId = taskIdOf(parsed(request.body))
      const isAuthentic =
        isOurCallback(generation, mac, secret) &&
        (webhookKey === undefined ||
          (taskId !== undefined && isSigned(request.headers, taskId, webhookKey, Date.now())))
      if (!isAuthentic) {
        request.log.warn({ ip: request.ip }, 'a callback that is not ours was refused')
        return reply.code(404).send({ code: 404, msg: 'not found' })
      }
      await receive(generation, taskId)
      return { code: 200, msg: 'success' }
    },
  })
}

const parsed = (body: unknown): unknown => {
  try {
    return JSON.parse(String(body))
  } catch {
    return undefined
  }
}
