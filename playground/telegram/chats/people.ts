import { bad, forbidden } from '../api/refusal.ts'
import type { Random } from '../random.ts'
import type { Person, TelegramEvent } from '../stand-in.ts'
import type { Chat, User } from './message.ts'

/** `started`: has opened the bot once; before that the bot does not know the chat. */
export type KnownPerson = Person & { started: boolean }
export type Group = { id: number; title: string; isForum?: boolean }
export type SavedPeople = { people: KnownPerson[]; groups: Group[] }

/** Everybody who may talk to the bot, and the groups it is in. */
export function openPeople(options: {
  random: Random
  saved: SavedPeople | undefined
  emit(event: TelegramEvent): void
}) {
  const { random, saved, emit } = options
  const people = new Map((saved?.people ?? []).map(person => [person.id, person]))
  const groups = new Map((saved?.groups ?? []).map(group => [group.id, group]))

  function addPerson(p: { id?: number; firstName: string; username?: string; languageCode?: string }): KnownPerson {
    const id = p.id ?? random.int(100_000_000, 7_000_000_000)
    if (people.has(id)) throw new Error(`person ${id} is there already`)
    const { firstName, username, languageCode = 'ru' } = p
    const name = username === undefined ? { firstName } : { firstName, username }
    const person: KnownPerson = { id, ...name, languageCode, blocked: false, started: false }
    people.set(id, person)
    emit({ type: 'person', userId: id })
    return person
  }

  function addGroup(title: string, { isForum = false }: { isForum?: boolean } = {}): Group {
    const id = -random.int(1_000_000_000_000, 1_002_000_000_000)
    const group: Group = { id, title, ...(isForum ? { isForum } : {}) }
    groups.set(group.id, group)
    return group
  }

  function person(userId: number): KnownPerson {
    const found = people.get(userId)
    if (!found) throw new Error(`no person with the id ${userId}`)
    return found
  }

  function chat(chatId: number): Chat {
    const group = groups.get(chatId)
    if (group)
      return { id: group.id, type: 'supergroup', title: group.title, ...(group.isForum ? { is_forum: true } : {}) }
    const { id, firstName, username } = person(chatId)
    return { id, type: 'private', first_name: firstName, ...(username === undefined ? {} : { username }) }
  }

  /** The chat that a bot's call names. Throws 400 for an unknown chat, 403 if the person has blocked the bot. */
  function target(chatId: unknown): Chat {
    const known = typeof chatId === 'number' ? (people.get(chatId) ?? groups.get(chatId)) : undefined
    if (!known || ('started' in known && !known.started)) throw bad('chat not found')
    if ('blocked' in known && known.blocked) throw forbidden('bot was blocked by the user')
    return chat(known.id)
  }

  return {
    addPerson,
    addGroup,
    person,
    user: (userId: number): User => userOf(person(userId)),
    chat,
    target,
    people: () => [...people.values()],
    save: (): SavedPeople => ({ people: [...people.values()], groups: [...groups.values()] }),
  }
}

function userOf({ id, firstName, username, languageCode }: KnownPerson): User {
  return {
    id,
    is_bot: false,
    first_name: firstName,
    ...(username === undefined ? {} : { username }),
    language_code: languageCode,
  }
}
