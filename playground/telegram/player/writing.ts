import { asReplied, type Content } from '../chats/message.ts'
import { mediaContent } from '../messages/content.ts'
import type { Player } from '../stand-in.ts'
import type { Hand } from './hand.ts'
import { captionContent, cut, textContent } from './words.ts'

type Moves = Pick<Player, 'open' | 'say' | 'paste' | 'send' | 'sayIn'>

/** What a person writes and sends. `block` is called to unblock the bot. */
export function writingMoves({ world, write }: Hand, block: Player['block']): Moves {
  function replied(userId: number, messageId: number | undefined): Content {
    if (messageId === undefined) return {}
    const kept = world.chats.find(userId, messageId)
    if (!kept) throw new Error(`message ${messageId} is not in the chat: it cannot be replied to`)
    return asReplied(kept.message)
  }

  const say: Moves['say'] = (userId, text, { replyTo } = {}) =>
    write(userId, userId, { ...replied(userId, replyTo), ...textContent(text) })

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
    // Only the first part answers; the rest follow it.
    paste: (userId, text, options) => cut(text).map((part, nth) => say(userId, part, nth === 0 ? options : {})),
    async send(userId, file) {
      const caption = captionContent(file.caption ?? '')
      replied(userId, file.replyTo)
      const stored = await world.files.add(file.kind, { fileName: file.fileName, mime: file.mime, bytes: file.bytes })
      const content: Content = {
        ...replied(userId, file.replyTo),
        ...mediaContent(stored),
        ...caption,
        ...(file.albumId === undefined ? {} : { media_group_id: file.albumId }),
      }
      return write(userId, userId, content, { media: { kind: stored.kind, fileId: stored.fileId } })
    },
    sayIn: (groupId, userId, text, threadId) =>
      write(groupId, userId, {
        ...textContent(text),
        ...(threadId === undefined ? {} : { message_thread_id: threadId }),
      }),
  }
}
