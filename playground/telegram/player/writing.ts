import type { Content } from '../chats/message.ts'
import { mediaContent } from '../messages/content.ts'
import { detect, toWire } from '../messages/entities.ts'
import type { Player } from '../stand-in.ts'
import type { Hand } from './hand.ts'

type Moves = Pick<Player, 'open' | 'say' | 'send' | 'sayIn'>

/** What a person writes and sends. `block` is called to unblock the bot. */
export function writingMoves({ world, write }: Hand, block: Player['block']): Moves {
  return {
    open(userId, payload) {
      if (payload !== undefined && !/^[A-Za-z0-9_-]{1,64}$/.test(payload)) {
        throw new Error('a link carries 1 to 64 characters of A-Z a-z 0-9 _ -')
      }
      // The button of a blocked bot is "restart", which unblocks first.
      block(userId, false)
      return write(userId, userId, textContent(payload === undefined ? '/start' : `/start ${payload}`))
    },
    say: (userId, text) => write(userId, userId, textContent(text)),
    async send(userId, file) {
      const stored = await world.files.add(file.kind, { fileName: file.fileName, mime: file.mime, bytes: file.bytes })
      const caption = file.caption?.trim() ?? ''
      if (caption.length > 1024) throw new Error('a caption has at most 1024 characters')
      const entities = toWire(detect(caption))
      const content: Content = {
        ...mediaContent(stored),
        ...(caption === '' ? {} : { caption }),
        ...(entities.length === 0 ? {} : { caption_entities: entities }),
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

/** What a client sends: trimmed, never empty, never longer than one message. */
function textContent(text: string): Content {
  const trimmed = text.trim()
  if (trimmed === '') throw new Error('an empty message cannot be sent')
  if (trimmed.length > 4096) throw new Error('a message has at most 4096 characters')
  const entities = toWire(detect(trimmed))
  return { text: trimmed, ...(entities.length === 0 ? {} : { entities }) }
}
