import { Type } from '@sinclair/typebox'
import { query, type Sql } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import type { Language } from '../money.ts'
import { type Generation, type Ref, readGeneration } from '../payments/generations.ts'
import type { Screen } from '../telegram/screen.ts'
import type { Messages } from './messages.ts'

/** Where the progress of a run is shown now, and the open runs that are shown there, oldest first. */
export const progressPlace = query(
  Type.Object({ messageId: Nullable(Type.Integer()), open: Type.Array(Type.String()) }),
  (sql, { userId, id }: Ref) => sql`
    select g.message_id as "messageId",
      to_json(array(select o.id from pay.generations o
        where o.user_id = g.user_id and o.finished_at is null and o.chat_id = g.chat_id and o.message_id = g.message_id
        order by o.created_at, o.id)) as open
    from pay.generations g where g.user_id = ${userId} and g.id = ${id}`,
)

/**
 * Moves the progress of all open runs of a person in this topic of a chat to one message. Returns the messages where it was shown
 * before. Safe to repeat.
 */
export const gatherProgress = query(
  Type.Object({ messageId: Type.Integer() }),
  (sql, { userId, chatId, threadId }: Pick<Generation, 'userId' | 'chatId' | 'threadId'>, messageId: number) => sql`
    select message_id as "messageId" from pay.gen_gather(${userId}, ${chatId}, ${messageId}, ${threadId})`,
)

/** The progress of the run; where it shares its message with others, that of all of them. */
export async function progressOf(
  { sql, messages }: { sql: Sql; messages: Messages },
  generation: Generation,
  language: Language,
): Promise<Screen> {
  const [place] = generation.messageId === null ? [] : await progressPlace(sql, generation)
  return openScreen({ sql, messages }, generation, place?.open ?? [], language)
}

/** The screen of these runs of one person; `generation` is one of them, or shown alone. */
export async function openScreen(
  { sql, messages }: { sql: Sql; messages: Messages },
  generation: Generation,
  open: string[],
  language: Language,
): Promise<Screen> {
  if (!open.some(id => id !== generation.id)) return messages.progress(generation, language)
  const { userId } = generation
  const read = await Promise.all(
    open.map(id => (id === generation.id ? generation : readGeneration(sql, { userId, id }))),
  )
  const runs = read.filter(run => run !== undefined && run.finishedAt === null) as Generation[]
  return runs.length > 1 ? messages.board(runs, language) : messages.progress(runs[0] ?? generation, language)
}
