import { Type } from '@sinclair/typebox'
import { query } from '../../database/db.ts'
import { Nullable } from '../../database/nullable.ts'
import { Refused, Unknown } from '../../errors.ts'
import { stringsFor } from '../../i18n/strings.ts'
import { takeTokens } from '../../rate-limiter.ts'
import type { Telegram } from '../../telegram/api.ts'
import { type InlineQuery, inlineQueryIn } from '../../telegram/inline.ts'
import { languageOf } from '../../users/users.ts'
import type { BotDeps } from '../deps.ts'
import { findInline } from './inline-results.ts'

// A query comes with every letter that is typed: three a second, and a burst for a fast hand.
const pace = { everyUs: 333_333, burst: 10 }
// Queries at work at once, of all people: each takes a connection to the database.
const maxAtOnce = 4
const maxWaiting = 200
// Seconds that Telegram may keep an answer: results are added and deleted.
const cacheSeconds = 5

/** The person who asks. A row without a name is of somebody who was forgotten and has not come back. */
export const inlineReader = query(
  Type.Object({ language: Nullable(Type.String()), isServed: Type.Boolean() }),
  (sql, userId: number) => sql`
    select language, banned_at is null and first_name <> '' as "isServed" from pay.users where user_id = ${userId}`,
)

type Options = { telegram: Telegram; deps: BotDeps }

/**
 * Answers inline queries, at most one at a time of a person; of those that wait only the newest counts. An answer is worth
 * nothing after seconds, so queries are not stored, and where there are too many they are left unanswered: Telegram then
 * shows nothing. Never throws.
 */
export function createInline({ telegram, deps }: Options): (update: object) => void {
  const waiting = new Map<number, InlineQuery>()
  const atWork = new Set<number>()

  function next(): void {
    for (const [userId, one] of waiting) {
      if (atWork.size >= maxAtOnce) return
      if (atWork.has(userId)) continue
      waiting.delete(userId)
      atWork.add(userId)
      void answer(one).finally(() => {
        atWork.delete(userId)
        next()
      })
    }
  }

  async function answer(one: InlineQuery): Promise<void> {
    try {
      const { id: userId, languageCode } = one.from
      if ((await takeTokens(deps.sql, [{ key: `inline:${userId}`, ...pace }], 0)) > 0) return
      const [known] = await inlineReader(deps.sql, userId)
      const language = languageOf(known?.language ?? null, languageCode)
      const who = { id: userId, language, isKnown: known?.isServed === true }
      const { results, nextOffset } = await findInline(deps, who, one)
      if (waiting.has(userId)) return // more was typed meanwhile
      const open = { text: stringsFor(language).sharing.openButton, start_parameter: 'inline' }
      const payload = {
        inline_query_id: one.id,
        results,
        next_offset: nextOffset,
        is_personal: true,
        cache_time: cacheSeconds,
        ...(!who.isKnown && { button: open }),
      }
      await telegram.call('answerInlineQuery', payload, { userId })
    } catch (error) {
      const isUsual = error instanceof Refused || error instanceof Unknown
      deps.log[isUsual ? 'debug' : 'error']({ err: error, userId: one.from.id }, 'an inline query was not answered')
    }
  }

  return update => {
    const one = inlineQueryIn(update)
    if (!one) return
    waiting.delete(one.from.id)
    if (waiting.size >= maxWaiting) return
    waiting.set(one.from.id, one)
    next()
  }
}
