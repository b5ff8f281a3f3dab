import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { TelegramStandIn } from '../telegram/server.ts'
import { TopicName, TopicParams, UserParams } from './chat-schemas.ts'
import { known } from './chats-person.ts'
import { playing } from './refusal.ts'

/** The topics of a person's chat. */
export const topicRoutes: FastifyPluginAsyncTypebox<{ telegram: TelegramStandIn }> = async (server, { telegram }) => {
  const { player } = telegram
  const topics = '/people/:userId/topics'
  server.post(topics, { schema: { params: UserParams, body: TopicName } }, async ({ params, body }, reply) => {
    const { id } = known(player, params)
    reply.code(201)
    return await playing(() => player.addTopic(id, body.name))
  })
  const schema = { params: TopicParams, body: TopicName }
  server.patch(`${topics}/:threadId`, { schema }, async ({ params, body }) => {
    const { id } = known(player, params)
    await playing(() => player.renameTopic(id, Number(params.threadId), body.name))
    return { topics: player.topics(id) }
  })
  server.delete(`${topics}/:threadId`, { schema: { params: TopicParams } }, async ({ params }) => {
    const { id } = known(player, params)
    await playing(() => player.deleteTopic(id, Number(params.threadId)))
    return { topics: player.topics(id) }
  })
}
