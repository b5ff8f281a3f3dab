import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { createPlaces, type Strangers } from './strangers.ts'

const Said = Type.Object({ message: Type.String() })

type Options = {
  /** Any of them will do: while one is replaced, updates come with the old and the new. */
  secrets: readonly string[]
  /** Has stored the update once it resolves: Telegram forgets it on our 200. `Unknown` makes Telegram send it again. */
  receive(body: string): Promise<void>
  strangers: Strangers
}

// Telegram sends a hundred at once at the most (max_connections of setWebhook). A body is 1 MiB at the most.
const maxAtOnce = 200

/**
 * POST /webhook: an update is stored, then acknowledged with an empty body (docs/providers/telegram.md, "Delivery of
 * updates").
 */
export const telegramWebhook: FastifyPluginAsyncTypebox<Options> = async (server, { secrets, receive, strangers }) => {
  const places = createPlaces({ perKey: maxAtOnce, inAll: maxAtOnce })
  // Whatever an authentic call carries is stored, so the body is taken as text and nothing is refused for its form.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))

  server.post('/webhook', {
    bodyLimit: 1_048_576, // an update has at most 512 KiB
    schema: { response: { 200: Type.String(), 401: Said, 503: Said } },
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
