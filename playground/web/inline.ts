import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { TelegramStandIn } from '../telegram/server.ts'
import { UserParams } from './chat-schemas.ts'
import { known } from './chats-person.ts'
import { playing } from './refusal.ts'

const Asked = Type.Object(
  { query: Type.String({ maxLength: 256 }), chatId: Type.Optional(Type.Integer()) },
  { additionalProperties: false },
)
const Chosen = Type.Object(
  { queryId: Type.String({ maxLength: 30 }), resultId: Type.String({ minLength: 1, maxLength: 64 }) },
  { additionalProperties: false },
)

/** «@bot words» in a chat of a person: what the bot offers, and sending one of it. */
export const inlineRoutes: FastifyPluginAsyncTypebox<{ telegram: TelegramStandIn }> = async (server, { telegram }) => {
  const { player } = telegram
  server.post('/people/:userId/inline', { schema: { params: UserParams, body: Asked } }, async ({ params, body }) => {
    const { id } = known(player, params)
    const { query, chatId } = body
    const answer = await playing(() => player.inline(id, query, chatId === undefined ? {} : { chatId }))
    return answer === 'expired' ? { expired: true } : { expired: false, ...answer }
  })
  const choose = '/people/:userId/inline/choose'
  server.post(choose, { schema: { params: UserParams, body: Chosen } }, async ({ params, body }) => {
    const { id } = known(player, params)
    return await playing(() => player.chooseInline(id, body.queryId, body.resultId))
  })
}
