import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { createPlaces, type Strangers } from './strangers.ts'

const ErrorBody = Type.Object({ message: Type.String() })

type Options = {
  /** Any of these secrets is accepted. While you replace one, updates come with the old and the new. */
  secrets: readonly string[]
  /**
   * Stores the update before it resolves: Telegram forgets the update after our 200. On `Unknown`, Telegram sends it
   * again.
   */
  receive(body: string): Promise<void>
  strangers: Strangers
}

// Telegram sends at most a hundred updates at once (max_connections of setWebhook). A body is at most 1 MiB.
const maxAtOnce = 200

/**
 * POST /webhook: stores an update, then acknowledges it with an empty body (docs/providers/telegram.md, "Delivery of
 * updates").
 */
export const telegramWebhook: FastifyPluginAsyncTypebox<Options> = async (server, { secrets, receive, strangers }) => {
  const places = createPlaces({ perKey: maxAtOnce, inAll: maxAtOnce })
  // Every authentic call is stored, so the body is read as text and never refused for its form.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))

  server.post('/webhook', {
    bodyLimit: 1_048_576, // an update has at most 512 KiB
    schema: { response: { 200: Type.String(), 401: ErrorBody, 503: ErrorBody } },
    async onRequest(request, reply) {
      // Before the body is read.
      const sent = request.headers['x-telegram-bot-api-secret-token']
      if (secrets.some(secret => matches(sent, secret))) {
        const giveBack = places.take('')
        if (!giveBack) return reply.code(503).header('retry-after', '1').send({ message: 'too many at once' })
        reply.raw.once('close', giveBack)
        return
      }
      if (!strangers.isFlooding(request)) {
        request.log.warn({ ip: request.ip }, 'a webhook call without the right secret was refused')
      }
      await strangers.hold(request)
      return reply.code(401).send({ message: 'Unauthorized' })
    },
    async handler(request, reply) {
      await receive(typeof request.body === 'string' ? request.body : '')
      return reply.code(200).send('')
    },
  })
}

const digest = (text: string) => createHash('sha256').update(text).digest()

/** Compares in constant time, whatever the lengths. */
const matches = (sent: unknown, secret: string) =>
  typeof sent === 'string' && timingSafeEqual(digest(sent), digest(secret))
