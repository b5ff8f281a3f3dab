import type { Hand } from '../player/hand.ts'
import type { BotStatus, Player, Role } from '../stand-in.ts'
import { changeStatus, upgrade } from './changes.ts'
import { seenBy } from './ephemerals.ts'
import { type Group, insiders, isAdmin, isInside, type Status, statusIn } from './group.ts'

type Moves = Pick<Player, 'groups' | 'addGroup' | 'join' | 'leave' | 'setRole' | 'setBot' | 'upgradeGroup' | 'chatOf'>

/** Who is in the groups and what they are there. */
export function groupMoves({ world, changed, shown }: Hand): Moves {
  const { chats, ephemerals } = world
  const botId = chats.bot.id

  function find(groupId: number): Group {
    const group = chats.group(groupId)
    if (!group) throw new Error(`there is no group ${groupId}`)
    if (group.migratedTo !== undefined) throw new Error(`group ${groupId} has become ${group.migratedTo}`)
    return group
  }

  function change(groupId: number, id: number, status: Status, by: number) {
    changeStatus(world, find(groupId), { id, status, by: by === botId ? chats.bot : chats.user(by) })
    changed()
  }

  return {
    groups: () =>
      chats.groups().flatMap(group => (group.migratedTo === undefined && !group.isTalk ? [viewOf(group, botId)] : [])),
    addGroup(title, { isForum, isBasic, creator, admins = [], members, bot = true } = {}) {
      const listed: [number, Status][] = [
        ...(members ?? []).map(id => [id, 'member'] as [number, Status]),
        ...admins.map(id => [id, 'administrator'] as [number, Status]),
        ...(creator === undefined ? [] : [[creator, 'creator'] as [number, Status]]),
      ]
      for (const [id] of listed) chats.person(id)
      if (isForum && isBasic) throw new Error('only supergroups have topics')
      const { id } = chats.addGroup({
        title,
        ...(isForum ? { isForum } : {}),
        ...(isBasic ? { isBasic } : {}),
        ...(members ? { isClosed: true } : {}),
        members: Object.fromEntries(bot ? [...listed, [botId, 'member']] : listed),
      })
      chats.announce(id)
      changed()
      return id
    },
    join: (groupId, userId, by = userId) => {
      if (isInside(statusIn(find(groupId), userId))) throw new Error(`person ${userId} is in the group already`)
      change(groupId, userId, 'member', by)
    },
    leave(groupId, userId, by = userId) {
      if (!isInside(statusIn(find(groupId), userId))) throw new Error(`person ${userId} is not in the group`)
      change(groupId, userId, by === userId ? 'left' : 'kicked', by)
    },
    setRole: (groupId, userId, role, by) => change(groupId, userId, role, by),
    setBot(groupId, status, by) {
      if (!isInside(statusIn(find(groupId), by))) throw new Error(`person ${by} is not in the group`)
      change(groupId, botId, status, by)
    },
    upgradeGroup(groupId, by) {
      const made = upgrade(world, find(groupId), chats.user(by))
      changed()
      return made.id
    },
    chatOf: (viewerId, chatId) =>
      seenBy(chats.list(chatId), ephemerals.list(chatId, viewerId)).map(kept => shown(kept, viewerId)),
  }
}

function viewOf(group: Group, botId: number) {
  const { id, title, isForum = false, isBasic = false } = group
  const people = insiders(group).filter(([member]) => Number(member) !== botId)
  return {
    id,
    title,
    isForum,
    isBasic,
    isPublic: !group.isClosed,
    bot: statusIn(group, botId) as BotStatus,
    members: people.map(([userId, status]) => ({
      userId: Number(userId),
      role: isAdmin(status) ? (status as Role) : ('member' as const),
    })),
  }
}
