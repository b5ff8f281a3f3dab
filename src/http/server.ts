import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import { fastify, LogController } from 'fastify'
import { Unknown } from '../errors.ts'
import type { Log } from '../log.ts'

/** An HTTP server with our limits and one error handler: what went wrong inside stays inside. */
export function createServer(log: Log) {
  const server = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: 15_000, // Fastify's default is none
    connectionTimeout: 65_000,
    keepAliveTimeout: 72_000, // Telegram closes an idle connection after 60 s
    bodyLimit: 65_536,
    routerOptions: { maxParamLength: 128 },
    forceCloseConnections: 'idle',
  })
    .setValidatorCompiler(TypeBoxValidatorCompiler)
    .withTypeProvider<TypeBoxTypeProvider>()

  server.addHook('onRequest', async (request, reply) => {
    const encoding = request.headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') {
      return reply.code(415).send({ message: 'Content-Encoding is not supported' })
    }
  })

  server.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (error instanceof Unknown) {
      request.log.warn({ err: error, url: request.routeOptions.url }, 'not stored, to be sent again')
      return reply.code(503).header('retry-after', '2').send({ message: 'try again' })
    }
    const status = error.statusCode ?? 500
    if (status >= 500) request.log.error({ err: error, url: request.routeOptions.url }, 'request failed')
    return reply.code(status).send({ message: status >= 500 ? 'internal error' : error.message })
  })
  server.setNotFoundHandler((_request, reply) => reply.code(404).send({ message: 'not found' }))
  return server
}
