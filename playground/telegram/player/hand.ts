import type { Content, Kept } from '../chats/message.ts'
import { enter, tell } from '../groups/hearing.ts'
import { isWhispered, whisper } from '../groups/whispers.ts'
import { callGuest } from '../inline/guests.ts'
import type { MessageView } from '../stand-in.ts'
import type { World } from '../world.ts'
import { view } from './view.ts'

export type Hand = ReturnType<typeof openHand>

/** What every move of a person needs. `changed` is called after each change of the world. */
export function openHand(world: World, changed: () => void) {
  const { chats, files } = world

  const shown = (kept: Kept, userId: number): MessageView =>
    view(kept, { files, languageCode: userId > 0 ? chats.person(userId).languageCode : 'ru' })

  /** A person who may act. Throws if the bot is blocked. */
  function active(userId: number) {
    const person = chats.person(userId)
    if (person.blocked) throw new Error(`person ${userId} has blocked the bot: unblock it first`)
    return person
  }

  return {
    world,
    changed,
    shown,
    active,
    /** Posts a person's message and queues its update. */
    write(
      chatId: number,
      userId: number,
      content: Content,
      extra: Pick<Kept, 'media' | 'byLink' | 'answers'> = {},
    ): MessageView {
      const group = chats.group(chatId)
      if (group) enter(group, userId)
      else active(userId).started = true
      const words = content.text ?? content.caption ?? ''
      if (group && ((extra.answers ?? 0) < 0 || isWhispered(world, chatId, userId, words))) {
        const whispered = whisper(world, chatId, userId, content, extra)
        changed()
        return shown(whispered, userId)
      }
      const kept = chats.post(chats.chat(chatId), chats.user(userId), content, extra)
      tell(world, kept.message)
      callGuest(world, kept.message)
      changed()
      return shown(kept, userId)
    },
  }
}
