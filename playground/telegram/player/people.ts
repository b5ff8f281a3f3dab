import type { KnownPerson } from '../chats/people.ts'
import type { Player } from '../stand-in.ts'
import type { Hand } from './hand.ts'

type Moves = Pick<Player, 'people' | 'addPerson' | 'setLanguage' | 'block' | 'addGroup'>

/** Who there is, and who has blocked the bot. */
export function peopleMoves({ world, changed }: Hand): Moves {
  const { chats, delivery } = world
  return {
    people: () => chats.people().map(plain),
    addPerson(p) {
      const person = chats.addPerson(p)
      changed()
      return plain(person)
    },
    setLanguage(userId, code) {
      chats.person(userId).languageCode = code
      chats.announce(userId)
      changed()
    },
    block(userId, blocked) {
      const person = chats.person(userId)
      if (person.blocked === blocked) return
      person.blocked = blocked
      const [before, after] = blocked ? (['member', 'kicked'] as const) : (['kicked', 'member'] as const)
      const state = (status: 'member' | 'kicked') =>
        status === 'kicked' ? { user: chats.bot, status, until_date: 0 } : { user: chats.bot, status }
      delivery.push({
        my_chat_member: {
          chat: chats.chat(userId),
          from: chats.user(userId),
          date: Math.floor(Date.now() / 1000),
          old_chat_member: state(before),
          new_chat_member: state(after),
        },
      })
      chats.announce(userId)
      changed()
    },
    addGroup(title, options) {
      const { id } = chats.addGroup(title, options)
      changed()
      return id
    },
  }
}

const plain = ({ started: _, ...person }: KnownPerson) => person
