import { bad } from '../api/refusal.ts'
import type { Content } from '../chats/message.ts'
import type { StoredFile } from '../files/register.ts'
import type { Random } from '../random.ts'
import type { ChatKind, InlineAnswer, InlineResultView } from '../stand-in.ts'

/** A result that may be sent, and the message that it becomes. */
export type Result = { view: InlineResultView; content: Content; file?: StoredFile }
export type Asked = { id: string; userId: number; chatId: number; query: string; offset: string }
export type Answered = { view: Omit<InlineAnswer, 'queryId'>; results: Result[]; isPersonal: boolean; cacheS: number }
/** A message that its person may send into chats of these kinds. */
type Prepared = { userId: number; kinds: ChatKind[]; result: Result }
export type Queries = ReturnType<typeof openQueries>

// As long as an update of the kind is kept. A guest query is answered once, within the same time.
const ANSWER_MS = 30_000
export const TOO_OLD = 'query is too old and response timeout expired or query ID is invalid'

/** Inline queries that wait for their answer, and answers kept for whoever asks the same. */
export function openQueries({ scale, random }: { scale: number; random: Random }) {
  const waiting = new Map<string, (answer: Answered | undefined) => void>()
  const guests = new Map<string, { chatId: number; userId: number; messageId: number; until: number }>()
  const prepared = new Map<string, Prepared>()
  const shown = new Map<string, { asked: Asked; answer: Answered }>()
  const cache = new Map<string, { answer: Answered; until: number }>()

  function kept(asked: Asked): Answered | undefined {
    const found = cache.get(keyOf(asked, asked.userId)) ?? cache.get(keyOf(asked, ''))
    return found && found.until > Date.now() ? found.answer : undefined
  }

  return {
    ask: (of: Omit<Asked, 'id'>): Asked => ({ id: random.digits(18), ...of }),
    kept,
    /** Waits for answerInlineQuery; undefined when it comes too late. */
    wait(asked: Asked): Promise<Answered | undefined> {
      return new Promise(resolve => {
        const settle = (answer: Answered | undefined) => {
          clearTimeout(timer)
          waiting.delete(asked.id)
          if (answer && answer.cacheS > 0) {
            const until = Date.now() + answer.cacheS * 1000 * scale
            cache.set(keyOf(asked, answer.isPersonal ? asked.userId : ''), { answer, until })
          }
          resolve(answer)
        }
        const timer = setTimeout(() => settle(undefined), ANSWER_MS * scale)
        waiting.set(asked.id, settle)
      })
    },
    /** Throws 400 for a query that is too old, was answered or never was. */
    mustWait(id: string) {
      if (!waiting.has(id)) throw bad(TOO_OLD)
    },
    answer: (id: string, answer: Answered) => waiting.get(id)!(answer),
    show: (asked: Asked, answer: Answered) => void shown.set(asked.id, { asked, answer }),
    seen: (id: string) => shown.get(id),
    addGuest(of: { chatId: number; userId: number; messageId: number }): string {
      const id = random.digits(18)
      guests.set(id, { ...of, until: Date.now() + ANSWER_MS * scale })
      return id
    },
    /** Who called the bot as a guest. Throws 400 when it is too late; `close` after the one answer. */
    guest(id: string) {
      const found = guests.get(id)
      if (!found || found.until < Date.now()) throw bad(TOO_OLD)
      return { ...found, close: () => void guests.delete(id) }
    },
    prepare(message: Prepared): string {
      const id = random.letters(22)
      prepared.set(id, message)
      return id
    },
    prepared: (id: string) => prepared.get(id),
    close() {
      for (const settle of [...waiting.values()]) settle(undefined)
    },
  }
}

const keyOf = ({ query, offset }: Asked, userId: number | '') => JSON.stringify([userId, query, offset])
