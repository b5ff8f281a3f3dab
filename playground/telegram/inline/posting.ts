import type { Content, Kept, User } from '../chats/message.ts'
import type { World } from '../world.ts'
import type { Result } from './queries.ts'

type Place = {
  chatId: number
  from: User
  extra: Content
  /** It gets an id for edits though it has no buttons. */
  named: boolean
}

/** Posts a result as a message. One with buttons has an id by which the bot edits it anywhere. */
export function sendResult({ chats, random }: World, result: Result, { chatId, from, extra, named }: Place): Kept {
  const { content, file } = result
  const hasId = named || content.reply_markup !== undefined
  return chats.post(
    chats.chat(chatId),
    from,
    { ...extra, ...content },
    {
      ...(file ? { media: { kind: file.kind, fileId: file.fileId } } : {}),
      ...(hasId ? { inlineId: `BAAAA${random.letters(22)}` } : {}),
    },
  )
}
