import { groupMoves } from '../groups/moves.ts'
import { inlineMoves } from '../inline/moves.ts'
import { reactMove } from '../inline/reactions.ts'
import type { Player } from '../stand-in.ts'
import type { World } from '../world.ts'
import { openHand } from './hand.ts'
import { payingMoves } from './paying.ts'
import { peopleMoves } from './people.ts'
import { pressMoves } from './pressing.ts'
import { rewriteMove } from './rewriting.ts'
import { subscribingMoves } from './subscribing.ts'
import { topicMoves } from './topics.ts'
import { writingMoves } from './writing.ts'

/** Plays the people: everything they can do in a chat, and the chat as they see it. */
export function openPlayer(world: World, { changed, lose }: { changed(): void; lose(): boolean }): Player {
  const { chats, files, delivery } = world
  const hand = openHand(world, changed)
  const people = peopleMoves(hand)
  return {
    ...people,
    ...writingMoves(hand, people.block),
    ...topicMoves(hand),
    ...groupMoves(hand),
    ...inlineMoves(hand),
    react: reactMove(hand),
    rewrite: rewriteMove(hand),
    ...payingMoves(hand, lose),
    ...subscribingMoves(hand, lose),
    ...pressMoves(hand),
    chat: userId => chats.list(userId).map(kept => hand.shown(kept, userId)),
    unread: userId =>
      delivery.waiting().flatMap(({ message }) => (message?.chat.id === userId ? [message.message_id] : [])),
    file(fileId) {
      const file = files.find(fileId)
      return file && { bytes: files.read(file), mime: file.mime, fileName: file.fileName }
    },
    raw(update) {
      const updateId = delivery.push(update, { wanted: true })
      if (updateId === undefined) throw new Error('the buffer of updates is full')
      changed()
      return updateId
    },
    redeliver: updateId => delivery.redeliver(updateId),
  }
}
