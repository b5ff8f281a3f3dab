import type { Message, User } from '../chats/message.ts'

/** Who wrote a message of a group, or of a chat of two people. */
export function authorOf({ chat, from }: Message): { author?: { id: number; firstName: string } } {
  const isWithBot = chat.type === 'private' && (from.is_bot || from.id === chat.id)
  return isWithBot ? {} : { author: { id: from.id, firstName: from.first_name } }
}

/** The line of a group about who came, who left and what it has become. */
export function groupService(message: Message, russian: boolean): string | undefined {
  const { from, new_chat_members: came, left_chat_member: left } = message
  const names = (users: User[]) => users.map(user => user.first_name).join(', ')
  if (came) {
    if (came.length === 1 && came[0]!.id === from.id)
      return `${from.first_name} ${russian ? 'теперь в группе' : 'joined'}`
    return russian ? `${from.first_name} добавляет: ${names(came)}` : `${from.first_name} added ${names(came)}`
  }
  if (left) {
    if (left.id === from.id) return russian ? `${from.first_name} больше не в группе` : `${from.first_name} left`
    return russian ? `${from.first_name} удаляет: ${left.first_name}` : `${from.first_name} removed ${left.first_name}`
  }
  if (message.migrate_to_chat_id !== undefined) {
    return russian ? 'Группа стала супергруппой' : 'The group became a supergroup'
  }
  if (message.migrate_from_chat_id !== undefined) {
    return russian ? 'Супергруппа создана из группы' : 'The supergroup was made of a group'
  }
}

/** The number of a message in its chat: of an ephemeral one its own, below zero. */
export const idOf = ({ message_id, ephemeral_message_id: own }: Message) => (own === undefined ? message_id : -own)
