import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import { type FastifyReply, type FastifyRequest, fastify, LogController } from 'fastify'
import { Refused, Unknown } from '../errors.ts'
import type { Log } from '../log.ts'
import { createPlaces, type Strangers } from './strangers.ts'

// The time for a whole request to arrive, headers and body. Fastify's default is no limit, and Node checks only every
// 30 s by default.
const requestTimeoutMs = 15_000
const headersTimeoutMs = 10_000
const lookEveryMs = 1_000
// Telegram opens at most a hundred connections, a platform's proxy some more.
const connections = { perKey: 2_000, inAll: 4_000 }

/**
 * Returns an HTTP server with our limits and one error handler that hides internal errors. `isProxied`: all connections
 * come from a proxy, so their address says nothing about the caller.
 */
export function createServer(log: Log, { strangers, isProxied }: { strangers: Strangers; isProxied: boolean }) {
  const notFound = async (request: FastifyRequest, reply: FastifyReply) => {
    await strangers.hold(request)
    return reply.code(404).send({ message: 'not found' })
  }
  const server = newServer(log, notFound)
  refuseCodings(server, strangers)
  boundConnections(server, isProxied)
  answerErrors(server, strangers)
  return server.setNotFoundHandler(notFound)
}

type NotFound = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

const newServer = (log: Log, notFound: NotFound) =>
  fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: requestTimeoutMs,
    http: {
      requestTimeout: requestTimeoutMs,
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: lookEveryMs,
    },
    connectionTimeout: 65_000,
    keepAliveTimeout: 72_000, // Telegram closes an idle connection after 60 s
    bodyLimit: 65_536,
    routerOptions: { maxParamLength: 128 },
    forceCloseConnections: 'idle',
    // An unreadable or too long address gets the answer of an unknown one.
    frameworkErrors: (_error, request, reply) => void notFound(request, reply).catch(() => tooMany(reply)),
  })
    .setValidatorCompiler(TypeBoxValidatorCompiler)
    .withTypeProvider<TypeBoxTypeProvider>()

type Server = ReturnType<typeof newServer>

/** Refuses compressed bodies: a small one could expand to any size. */
function refuseCodings(server: Server, strangers: Strangers) {
  server.addHook('onRequest', async (request, reply) => {
    const { 'content-encoding': encoding = 'identity', 'transfer-encoding': coding = 'chunked' } = request.headers
    if (encoding === 'identity' && coding.toLowerCase() === 'chunked') return
    await strangers.hold(request)
    return reply.code(415).send({ message: 'compressed bodies are not supported' })
  })
  server.server.on('checkExpectation', (_request, response) => response.writeHead(417, { connection: 'close' }).end())

  // If the answer goes out before the end of the body, close the connection.
  server.addHook('onSend', async (request, reply) => {
    if (hasBody(request) && !request.raw.complete) reply.header('connection', 'close')
  })
}

function boundConnections({ server }: Server, isProxied: boolean) {
  const places = createPlaces({ ...connections, ...(isProxied && { perKey: connections.inAll }) })
  server.on('connection', socket => {
    const giveBack = places.take(socket.remoteAddress ?? '')
    if (!giveBack) return socket.destroy()
    return socket.once('close', giveBack)
  })
}

function answerErrors(server: Server, strangers: Strangers) {
  server.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    if (error instanceof Unknown) {
      request.log.warn({ err: error, url: request.routeOptions.url }, 'not stored, to be sent again')
      return reply.code(503).header('retry-after', '2').send({ message: 'try again' })
    }
    if (error instanceof Refused && error.code === 'flood') return tooMany(reply)
    const status = error.statusCode ?? 500
    if (status >= 500) {
      request.log.error({ err: error, url: request.routeOptions.url }, 'request failed')
      return reply.code(status).send({ message: 'internal error' })
    }
    // A body that does not fit counts as unauthenticated, whoever sent it.
    const isHeld = await strangers.hold(request).then(
      () => true,
      () => false,
    )
    return isHeld ? reply.code(status).send({ message: error.message }) : tooMany(reply)
  })
}

const tooMany = (reply: FastifyReply) =>
  reply.code(503).headers({ 'retry-after': '5', connection: 'close' }).send({ message: 'too many requests' })

const hasBody = ({ headers }: FastifyRequest) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
