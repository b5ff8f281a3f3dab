import { type Chat, type Content, type Kept, now, type User } from '../chats/message.ts'
import type { Random } from '../random.ts'
import type { TelegramEvent } from '../stand-in.ts'

/** A message of a group that one member and the bot see. */
export type Ephemeral = {
  kept: Kept
  /** The member. */
  viewerId: number
  /** The message that it was written after. */
  afterId: number
  /** The message that it is shown in the place of. */
  replacesId?: number
  /** Unix ms. */
  sentAt: number
}
type Sent = { to: Chat; from: User; receiver: User; content: Content; extra?: Omit<Kept, 'message'> }
export type Ephemerals = ReturnType<typeof openEphemerals>

/** Ephemeral messages of this run: they do not outlive it, as real ones expire. */
export function openEphemerals({ random, emit }: { random: Random; emit(event: TelegramEvent): void }) {
  let all: Ephemeral[] = []
  let lastId = random.int(1, 500)
  const idOf = ({ kept }: Ephemeral) => kept.message.ephemeral_message_id

  return {
    post(sent: Sent, place: Pick<Ephemeral, 'viewerId' | 'afterId' | 'replacesId'>): Kept {
      const { to: chat, from, receiver: receiver_user, content, extra } = sent
      const ephemeral_message_id = ++lastId
      const message = { message_id: 0, ephemeral_message_id, receiver_user, from, chat, date: now(), ...content }
      const kept = { message, ...extra }
      all.push({ kept, ...place, sentAt: Date.now() })
      emit({ type: 'message', userId: chat.id, messageId: -ephemeral_message_id })
      return kept
    },
    find: (chatId: number, viewerId: number, id: number) =>
      all.find(one => idOf(one) === id && one.viewerId === viewerId && one.kept.message.chat.id === chatId),
    list: (chatId: number, viewerId: number) =>
      all.filter(({ kept, viewerId: viewer }) => viewer === viewerId && kept.message.chat.id === chatId),
    remove(gone: Ephemeral) {
      all = all.filter(one => one !== gone)
      emit({ type: 'delete', userId: gone.kept.message.chat.id, messageId: -idOf(gone)! })
    },
  }
}

/** A chat as this person sees it: what is theirs alone stands where it was written, or in the place of another. */
export function seenBy(kept: Kept[], own: Ephemeral[]): Kept[] {
  const hidden = new Set(own.map(one => one.replacesId))
  const shown = kept.flatMap(one => {
    const at = one.message.message_id
    return hidden.has(at) ? [] : [{ at, kept: one }]
  })
  const extra = own.map(one => ({ at: one.replacesId ?? one.afterId + 0.5, kept: one.kept }))
  return [...shown, ...extra].sort((a, b) => a.at - b.at).map(one => one.kept)
}
