import type { Content, Kept } from '../chats/message.ts'
import type { MessageView } from '../stand-in.ts'
import type { World } from '../world.ts'
import { view } from './view.ts'

export type Hand = ReturnType<typeof openHand>

/** What every move of a person needs. `changed` is called after each change of the world. */
export function openHand(world: World, changed: () => void) {
  const { chats, files, delivery } = world

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
      active(userId).started = true
      const kept = chats.post(chats.chat(chatId), chats.user(userId), content, extra)
      delivery.push({ message: kept.message })
      changed()
      return shown(kept, userId)
    },
  }
}
