import { chatOfGroup, type Group } from '../groups/group.ts'
import { enter, tell } from '../groups/hearing.ts'
import type { Hand } from '../player/hand.ts'
import type { InlineAnswer, Player } from '../stand-in.ts'
import type { World } from '../world.ts'
import { sendResult } from './posting.ts'
import type { Answered, Asked } from './queries.ts'

type Moves = Pick<Player, 'inline' | 'chooseInline' | 'switchInline' | 'sendPrepared' | 'talk'>
type Where = Parameters<Player['inline']>[2]

const MOST_QUERY = 256
const KINDS = { private: 'user', sender: 'bot', group: 'group', supergroup: 'group' } as const

/** What people do with the bot from any chat: «@bot words», and choosing what it offers. */
export function inlineMoves(hand: Hand): Moves {
  const { world, changed, shown } = hand
  const { chats, delivery, queries } = world

  async function inline(userId: number, query: string, where: Where = {}): Promise<InlineAnswer | 'expired'> {
    if (!world.inlineMode) throw new Error('the bot has no inline mode')
    if (query.length > MOST_QUERY) throw new Error(`a query has at most ${MOST_QUERY} characters`)
    const { chatId, chatType } = placeOf(world, userId, where)
    const asked = queries.ask({ userId, chatId, query, offset: where.offset ?? '' })
    const answer = queries.kept(asked) ?? (await askBot(hand, asked, chatType))
    if (!answer) return 'expired'
    queries.show(asked, answer)
    return { queryId: asked.id, ...answer.view }
  }

  return {
    inline,
    chooseInline(userId, queryId, resultId) {
      const found = queries.seen(queryId)
      const result = found?.answer.results.find(({ view }) => view.id === resultId)
      if (!found || found.asked.userId !== userId || !result)
        throw new Error(`there is no result ${resultId} to choose`)
      const { chatId, query } = found.asked
      const group = chats.group(chatId)
      if (group) enter(group, userId)
      const from = chats.user(userId)
      const kept = sendResult(world, result, { chatId, from, extra: { via_bot: chats.bot }, named: false })
      tell(world, kept.message)
      const inline_message_id = kept.inlineId
      const chosen = { result_id: resultId, from, query, ...(inline_message_id ? { inline_message_id } : {}) }
      delivery.push({ chosen_inline_result: chosen })
      changed()
      return shown(kept, userId)
    },
    async switchInline(userId, messageId, button, where = {}) {
      const kept = chats.find(where.from ?? userId, messageId)
      const found =
        kept &&
        shown(kept, userId)
          .buttons.flat()
          .find(({ text }) => text === button.text)
      if (!found?.switchTo) throw new Error(`the button "${button.text}" does not switch to inline mode`)
      const { query, chat } = found.switchTo
      const chatId = chat === 'current' ? (where.from ?? userId) : where.chatId
      const { chatType } = placeOf(world, userId, chatId === undefined ? {} : { chatId })
      if (Array.isArray(chat) && !chat.includes(KINDS[chatType])) {
        throw new Error(`the button does not offer chats of the kind "${KINDS[chatType]}"`)
      }
      return inline(userId, query, chatId === undefined ? {} : { chatId })
    },
    sendPrepared: preparedMove(hand),
    talk: talkMove(hand),
  }
}

/** The chat a person types in. */
function placeOf(
  { chats }: World,
  userId: number,
  { chatId = userId }: NonNullable<Where>,
): { chatId: number; chatType: keyof typeof KINDS } {
  if (chatId === userId) return { chatId, chatType: 'sender' }
  const group = chats.group(chatId)
  if (!group) throw new Error(`there is no chat ${chatId} to write in`)
  enter(group, userId)
  return { chatId, chatType: chatOfGroup(group).type }
}

function askBot(
  { world: { chats, delivery, queries }, changed }: Hand,
  asked: Asked,
  chat_type: string,
): Promise<Answered | undefined> {
  const { id, userId, query, offset } = asked
  const answered = queries.wait(asked)
  delivery.push({ inline_query: { id, from: chats.user(userId), query, offset, chat_type } })
  changed()
  return answered
}

const preparedMove =
  ({ world, changed, shown }: Hand): Player['sendPrepared'] =>
  (userId, id, chatId = userId) => {
    const found = world.queries.prepared(id)
    if (!found || found.userId !== userId) throw new Error(`there is no prepared message ${id} of person ${userId}`)
    const kind = KINDS[placeOf(world, userId, { chatId }).chatType]
    if (!found.kinds.includes(kind)) throw new Error(`the message is not for chats of the kind "${kind}"`)
    const { bot } = world.chats
    const place = { chatId, from: world.chats.user(userId), extra: { via_bot: bot }, named: false }
    const kept = sendResult(world, found.result, place)
    tell(world, kept.message)
    changed()
    return shown(kept, userId)
  }

const talkMove =
  ({ world: { chats }, changed }: Hand): Player['talk'] =>
  (userId, otherId) => {
    const isTheirs = ({ isTalk, members }: Group) => isTalk && userId in members && otherId in members
    const found = chats.groups().find(isTheirs)
    if (found) return found.id
    const other = chats.person(otherId)
    chats.person(userId)
    const members = { [userId]: 'member', [otherId]: 'member' } as const
    const made = chats.addGroup({ title: other.firstName, isTalk: true, isClosed: true, members })
    changed()
    return made.id
  }
