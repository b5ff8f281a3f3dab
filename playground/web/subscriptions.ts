import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { TelegramStandIn } from '../telegram/server.ts'
import { UserParams } from './chat-schemas.ts'
import { known } from './chats-person.ts'
import { playing } from './refusal.ts'

const Link = Type.Object({ url: Type.String({ maxLength: 200 }) }, { additionalProperties: false })
const One = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) }, { additionalProperties: false })

/** Links to invoices, and a person's subscriptions as the settings of Telegram show them. */
export const subscriptionRoutes: FastifyPluginAsyncTypebox<{ telegram: TelegramStandIn }> = async (
  server,
  { telegram },
) => {
  const { player } = telegram
  const path = '/people/:userId/subscriptions'
  server.get(path, { schema: { params: UserParams, querystring: Type.Partial(Link) } }, async ({ params, query }) => {
    const { id } = known(player, params)
    const { url } = query
    const invoice = url === undefined ? null : await playing(() => player.invoiceOf(url))
    return { invoice, subscriptions: player.subscriptions(id) }
  })
  server.post(`${path}/begin`, { schema: { params: UserParams, body: Link } }, async ({ params, body }) => {
    const { id } = known(player, params)
    return await playing(() => player.payLink(id, body.url))
  })
  const moves = {
    renew: (userId: number, id: string) => player.renew(userId, id),
    fail: (userId: number, id: string) => ({ ...player.renew(userId, id, { isPoor: true }), ok: true }),
    lapse: (userId: number, id: string) => ({ ok: true, ...player.lapse(userId, id) }),
    cancel: (userId: number, id: string) => ({ ok: true, ...player.cancelSubscription(userId, id) }),
    resume: (userId: number, id: string) => ({ ok: true, ...player.resumeSubscription(userId, id) }),
  }
  for (const [way, move] of Object.entries(moves)) {
    server.post(`${path}/${way}`, { schema: { params: UserParams, body: One } }, async ({ params, body }) => {
      const { id } = known(player, params)
      return await playing(() => move(id, body.id))
    })
  }
}
