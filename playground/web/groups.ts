import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { TelegramStandIn } from '../telegram/server.ts'
import type { BotStatus } from '../telegram/stand-in.ts'
import { known } from './chats-person.ts'
import { readUpload } from './files.ts'
import { BotChange, GroupParams, GroupPush, GroupSay, MemberParams, NewGroup, Reaction } from './group-schemas.ts'
import { playing, Refusal } from './refusal.ts'

type Options = { telegram: TelegramStandIn }
type Player = TelegramStandIn['player']

/** The groups of the stand-in Telegram: who is in them, and what each member sees, writes and presses there. */
export const groups: FastifyPluginAsyncTypebox<Options> = async (server, { telegram: { player } }) => {
  await server.register(memberMoves, { player })
  server.post('/groups', { schema: { body: NewGroup } }, async ({ body }, reply) => {
    const { creator, members = [] } = body
    for (const id of [creator, ...members]) known(player, { userId: String(id) })
    const id = await playing(() => {
      const others = members.filter(member => member !== creator)
      const made = player.addGroup(body.title.trim(), { creator, members: others, bot: false })
      player.setBot(made, 'member', creator)
      return made
    })
    reply.code(201)
    return groupOf(player, { groupId: String(id) })
  })
  server.patch('/groups/:groupId', { schema: { params: GroupParams, body: BotChange } }, async ({ params, body }) => {
    const { id } = groupOf(player, params)
    await playing(() => player.setBot(id, body.bot as BotStatus, body.by))
    return groupOf(player, params)
  })
  server.put('/groups/:groupId/members/:userId', { schema: { params: MemberParams } }, async ({ params }) => {
    const { id } = groupOf(player, params)
    await playing(() => player.join(id, known(player, params).id))
    return groupOf(player, params)
  })
  server.delete('/groups/:groupId/members/:userId', { schema: { params: MemberParams } }, async ({ params }) => {
    const { id } = groupOf(player, params)
    await playing(() => player.leave(id, known(player, params).id))
    return groupOf(player, params)
  })
}

/** A chat as one member has it: the addresses below are those of a person's own chat. */
const memberMoves: FastifyPluginAsyncTypebox<{ player: Player }> = async (server, { player }) => {
  const as = '/groups/:groupId/as/:userId'
  const params = MemberParams
  const place = (given: { groupId: string; userId: string }) => ({
    group: groupOf(player, given).id,
    user: known(player, given).id,
  })
  server.get(`${as}/chat`, { schema: { params } }, async request => {
    const { group, user } = place(request.params)
    return { messages: player.chatOf(user, group), unread: [], topics: [] }
  })
  server.post(`${as}/say`, { schema: { params, body: GroupSay } }, async request => {
    const { group, user } = place(request.params)
    const { text, ...options } = request.body
    return { messages: [await playing(() => player.sayIn(group, user, text, options))] }
  })
  server.post(`${as}/press`, { schema: { params, body: GroupPush } }, async request => {
    const { group, user } = place(request.params)
    const { messageId, data, text } = request.body
    const button = data === undefined ? { text: text ?? '' } : { data }
    const answer = await playing(() => player.pressIn(group, user, messageId, button))
    return answer === 'expired' ? { expired: true } : { expired: false, ...answer }
  })
  server.post(`${as}/react`, { schema: { params, body: Reaction } }, async request => {
    const { group, user } = place(request.params)
    return await playing(() => player.react(user, request.body.messageId, request.body.emoji, group))
  })
  server.post(`${as}/files`, { schema: { params } }, async (request, reply) => {
    const { group, user } = place(request.params)
    const { kind, caption, replyTo, files } = await readUpload(request)
    const albumId = files.length > 1 ? randomUUID() : undefined
    const messages = []
    for (const [index, file] of files.entries()) {
      const words = index === 0 ? { ...(caption ? { caption } : {}), ...(replyTo ? { replyTo } : {}) } : {}
      const sent = { kind, ...file, ...words, ...(albumId ? { albumId } : {}) }
      messages.push(await playing(() => player.sendIn(group, user, sent)))
    }
    reply.code(201)
    return { messages }
  })
}

/** The group that an address names; 404 for anything else. */
function groupOf(player: Player, { groupId }: { groupId: string }) {
  const group = player.groups().find(({ id }) => id === Number(groupId))
  if (!group) throw new Refusal(404, 'no_group', { ru: `Группы ${groupId} нет`, en: `There is no group ${groupId}` })
  return group
}
