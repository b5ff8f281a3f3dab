import type { TopicView } from '../stand-in.ts'

/** A topic of a private chat or of a forum. Its id is that of the service message that opened it. */
export type Topic = TopicView & {
  /** Who made it. */
  by: number
  iconColor: number
  iconEmojiId?: string
  isClosed?: true
}
export type SavedTopics = { topics?: [number, Topic[]][] }
export type Topics = ReturnType<typeof openTopics>

/** The topics of every chat, oldest first. */
export function openTopics(saved: SavedTopics | undefined) {
  const topics = new Map((saved?.topics ?? []).map(([chatId, all]) => [chatId, [...all]]))
  const list = (chatId: number) => topics.get(chatId) ?? []
  return {
    list,
    find: (chatId: number, threadId: number) => list(chatId).find(topic => topic.threadId === threadId),
    add(chatId: number, topic: Topic) {
      topics.set(chatId, [...list(chatId), topic])
    },
    drop(chatId: number, threadId: number) {
      topics.set(
        chatId,
        list(chatId).filter(topic => topic.threadId !== threadId),
      )
    },
    save: (): SavedTopics => ({ topics: [...topics] }),
  }
}
