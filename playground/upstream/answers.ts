import { timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Refusal } from './models/input-check.ts'
import type { Fault } from './stand-in.ts'

/** Every answer is HTTP 200 with `{code, msg, data}`, failures too. */
export function answerInEnvelopes(server: FastifyInstance) {
  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (!error.statusCode || error.statusCode >= 500) console.error('the stand-in upstream has a fault', error)
    return reply.code(200).send({ code: error.statusCode ?? 500, msg: error.message, data: null })
  })
  server.setNotFoundHandler((_request, reply) => reply.code(200).send({ code: 404, msg: 'Not Found', data: null }))
}

/** Refuses calls without the key. */
export function askForKey(server: FastifyInstance, apiKey: string) {
  const wanted = Buffer.from(`Bearer ${apiKey}`)
  const refusal: Refusal = { code: 401, msg: 'You do not have access permissions' }
  server.addHook('onRequest', async (request, reply) => {
    const sent = Buffer.from(request.headers.authorization ?? '')
    if (sent.length !== wanted.length || !timingSafeEqual(sent, wanted)) return reply.send({ ...refusal, data: null })
  })
}

/** Answers a call with the next fault that was put in front of it. */
export function answerFaults(server: FastifyInstance, faults: Map<string, Fault[]>) {
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

/** Ends the connection without an answer. */
export function cut(reply: FastifyReply) {
  reply.hijack()
  reply.raw.socket?.destroy()
  return reply
}

/** The page of an edge server whose backend is down. `noted` is called first. */
export function badGateway(reply: FastifyReply, noted: () => void) {
  noted()
  const page =
    '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>\r\n'
  return reply.code(502).type('text/html').send(page)
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
