import { type Call, int } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import type { User } from '../chats/message.ts'
import type { World } from '../world.ts'
import { changeStatus } from './changes.ts'
import { type Group, insiders, isAdmin, statusIn } from './group.ts'
import { chatMember } from './members.ts'

export function getChatMember(world: World, call: Call): object {
  const { chats } = world
  const userId = int(call, 'user_id')!
  const group = typeof call.fields.chat_id === 'number' ? chats.group(call.fields.chat_id) : undefined
  const isKnown = userId === chats.bot.id || chats.people().some(person => person.id === userId)
  if (group) {
    chats.target(group.id)
    if (!isKnown) throw bad('invalid user_id specified')
    return chatMember(userOf(world, userId), statusIn(group, userId))
  }
  // Reading about a chat works even when the person has blocked the bot.
  const person = chats.people().find(({ id }) => id === call.fields.chat_id)
  if (!person?.started) chats.target(call.fields.chat_id)
  if (!isKnown) throw bad('user not found')
  return chatMember(userOf(world, userId), 'member')
}

export function getChatAdministrators(world: World, call: Call): object[] {
  return insiders(groupOf(world, call, 'there are no administrators in the private chat'))
    .filter(([, status]) => isAdmin(status))
    .map(([id, status]) => chatMember(userOf(world, Number(id)), status))
}

export function getChatMemberCount(world: World, call: Call): number {
  const chat = world.chats.target(call.fields.chat_id)
  return chat.type === 'private' ? 2 : insiders(world.chats.group(chat.id)!).length
}

export function leaveChat(world: World, call: Call): true {
  const group = groupOf(world, call, "chat member status can't be changed in private chats")
  changeStatus(world, group, { id: world.chats.bot.id, status: 'left', by: world.chats.bot })
  return true
}

function groupOf({ chats }: World, call: Call, otherwise: string): Group {
  const chat = chats.target(call.fields.chat_id)
  if (chat.type === 'private') throw bad(otherwise)
  return chats.group(chat.id)!
}

const userOf = ({ chats }: World, id: number): User => (id === chats.bot.id ? chats.bot : chats.user(id))
