import type { Message } from '../chats/message.ts'
import type { World } from '../world.ts'
import { type Group, isAdmin, isInside, statusIn } from './group.ts'

/**
 * Whether the bot gets this message of a group. In privacy mode those are commands that name no other bot, mentions of
 * it, answers to what it sent, what was sent by way of it and all service messages; an administrator gets everything:
 * https://core.telegram.org/bots/features#privacy-mode
 */
function hears({ chats: { bot, group } }: World, message: Message): boolean {
  const place = group(message.chat.id)
  if (!place) return true
  const status = statusIn(place, bot.id)
  if (!isInside(status)) return false
  if (isAdmin(status) || isService(message)) return true
  const answered = message.reply_to_message as Partial<Message> | undefined
  return (
    answered?.from?.id === bot.id ||
    message.via_bot?.id === bot.id ||
    isCommand(message) ||
    names(message, bot.username!)
  )
}

/** Queues a message for the bot, if it hears it. */
export function tell(world: World, message: Message) {
  if (hears(world, message)) world.delivery.push({ message })
}

const isService = (message: Message) =>
  ['new_chat_members', 'left_chat_member', 'group_chat_created', 'migrate_to_chat_id', 'migrate_from_chat_id'].some(
    key => key in message,
  ) ||
  message.forum_topic_created !== undefined ||
  message.forum_topic_edited !== undefined

/** The words of a message that Telegram marks, in lower case. */
function marked(message: Message) {
  const text = message.text ?? message.caption ?? ''
  const entities = message.entities ?? message.caption_entities ?? []
  return entities.map(({ type, offset, length }) => ({
    type,
    offset,
    word: text.slice(offset, offset + length).toLowerCase(),
  }))
}

/** Names the bot: in a mention, or in a command. */
export function names(message: Message, username: string): boolean {
  const own = `@${username.toLowerCase()}`
  return marked(message).some(
    ({ type, word }) => (type === 'mention' && word === own) || (type === 'bot_command' && word.endsWith(own)),
  )
}

const isCommand = (message: Message) =>
  marked(message).some(({ type, offset, word }) => type === 'bot_command' && offset === 0 && !word.includes('@'))

/** Throws unless this person may write in the group; who writes in a public one is a member from then on. */
export function enter(group: Group, userId: number) {
  if (group.migratedTo !== undefined) throw new Error('this group has become a supergroup: write there')
  const status = statusIn(group, userId)
  if (status === 'restricted') throw new Error(`person ${userId} may not write in this group`)
  if (isInside(status)) return
  if (group.isClosed || status === 'kicked') throw new Error(`person ${userId} is not a member of this group`)
  group.members[userId] = 'member'
}
