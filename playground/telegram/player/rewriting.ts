import { asReplied, type Content, type Kept, now, topicOf } from '../chats/message.ts'
import { contentOf } from '../messages/editing.ts'
import type { Player } from '../stand-in.ts'
import type { Hand } from './hand.ts'
import { captionContent, textContent } from './words.ts'

// How long a person may edit what they wrote: `edit_time_limit` of https://core.telegram.org/api/config
const EDITABLE_S = 48 * 60 * 60

/** A person edits a message of their own; the bot hears of it as `edited_message`. */
export const rewriteMove =
  ({ world, changed, shown, active }: Hand): Player['rewrite'] =>
  (userId, messageId, text) => {
    const { chats, delivery } = world
    active(userId)
    const kept = chats.find(userId, messageId)
    if (!kept) throw new Error(`message ${messageId} is not in the chat: it cannot be edited`)
    refuseForeign(kept, userId)
    const content = rewritten(kept, text)
    chats.edit(kept, content, { edited: true })
    // An edit carries the message it answers as that is today, or none if it was deleted.
    const { reply_to_message: answered, ...message } = kept.message
    const today = answered && chats.find(userId, answered.message_id)
    delivery.push({ edited_message: { ...message, ...(today ? asReplied(today.message, topicOf(message)) : {}) } })
    changed()
    return shown(kept, userId)
  }

function refuseForeign({ message }: Kept, userId: number) {
  if (message.from.id !== userId) throw new Error('only own messages can be edited')
  if (message.text === undefined && !hasCaption(message)) throw new Error('there are no words in it to edit')
  if (now() - message.date > EDITABLE_S) throw new Error('a message can be edited for 48 hours')
}

const hasCaption = ({ photo, video, audio, voice, document, animation }: Content) =>
  [photo, video, audio, voice, document, animation].some(file => file !== undefined)

function rewritten(kept: Kept, text: string): Content {
  const { caption = '', caption_entities: _, ...rest } = contentOf(kept)
  const isText = kept.message.text !== undefined
  if (text.trim() === (isText ? kept.message.text : caption)) throw new Error('nothing was changed')
  return isText ? textContent(text) : { ...rest, ...captionContent(text) }
}
