import type { Chat } from '../chats/message.ts'
import { dropTopic, openTopic, readName, rename } from '../messages/topics.ts'
import type { Player } from '../stand-in.ts'
import type { Hand } from './hand.ts'

type Moves = Pick<Player, 'setTopics' | 'topics' | 'addTopic' | 'renameTopic' | 'deleteTopic'>

const BLUE = 7322096

/** What people do with the topics of their chat with the bot, or of a forum. The bot hears of new names only. */
export function topicMoves({ world, changed, active }: Hand): Moves {
  const { chats, delivery } = world

  function setTopics(userId: number, shown: boolean) {
    const person = chats.person(userId)
    if (shown && world.apiVersion === '7.1') throw new Error('Bot API 7.1 has no topics in private chats')
    if (shown) person.topics = true
    else delete person.topics
    chats.announce(userId)
    changed()
  }

  /** The chat, and who acts in it. */
  function place(chatId: number, by: number | undefined): { chat: Chat; userId: number } {
    const chat = chats.chat(chatId)
    if (chat.type === 'supergroup' && !chat.is_forum) throw new Error('this group is not a forum')
    const userId = chat.type === 'private' ? chatId : by
    if (userId === undefined) throw new Error('who does that in the group? Give `by`')
    active(userId)
    return { chat, userId }
  }

  function find(chatId: number, threadId: number) {
    const found = chats.topics.find(chatId, threadId)
    if (!found) throw new Error(`there is no topic ${threadId} in this chat`)
    return found
  }

  return {
    setTopics,
    topics: chatId => chats.topics.list(chatId).map(({ threadId, name }) => ({ threadId, name })),
    addTopic(chatId, given, { by } = {}) {
      const { chat, userId } = place(chatId, by)
      const name = readName(given)
      if (chat.type === 'private') setTopics(userId, true)
      chats.person(userId).started = true
      const { threadId } = openTopic(world, chat, { name, by: userId, iconColor: BLUE })
      delivery.push({ message: chats.find(chatId, threadId)!.message })
      changed()
      return { threadId, name }
    },
    renameTopic(chatId, threadId, given, { by } = {}) {
      const { chat, userId } = place(chatId, by)
      const name = readName(given)
      const topic = find(chatId, threadId)
      if (name === topic.name) throw new Error('nothing was changed')
      const { message } = rename(world, chat, topic, name, chats.user(userId))
      delivery.push({ message })
      changed()
    },
    deleteTopic(chatId, threadId) {
      dropTopic(world, chatId, find(chatId, threadId).threadId)
      changed()
    },
  }
}
