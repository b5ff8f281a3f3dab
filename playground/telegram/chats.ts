import type { WireEntity } from './entities.ts'
import type { InlineKeyboard } from './keyboard.ts'
import type { Kind } from './media.ts'
import type { Random } from './random.ts'
import { bad, forbidden } from './refusal.ts'
import type { Person, TelegramEvent } from './server.ts'

export type User = { id: number; is_bot: boolean; first_name: string; username?: string; language_code?: string }
export type Chat = {
  id: number
  type: 'private' | 'supergroup'
  first_name?: string
  username?: string
  title?: string
}
export type WireFile = {
  file_id: string
  file_unique_id: string
  file_size?: number
  width?: number
  height?: number
  duration?: number
  file_name?: string
  mime_type?: string
  performer?: string
  title?: string
}
/** What a message says: everything but who, where and when. Dates in unix seconds. */
export type Content = {
  text?: string
  entities?: WireEntity[]
  caption?: string
  caption_entities?: WireEntity[]
  show_caption_above_media?: true
  has_media_spoiler?: true
  photo?: WireFile[]
  video?: WireFile
  audio?: WireFile
  voice?: WireFile
  document?: WireFile
  animation?: WireFile
  media_group_id?: string
  message_thread_id?: number
  reply_markup?: InlineKeyboard
  invoice?: object
  successful_payment?: object
  refunded_payment?: object
  forward_origin?: object
  reply_to_message?: object
  has_protected_content?: true
}
export type Message = Content & { message_id: number; from: User; chat: Chat; date: number; edit_date?: number }

/** What an invoice asks for; amount in the currency's smallest unit, Stars whole. */
export type Terms = {
  title: string
  description: string
  payload: string
  currency: string
  amount: number
  startParameter?: string
}
export type Kept = { message: Message; media?: { kind: Kind; fileId: string }; terms?: Terms; paid?: boolean }

/** `started`: has opened the bot once; before that the bot does not know the chat. */
export type KnownPerson = Person & { started: boolean }
export type Group = { id: number; title: string }
export type SavedChats = {
  people: KnownPerson[]
  groups: Group[]
  messages: [number, Kept[]][]
  lastMessageId: number
}
export type Chats = ReturnType<typeof openChats>

/** Everybody who may talk to the bot, and every message that is still there. */
export function openChats(options: {
  bot: User
  random: Random
  saved: SavedChats | undefined
  emit(event: TelegramEvent): void
}) {
  const { bot, random, saved, emit } = options
  const people = new Map((saved?.people ?? []).map(person => [person.id, person]))
  const groups = new Map((saved?.groups ?? []).map(group => [group.id, group]))
  const messages = new Map(
    (saved?.messages ?? []).map(([chatId, kept]) => [chatId, new Map(kept.map(k => [k.message.message_id, k]))]),
  )
  let lastMessageId = saved?.lastMessageId ?? random.int(1, 5000)

  function addPerson(p: { id?: number; firstName: string; username?: string; languageCode?: string }): KnownPerson {
    const id = p.id ?? random.int(100_000_000, 7_000_000_000)
    if (people.has(id)) throw new Error(`person ${id} is there already`)
    const person: KnownPerson = {
      id,
      firstName: p.firstName,
      ...(p.username === undefined ? {} : { username: p.username }),
      languageCode: p.languageCode ?? 'ru',
      blocked: false,
      started: false,
    }
    people.set(id, person)
    emit({ type: 'person', userId: id })
    return person
  }

  function addGroup(title: string): Group {
    const group = { id: -random.int(1_000_000_000_000, 1_002_000_000_000), title }
    groups.set(group.id, group)
    return group
  }

  function person(userId: number): KnownPerson {
    const found = people.get(userId)
    if (!found) throw new Error(`no person with the id ${userId}`)
    return found
  }

  function user(userId: number): User {
    const { id, firstName, username, languageCode } = person(userId)
    return {
      id,
      is_bot: false,
      first_name: firstName,
      ...(username === undefined ? {} : { username }),
      language_code: languageCode,
    }
  }

  function chat(chatId: number): Chat {
    const group = groups.get(chatId)
    if (group) return { id: group.id, type: 'supergroup', title: group.title }
    const { id, firstName, username } = person(chatId)
    return { id, type: 'private', first_name: firstName, ...(username === undefined ? {} : { username }) }
  }

  /** The chat a bot's call names. Throws 400 for one it does not know, 403 for one it was thrown out of. */
  function target(chatId: unknown): Chat {
    const known = typeof chatId === 'number' ? (people.get(chatId) ?? groups.get(chatId)) : undefined
    if (!known || ('started' in known && !known.started)) throw bad('chat not found')
    if ('blocked' in known && known.blocked) throw forbidden('bot was blocked by the user')
    return chat(known.id)
  }

  const book = (chatId: number) => {
    const found = messages.get(chatId) ?? new Map<number, Kept>()
    messages.set(chatId, found)
    return found
  }

  function post(to: Chat, from: User, content: Content, extra: Omit<Kept, 'message'> = {}): Kept {
    const message: Message = { message_id: ++lastMessageId, from, chat: to, date: now(), ...content }
    const kept = { message, ...extra }
    book(to.id).set(message.message_id, kept)
    emit({ type: 'message', userId: to.id, messageId: message.message_id })
    return kept
  }

  function edit(kept: Kept, content: Content, extra: Pick<Kept, 'media'> = {}) {
    const { message_id, from, chat, date } = kept.message
    kept.message = { message_id, from, chat, date, edit_date: now(), ...place(kept.message), ...content }
    if (extra.media) kept.media = extra.media
    emit({ type: 'edit', userId: chat.id, messageId: message_id })
  }

  function remove(kept: Kept) {
    const { chat, message_id } = kept.message
    book(chat.id).delete(message_id)
    emit({ type: 'delete', userId: chat.id, messageId: message_id })
  }

  return {
    bot,
    /** Something about a person or a message looks different now. */
    announce(userId: number, messageId?: number) {
      emit(messageId === undefined ? { type: 'person', userId } : { type: 'edit', userId, messageId })
    },
    addPerson,
    addGroup,
    person,
    user,
    chat,
    target,
    post,
    edit,
    remove,
    people: () => [...people.values()],
    find: (chatId: number, messageId: number) => messages.get(chatId)?.get(messageId),
    list: (chatId: number) => [...(messages.get(chatId)?.values() ?? [])],
    save: (): SavedChats => ({
      people: [...people.values()],
      groups: [...groups.values()],
      messages: [...messages].map(([chatId, kept]) => [chatId, [...kept.values()]]),
      lastMessageId,
    }),
  }
}

export const now = () => Math.floor(Date.now() / 1000)

/** Where a message stands, which no edit changes. */
function place({ media_group_id, message_thread_id, reply_to_message, has_protected_content }: Message): Content {
  return {
    ...(media_group_id === undefined ? {} : { media_group_id }),
    ...(message_thread_id === undefined ? {} : { message_thread_id }),
    ...(reply_to_message === undefined ? {} : { reply_to_message }),
    ...(has_protected_content === undefined ? {} : { has_protected_content }),
  }
}
