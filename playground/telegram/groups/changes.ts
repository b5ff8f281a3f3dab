import { type Content, now, type User } from '../chats/message.ts'
import type { World } from '../world.ts'
import { chatOfGroup, type Group, isInside, type Status, statusIn } from './group.ts'
import { tell } from './hearing.ts'
import { chatMember } from './members.ts'

type Change = { id: number; status: Status; by: User }

/**
 * Makes somebody, or the bot, something else in a group. The bot hears of itself by my_chat_member, of others by
 * chat_member if it is an administrator and asked for it; the chat says who came and who left.
 */
export function changeStatus(world: World, group: Group, { id, status, by }: Change) {
  const { chats, delivery } = world
  const before = statusIn(group, id)
  if (before === status) return
  group.members[id] = status
  const user = id === chats.bot.id ? chats.bot : chats.user(id)
  const update = {
    chat: chatOfGroup(group),
    from: by,
    date: now(),
    old_chat_member: chatMember(user, before),
    new_chat_member: chatMember(user, status),
  }
  if (id === chats.bot.id) delivery.push({ my_chat_member: update })
  else if (statusIn(group, chats.bot.id) === 'administrator') delivery.push({ chat_member: update })
  if (isInside(before) === isInside(status)) return chats.announce(group.id)
  announceMove(world, group, user, { by, isIn: isInside(status) })
}

function announceMove(world: World, group: Group, user: User, { by, isIn }: { by: User; isIn: boolean }) {
  const content: Content = isIn ? { new_chat_members: [user] } : { left_chat_member: user }
  const { message } = world.chats.post(chatOfGroup(group), by, content)
  // The bot is told of its own removal too.
  if (user.id === world.chats.bot.id) world.delivery.push({ message })
  else tell(world, message)
  world.chats.announce(group.id)
}

/** A basic group becomes a supergroup with another id; both chats say so. Returns the new one. */
export function upgrade(world: World, group: Group, by: User): Group {
  if (!group.isBasic) throw new Error('this group is a supergroup already')
  if (group.migratedTo !== undefined) throw new Error('this group was upgraded already')
  const { id: _1, isBasic: _2, ...same } = group
  const made = world.chats.addGroup({ ...same, members: { ...group.members } })
  const say = (place: Group, content: Content) => {
    const { message } = world.chats.post(chatOfGroup(place), by, content)
    tell(world, message)
  }
  say(group, { migrate_to_chat_id: made.id })
  group.migratedTo = made.id
  say(made, { migrate_from_chat_id: group.id })
  world.chats.announce(made.id)
  return made
}
