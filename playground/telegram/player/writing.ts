import { asReplied, type Content, type Kept, topicOf } from '../chats/message.ts'
import { mediaContent } from '../messages/content.ts'
import type { Player } from '../stand-in.ts'
import type { World } from '../world.ts'
import type { Hand } from './hand.ts'
import { captionContent, cut, textContent } from './words.ts'

type Place = NonNullable<Parameters<Player['say']>[2]>
type Moves = Pick<Player, 'open' | 'say' | 'paste' | 'send' | 'sayIn'>

/** What a person writes and sends. `block` is called to unblock the bot. */
export function writingMoves({ world, write }: Hand, block: Player['block']): Moves {
  /** A topic of this chat, and what is answered, as a message carries them. */
  function place(chatId: number, { replyTo, threadId }: Place): { content: Content; extra: Pick<Kept, 'answers'> } {
    const kept = replyTo === undefined ? undefined : world.chats.find(chatId, replyTo)
    if (replyTo !== undefined && !kept) {
      throw new Error(`message ${replyTo} is not in the chat: it cannot be replied to`)
    }
    const topic = threadId ?? (kept && topicOf(kept.message))
    const content = { ...thread(world, chatId, topic), ...(kept ? asReplied(kept.message, topic) : {}) }
    return { content, extra: 'external_reply' in content ? { answers: kept!.message.message_id } : {} }
  }

  const say: Moves['say'] = (userId, text, options = {}) => {
    const { content, extra } = place(userId, options)
    return write(userId, userId, { ...content, ...textContent(text) }, extra)
  }

  return {
    open(userId, payload) {
      if (payload !== undefined && !/^[A-Za-z0-9_-]{1,64}$/.test(payload)) {
        throw new Error('a link carries 1 to 64 characters of A-Z a-z 0-9 _ -')
      }
      // The button of a blocked bot is "restart", which unblocks first.
      block(userId, false)
      return write(userId, userId, textContent(payload === undefined ? '/start' : `/start ${payload}`), {
        ...(payload === undefined ? {} : { byLink: true }),
      })
    },
    say,
    // Only the first part answers; the rest follow it into its topic.
    paste(userId, text, options = {}) {
      const threadId = place(userId, options).content.message_thread_id
      const rest = threadId === undefined ? {} : { threadId }
      return cut(text).map((part, nth) => say(userId, part, nth === 0 ? options : rest))
    },
    async send(userId, file) {
      const caption = captionContent(file.caption ?? '')
      place(userId, file)
      const stored = await world.files.add(file.kind, { fileName: file.fileName, mime: file.mime, bytes: file.bytes })
      const { content: where, extra } = place(userId, file)
      const content: Content = {
        ...where,
        ...mediaContent(stored),
        ...caption,
        ...(file.albumId === undefined ? {} : { media_group_id: file.albumId }),
      }
      return write(userId, userId, content, { ...extra, media: { kind: stored.kind, fileId: stored.fileId } })
    },
    sayIn: (groupId, userId, text, threadId) =>
      write(groupId, userId, {
        ...thread(world, groupId, threadId),
        ...textContent(text),
      }),
  }
}

/** The place of a message in this topic, or thread of replies. */
function thread({ chats }: World, chatId: number, threadId: number | undefined): Content {
  if (threadId === undefined) return {}
  if (chats.topics.find(chatId, threadId)) return { message_thread_id: threadId, is_topic_message: true }
  const { type, is_forum } = chats.chat(chatId)
  // Groups without topics have threads of replies.
  if (type === 'supergroup' && !is_forum) return { message_thread_id: threadId }
  throw new Error(`there is no topic ${threadId} in this chat`)
}
