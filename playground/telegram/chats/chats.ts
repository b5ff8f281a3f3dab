import type { Random } from '../random.ts'
import type { TelegramEvent } from '../stand-in.ts'
import { type Chat, type Content, type Kept, type Message, now, type User } from './message.ts'
import { openPeople, type SavedPeople } from './people.ts'
import { openTopics, type SavedTopics } from './topics.ts'

export type SavedChats = SavedPeople & SavedTopics & { messages: [number, Kept[]][]; lastMessageId: number }
export type Chats = ReturnType<typeof openChats>

/** The people, and every message that has not been deleted. */
export function openChats(options: {
  bot: User
  random: Random
  saved: SavedChats | undefined
  emit(event: TelegramEvent): void
}) {
  const { bot, random, saved, emit } = options
  const people = openPeople(options)
  const topics = openTopics(saved)
  const messages = new Map((saved?.messages ?? []).map(([chatId, kept]) => [chatId, byId(kept)]))
  let lastMessageId = saved?.lastMessageId ?? random.int(1, 5000)

  const messagesOf = (chatId: number) => {
    const found = messages.get(chatId) ?? new Map<number, Kept>()
    messages.set(chatId, found)
    return found
  }

  function post(to: Chat, from: User, content: Content, extra: Omit<Kept, 'message'> = {}): Kept {
    const message: Message = { message_id: ++lastMessageId, from, chat: to, date: now(), ...content }
    const kept = { message, ...extra }
    messagesOf(to.id).set(message.message_id, kept)
    emit({ type: 'message', userId: to.id, messageId: message.message_id })
    return kept
  }

  function edit(kept: Kept, content: Content, extra: Pick<Kept, 'media' | 'edited'> = {}) {
    const { message_id, from, chat, date } = kept.message
    kept.message = { message_id, from, chat, date, edit_date: now(), ...place(kept.message), ...content }
    Object.assign(kept, extra)
    emit({ type: 'edit', userId: chat.id, messageId: message_id })
  }

  function remove(kept: Kept) {
    const { chat, message_id } = kept.message
    messagesOf(chat.id).delete(message_id)
    emit({ type: 'delete', userId: chat.id, messageId: message_id })
  }

  return {
    ...people,
    bot,
    topics,
    /** Reports that a person or a message looks different now. */
    announce: (userId: number, messageId?: number) =>
      emit(messageId === undefined ? { type: 'person', userId } : { type: 'edit', userId, messageId }),
    act: (doing: Pick<TelegramEvent, 'userId' | 'action' | 'threadId'>) => emit({ type: 'action', ...doing }),
    post,
    edit,
    remove,
    find: (chatId: number, messageId: number) => messages.get(chatId)?.get(messageId),
    list: (chatId: number) => [...(messages.get(chatId)?.values() ?? [])],
    save: (): SavedChats => ({
      ...people.save(),
      ...topics.save(),
      messages: [...messages].map(([chatId, kept]) => [chatId, [...kept.values()]]),
      lastMessageId,
    }),
  }
}

const byId = (kept: Kept[]) => new Map(kept.map(k => [k.message.message_id, k]))

const KEPT = [
  'media_group_id',
  'message_thread_id',
  'is_topic_message',
  'reply_to_message',
  'external_reply',
  'effect_id',
  'has_protected_content',
] as const satisfies (keyof Content)[]

/** The parts of a message that no edit changes. */
const place = (message: Message): Content =>
  Object.fromEntries(KEPT.flatMap(key => (message[key] === undefined ? [] : [[key, message[key]]])))
