import { type Call, int, text } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import { type Chat, type Content, topicOf } from '../chats/message.ts'
import type { Topic } from '../chats/topics.ts'
import type { World } from '../world.ts'

// The colours that createForumTopic takes: https://core.telegram.org/bots/api#createforumtopic
const COLOURS = [7322096, 16766590, 13338331, 9367192, 16749490, 16478047]
const MOST_NAME = 128

/**
 * Where a message of the bot goes. Without `message_thread_id` that is outside of all topics; in a forum an answer follows
 * what it answers (https://github.com/tdlib/telegram-bot-api/issues/447), in a private chat it does not
 * (https://github.com/RongleCat/grok-app/issues/623). Throws 400.
 */
export function readThread({ chats }: World, call: Call, to: Chat, answered?: Content): Content {
  const threadId = int(call, 'message_thread_id') || (to.is_forum && answered ? topicOf(answered) : undefined)
  if (!threadId) return {}
  const topic = chats.topics.find(to.id, threadId)
  if (topic?.isClosed) throw bad('TOPIC_CLOSED')
  if (topic) return { message_thread_id: threadId, is_topic_message: true }
  // Groups without topics have threads of replies.
  const isThread = to.type === 'supergroup' && !to.is_forum && hasThread(chats, to.id, threadId)
  if (!isThread) throw bad('message thread not found')
  return { message_thread_id: threadId }
}

const hasThread = (chats: World['chats'], chatId: number, threadId: number) =>
  chats.list(chatId).some(({ message }) => [message.message_id, message.message_thread_id].includes(threadId))

/** In private chats only, as the bot is no administrator of the groups here. */
export function createForumTopic(world: World, call: Call) {
  const chat = privateChat(world, call, 'create')
  const name = readName(text(call, 'name')!)
  const iconColor = int(call, 'icon_color') ?? COLOURS[0]!
  if (!COLOURS.includes(iconColor)) throw bad('invalid icon color specified')
  const icon = readIcon(call)
  const { threadId } = openTopic(world, chat, { name, by: world.chats.bot.id, iconColor, ...icon })
  return {
    message_thread_id: threadId,
    name,
    icon_color: iconColor,
    ...(icon.iconEmojiId ? { icon_custom_emoji_id: icon.iconEmojiId } : {}),
  }
}

export function editForumTopic(world: World, call: Call): true {
  const chat = privateChat(world, call, 'edit')
  const topic = named(world, call, chat)
  const name = text(call, 'name') ? readName(text(call, 'name')!) : topic.name
  const { iconEmojiId = topic.iconEmojiId } = readIcon(call)
  if (name === topic.name && iconEmojiId === topic.iconEmojiId) throw bad('TOPIC_NOT_MODIFIED')
  if (iconEmojiId) topic.iconEmojiId = iconEmojiId
  else delete topic.iconEmojiId
  rename(world, chat, topic, name, world.chats.bot)
  return true
}

/** Topics of private chats are never closed: the method is for supergroups, whose administrator the bot is not. */
export function closeForumTopic(world: World, call: Call): true {
  const chat = world.chats.target(call.fields.chat_id)
  if (!chat.is_forum) throw bad('the chat is not a forum')
  const topic = named(world, call, chat)
  if (topic.by !== world.chats.bot.id) throw bad('not enough rights to close/reopen the topic')
  if (topic.isClosed) throw bad('TOPIC_NOT_MODIFIED')
  topic.isClosed = true
  return true
}

export function reopenForumTopic(world: World, call: Call): true {
  const chat = world.chats.target(call.fields.chat_id)
  if (!chat.is_forum) throw bad('the chat is not a forum')
  const topic = named(world, call, chat)
  if (topic.by !== world.chats.bot.id) throw bad('not enough rights to close/reopen the topic')
  if (!topic.isClosed) throw bad('TOPIC_NOT_MODIFIED')
  delete topic.isClosed
  return true
}

export function deleteForumTopic(world: World, call: Call): true {
  const chat = privateChat(world, call, 'delete')
  dropTopic(world, chat.id, named(world, call, chat).threadId)
  return true
}

/** Opens a topic: the service message that says so gives it its id. */
export function openTopic({ chats }: World, chat: Chat, topic: Omit<Topic, 'threadId'>): Topic {
  const { name, iconColor: icon_color, iconEmojiId, by } = topic
  const icon = iconEmojiId ? { icon_custom_emoji_id: iconEmojiId } : {}
  const from = by === chats.bot.id ? chats.bot : chats.user(by)
  const { message } = chats.post(chat, from, { forum_topic_created: { name, icon_color, ...icon } })
  Object.assign(message, { message_thread_id: message.message_id, is_topic_message: true })
  const opened = { threadId: message.message_id, ...topic }
  chats.topics.add(chat.id, opened)
  chats.announce(chat.id)
  return opened
}

/** Renames a topic and says so in it. */
export function rename({ chats }: World, chat: Chat, topic: Topic, name: string, from = chats.bot) {
  const changed = name === topic.name ? {} : { name }
  topic.name = name
  const place = { message_thread_id: topic.threadId, is_topic_message: true } as const
  chats.announce(chat.id)
  return chats.post(chat, from, { ...place, forum_topic_edited: changed })
}

/** A topic goes with all of its messages. */
export function dropTopic({ chats }: World, chatId: number, threadId: number) {
  for (const kept of chats.list(chatId)) if (kept.message.message_thread_id === threadId) chats.remove(kept)
  chats.topics.drop(chatId, threadId)
  chats.announce(chatId)
}

export function readName(name: string): string {
  const trimmed = name.trim()
  if (trimmed === '') throw bad('TOPIC_TITLE_EMPTY')
  if (trimmed.length > MOST_NAME) throw bad('TOPIC_TITLE_TOO_LONG')
  return trimmed
}

function readIcon(call: Call): { iconEmojiId?: string } {
  const iconEmojiId = text(call, 'icon_custom_emoji_id')
  if (iconEmojiId === undefined) return {}
  if (!/^\d*$/.test(iconEmojiId)) throw bad('invalid custom emoji identifier specified')
  return { iconEmojiId }
}

function privateChat(world: World, call: Call, what: string): Chat {
  const chat = world.chats.target(call.fields.chat_id)
  if (chat.is_forum) throw bad(`not enough rights to ${what} a topic`)
  if (chat.type !== 'private' || world.apiVersion === '7.1') throw bad('the chat is not a forum')
  return chat
}

function named({ chats }: World, call: Call, chat: Chat): Topic {
  const found = chats.topics.find(chat.id, int(call, 'message_thread_id')!)
  if (!found) throw bad('TOPIC_ID_INVALID')
  return found
}
