import { randomUUID } from 'node:crypto'
import multipart from '@fastify/multipart'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { Person, TelegramStandIn } from '../telegram/server.ts'
import { readUpload, sendFile, uploadLimits } from './files.ts'
import { playing, Refusal } from './refusal.ts'

/** The people of the stand-in Telegram and all that they do in their chats: speak, press, pay, send files. */
export const chats: FastifyPluginAsyncTypebox<{ telegram: TelegramStandIn }> = async (server, { telegram }) => {
  const { player } = telegram
  await server.register(multipart, { limits: uploadLimits })

  server.get('/people', async () => ({
    bot: telegram.bot,
    people: player.people().map(person => ({
      ...person,
      last: player.chat(person.id).at(-1) ?? null,
      commands: telegram.commandsFor(person.id),
    })),
  }))
  server.post('/people', { schema: { body: NewPerson } }, async ({ body }, reply) => {
    const { firstName, ...rest } = body
    reply.code(201)
    return await playing(() => player.addPerson({ firstName: firstName.trim(), ...rest }))
  })
  server.patch('/people/:userId', { schema: { params: UserParams, body: PersonChange } }, async ({ params, body }) => {
    const { id } = known(params)
    await playing(() => {
      if (body.languageCode !== undefined) player.setLanguage(id, body.languageCode)
      if (body.blocked !== undefined) player.block(id, body.blocked)
    })
    return known(params)
  })
  server.get('/people/:userId/chat', { schema: { params: UserParams } }, async ({ params }) => ({
    messages: player.chat(known(params).id),
  }))
  server.post('/people/:userId/say', { schema: { params: UserParams, body: Say } }, async ({ params, body }) => {
    const { id } = known(params)
    return await playing(() => player.say(id, body.text))
  })
  server.post('/people/:userId/open', { schema: { params: UserParams, body: Open } }, async ({ params, body }) => {
    const { id } = known(params)
    return await playing(() => player.open(id, body.payload))
  })
  server.post('/people/:userId/press', { schema: { params: UserParams, body: Push } }, async ({ params, body }) => {
    const { id } = known(params)
    const { messageId, data, text, force } = body
    const button = data !== undefined ? { data } : text !== undefined ? { text } : undefined
    if (!button) throw new Refusal(400, 'invalid', 'Нужно data или text кнопки')
    const answer = await playing(() => player.press(id, messageId, button, force))
    return answer === 'expired' ? { expired: true } : { expired: false, ...answer }
  })
  server.post('/people/:userId/pay', { schema: { params: UserParams, body: Pay } }, async ({ params, body }) => {
    const { id } = known(params)
    return await playing(() => player.pay(id, body.messageId))
  })
  server.post('/people/:userId/files', { schema: { params: UserParams } }, async (request, reply) => {
    const { id } = known(request.params)
    const { kind, caption, files } = await readUpload(request)
    const albumId = files.length > 1 ? randomUUID() : undefined
    const messages = []
    for (const [index, file] of files.entries()) {
      const words = index === 0 && caption ? { caption } : {} // the words of an album stand under its first picture
      messages.push(await playing(() => player.send(id, { kind, ...file, ...words, ...(albumId ? { albumId } : {}) })))
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
      if (!file) throw new Refusal(404, 'no_file', 'Такого файла нет')
      return sendFile(request, reply, file, request.query.download !== undefined)
    },
  )

  function known({ userId }: { userId: string }): Person {
    const person = player.people().find(({ id }) => id === Number(userId))
    if (!person) throw new Refusal(404, 'no_person', `Человека ${userId} нет`)
    return person
  }
}

const UserParams = Type.Object({ userId: Type.String({ pattern: '^[0-9]{1,15}$' }) })
const Language = Type.String({ pattern: '^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$' })
const NewPerson = Type.Object(
  {
    firstName: Type.String({ minLength: 1, maxLength: 64, pattern: '\\S' }),
    username: Type.Optional(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]{3,31}$' })),
    languageCode: Type.Optional(Language),
  },
  { additionalProperties: false },
)
const PersonChange = Type.Object(
  { languageCode: Type.Optional(Language), blocked: Type.Optional(Type.Boolean()) },
  { additionalProperties: false, minProperties: 1 },
)
// Longer than one Telegram message on purpose: what the service does with it is worth seeing.
const Say = Type.Object({ text: Type.String({ minLength: 1, maxLength: 20_000 }) }, { additionalProperties: false })
const Open = Type.Object(
  { payload: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })) },
  { additionalProperties: false },
)
const messageId = Type.Integer({ minimum: 1 })
const Push = Type.Object(
  {
    messageId,
    data: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    text: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
    force: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
const Pay = Type.Object({ messageId }, { additionalProperties: false })
