import type { User } from '../chats/message.ts'
import type { Random } from '../random.ts'
import type { Group } from './group.ts'

// Above the ids of people here.
const TALKS = 10_000_000_000_000

/** The groups there are, and the chats of two people. In those of an older folder the bot is a member, and everybody writes in them. */
export function openGroups({ bot, random, saved = [] }: { bot: User; random: Random; saved: Group[] | undefined }) {
  const groups = new Map(saved.map(group => [group.id, { ...group, members: group.members ?? { [bot.id]: 'member' } }]))
  return {
    addGroup(given: Omit<Group, 'id'>): Group {
      const id = given.isTalk ? TALKS + groups.size : idOf(random, given)
      const group = { id, ...given }
      groups.set(id, group)
      return group
    },
    group: (chatId: number) => groups.get(chatId),
    groups: () => [...groups.values()],
  }
}

/** Supergroups have ids from -1 000 000 000 000 down, basic groups small ones. */
const idOf = (random: Random, { isBasic }: Omit<Group, 'id'>) =>
  isBasic ? -random.int(100_000_000, 900_000_000) : -random.int(1_000_000_000_000, 1_002_000_000_000)
