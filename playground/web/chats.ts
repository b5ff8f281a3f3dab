import { randomUUID } from 'node:crypto'
import multipart from '@fastify/multipart'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { TelegramStandIn } from '../telegram/server.ts'
import { NewPerson, Open, Pay, PersonChange, Push, Rewrite, Say, UserParams } from './chat-schemas.ts'
import { known } from './chats-person.ts'
import { topicRoutes } from './chats-topics.ts'
import { readUpload, sendFile, uploadLimits } from './files.ts'
import { Reaction } from './group-schemas.ts'
import { groups } from './groups.ts'
import { inlineRoutes } from './inline.ts'
import { playing, Refusal } from './refusal.ts'
import { subscriptionRoutes } from './subscriptions.ts'

type ChatOptions = { telegram: TelegramStandIn }

/** The people of the stand-in Telegram and what they do in their chats: write, press, pay, send files. */
export const chats: FastifyPluginAsyncTypebox<ChatOptions> = async (server, { telegram }) => {
  await server.register(multipart, { limits: uploadLimits })
  await server.register(peopleRoutes, { telegram })
  await server.register(moveRoutes, { telegram })
  await server.register(topicRoutes, { telegram })
  await server.register(fileRoutes, { telegram })
  await server.register(groups, { telegram })
  await server.register(inlineRoutes, { telegram })
  await server.register(subscriptionRoutes, { telegram })
}

const peopleRoutes: FastifyPluginAsyncTypebox<ChatOptions> = async (server, { telegram }) => {
  const { player } = telegram
  server.get('/people', async () => ({
    bot: telegram.bot,
    people: player.people().map(person => ({
      ...person,
      last: player.chat(person.id).at(-1) ?? null,
      commands: telegram.commandsFor(person.id),
      profile: telegram.profileFor(person.id),
    })),
    groups: player.groups().map(group => ({
      ...group,
      last: player.chat(group.id).at(-1) ?? null,
      commands: telegram.commandsFor(group.id),
    })),
  }))
  server.post('/people', { schema: { body: NewPerson } }, async ({ body }, reply) => {
    const { firstName, ...rest } = body
    reply.code(201)
    return await playing(() => player.addPerson({ firstName: firstName.trim(), ...rest }))
  })
  server.patch('/people/:userId', { schema: { params: UserParams, body: PersonChange } }, async ({ params, body }) => {
    const { id } = known(player, params)
    await playing(() => {
      if (body.languageCode !== undefined) player.setLanguage(id, body.languageCode)
      if (body.blocked !== undefined) player.block(id, body.blocked)
      if (body.topics !== undefined) player.setTopics(id, body.topics)
    })
    return known(player, params)
  })
}

const moveRoutes: FastifyPluginAsyncTypebox<ChatOptions> = async (server, { telegram: { player } }) => {
  server.get('/people/:userId/chat', { schema: { params: UserParams } }, async ({ params }) => {
    const { id } = known(player, params)
    return { messages: player.chat(id), unread: player.unread(id), topics: player.topics(id) }
  })
  server.post('/people/:userId/say', { schema: { params: UserParams, body: Say } }, async ({ params, body }) => {
    const { id } = known(player, params)
    const { text, ...options } = body
    return { messages: await playing(() => player.paste(id, text, options)) }
  })
  server.post(
    '/people/:userId/rewrite',
    { schema: { params: UserParams, body: Rewrite } },
    async ({ params, body }) => {
      const { id } = known(player, params)
      return await playing(() => player.rewrite(id, body.messageId, body.text))
    },
  )
  server.post('/people/:userId/open', { schema: { params: UserParams, body: Open } }, async ({ params, body }) => {
    const { id } = known(player, params)
    return await playing(() => player.open(id, body.payload))
  })
  server.post('/people/:userId/press', { schema: { params: UserParams, body: Push } }, async ({ params, body }) => {
    const { id } = known(player, params)
    const { messageId, data, text, force } = body
    const button = data !== undefined ? { data } : text !== undefined ? { text } : undefined
    if (!button)
      throw new Refusal(400, 'invalid', {
        ru: 'Нужно data или text кнопки',
        en: 'Give the data or the text of a button',
      })
    const answer = await playing(() => player.press(id, messageId, button, force))
    return answer === 'expired' ? { expired: true } : { expired: false, ...answer }
  })
  server.post('/people/:userId/react', { schema: { params: UserParams, body: Reaction } }, async ({ params, body }) => {
    const { id } = known(player, params)
    return await playing(() => player.react(id, body.messageId, body.emoji))
  })
  server.post('/people/:userId/pay', { schema: { params: UserParams, body: Pay } }, async ({ params, body }) => {
    const { id } = known(player, params)
    return await playing(() => player.pay(id, body.messageId))
  })
}

const fileRoutes: FastifyPluginAsyncTypebox<ChatOptions> = async (server, { telegram: { player } }) => {
  server.post('/people/:userId/files', { schema: { params: UserParams } }, async (request, reply) => {
    const { id } = known(player, request.params)
    const { kind, caption, replyTo, threadId, files } = await readUpload(request)
    const albumId = files.length > 1 ? randomUUID() : undefined
    const topic = threadId === undefined ? {} : { threadId }
    const messages = []
    for (const [index, file] of files.entries()) {
      // The caption and the reply of an album belong to its first picture.
      const words = index === 0 ? { ...(caption ? { caption } : {}), ...(replyTo ? { replyTo } : {}) } : {}
      messages.push(
        await playing(() => player.send(id, { kind, ...file, ...topic, ...words, ...(albumId ? { albumId } : {}) })),
      )
    }
    reply.code(201)
    return { messages }
  })

  server.get(
    '/files/:fileId',
    {
      schema: {
        params: Type.Object({ fileId: Type.String({ maxLength: 300 }) }),
        querystring: Type.Object({ download: Type.Optional(Type.String()) }),
      },
    },
    async (request, reply) => {
      const file = player.file(request.params.fileId)
      if (!file) throw new Refusal(404, 'no_file', { ru: 'Такого файла нет', en: 'There is no such file' })
      return sendFile(request, reply, file, request.query.download !== undefined)
    },
  )
}
