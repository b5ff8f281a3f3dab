import type { Content, Kept } from '../chats/message.ts'
import { groupCommands } from '../settings/settings.ts'
import type { World } from '../world.ts'

/** Writes what a client sends to the bot alone: https://core.telegram.org/bots/api#botcommand, is_ephemeral. */
export function whisper(
  world: World,
  chatId: number,
  userId: number,
  content: Content,
  extra: Omit<Kept, 'message'>,
): Kept {
  const { chats, ephemerals, delivery } = world
  const { answers } = extra
  if (answers !== undefined && answers < 0 && !ephemerals.find(chatId, userId, -answers)) {
    throw new Error(`message ${answers} is not in the chat: it cannot be replied to`)
  }
  const kept = ephemerals.post(
    {
      to: chats.chat(chatId),
      from: chats.user(userId),
      receiver: chats.bot,
      content,
      extra,
    },
    { viewerId: userId, afterId: lastIdOf(world, chatId) },
  )
  delivery.push({ message: kept.message })
  return kept
}

/** Whether a client sends these words to the bot alone: the group shows the command as an ephemeral one. */
export function isWhispered({ chats, settings, apiVersion }: World, chatId: number, userId: number, text: string) {
  const [, name, named] = /^\/(\w+)(?:@(\w+))?(?=\s|$)/.exec(text.trim()) ?? []
  if (apiVersion === '7.1' || !name || (named && named.toLowerCase() !== chats.bot.username!.toLowerCase()))
    return false
  const shown = groupCommands(settings, chatId, chats.person(userId).languageCode)
  return shown.some(({ command, is_ephemeral }) => is_ephemeral === true && command === name.toLowerCase())
}

export const lastIdOf = ({ chats }: World, chatId: number) => chats.list(chatId).at(-1)?.message.message_id ?? 0
