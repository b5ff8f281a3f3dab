import { Type } from '@sinclair/typebox'
import { only, query, type Sql, seal, untilAnswered } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'
import type { Language } from '../money.ts'

export type Person = {
  id: number
  firstName: string
  username: string | null
  clientLanguage: string | null
  /**
   * The code of the link that brought them, after `share:` if it was in a shared result. It counts only for a new person.
   */
  refCode?: string | null
}
/** What an inviter gets with the friend's first success: runs, each with a price up to `capKop` kopecks. */
export const invitation = { runs: 3, capKop: 50_00 }
export type User = {
  id: number
  isNew: boolean
  /** The person had blocked the bot and is back with this update. */
  wasAway: boolean
  language: Language
  isBanned: boolean
}

const Opened = Type.Object({
  isNew: Type.Boolean(),
  wasAway: Type.Boolean(),
  language: Nullable(Type.String()),
  clientLanguage: Nullable(Type.String()),
  isBanned: Type.Boolean(),
})

export const userOpen = query(
  Opened,
  (sql, { id, firstName, username, clientLanguage, refCode = null }: Person, bonusKop: number) => sql`
    select is_new as "isNew", language, client_language as "clientLanguage", is_banned as "isBanned",
      coalesce((select not u.is_reachable from pay.users u where u.user_id = ${id}), false) as "wasAway"
    from pay.user_open(${id}, ${firstName}, ${username}, ${clientLanguage}, ${bonusKop}, ${refCode},
      ${invitation.runs}, ${invitation.capKop},
      ${seal('gift', id, bonusKop, refCode, invitation.runs, invitation.capKop)})`,
)

/**
 * Returns the user behind an update. A new user gets a wallet and the welcome bonus (kopecks, once) in the same
 * statement.
 */
export async function openUser(sql: Sql, person: Person, bonusKop: number): Promise<User> {
  const [row] = await userOpen(sql, person, bonusKop)
  const { isNew, wasAway, language, clientLanguage, isBanned } = row!
  return { id: person.id, isNew, wasAway, isBanned, language: languageOf(language, clientLanguage) }
}

export const userKnown = query(
  Type.Object({ language: Nullable(Type.String()), clientLanguage: Nullable(Type.String()), isBanned: Type.Boolean() }),
  (sql, userId: number) => sql`
    select language, client_language as "clientLanguage", banned_at is not null as "isBanned"
    from pay.users where user_id = ${userId}`,
)

/** Returns the user behind an update outside of the private chat: it says nothing about whether they can be reached. */
export async function openMember(sql: Sql, person: Person, bonusKop: number): Promise<User> {
  const [known] = await userKnown(sql, person.id)
  if (!known) return openUser(sql, person, bonusKop)
  const { language, clientLanguage, isBanned } = known
  return {
    id: person.id,
    isNew: false,
    wasAway: false,
    isBanned,
    language: languageOf(language, clientLanguage ?? person.clientLanguage),
  }
}

const Spoken = Type.Object({
  language: Nullable(Type.String()),
  clientLanguage: Nullable(Type.String()),
})

export const userLanguage = query(
  Spoken,
  (sql, userId: number) => sql`
    select language, client_language as "clientLanguage" from pay.users where user_id = ${userId}`,
)

/** Returns the language in which to write to a user. */
export async function languageFor(sql: Sql, userId: number): Promise<Language> {
  const [row] = await userLanguage(sql, userId)
  return languageOf(row?.language ?? null, row?.clientLanguage ?? null)
}

export const setLanguage = query(
  Type.Object({}),
  (sql, userId: number, language: Language) => sql`
    update pay.users set language = ${language} where user_id = ${userId}`,
)

export const userForget = query(
  Type.Object({ result: Type.Unsafe<'begun' | 'busy'>(Type.String()) }),
  (sql, userId: number) => sql`select pay.user_forget(${userId}) as result`,
)

export const userForgetSome = query(
  Type.Object({ result: Type.Unsafe<'more' | 'forgotten'>(Type.String()) }),
  (sql, userId: number, limit: number) => sql`select pay.user_forget_some(${userId}, ${limit}) as result`,
)

/**
 * Users whose request is older than a minute and not complete: their process died, or they left more data than one
 * press deletes.
 */
export const forgettings = query(
  Type.Object({ userId: Type.Integer() }),
  (sql, limit: number) => sql`
    select user_id as "userId" from pay.forgettings
    where asked_at < now() - interval '1 minute' order by asked_at limit ${limit}`,
)

// Some milliseconds of work each.
const perPortion = 500

/**
 * Deletes personal data and keeps the records of money. `busy`: money is in progress, and nothing was done. `begun`:
 * there is more than `maxMs` allows to delete, and the sweep does the rest. Throws Unknown.
 */
export async function forgetUser(sql: Sql, userId: number, maxMs = 10_000): Promise<'forgotten' | 'busy' | 'begun'> {
  const { result } = await untilAnswered(async () => only(await userForget(sql, userId)))
  return result === 'busy' ? 'busy' : forgetRest(sql, userId, maxMs)
}

/** Continues a deletion that has begun, for at most `maxMs` milliseconds. */
export async function forgetRest(sql: Sql, userId: number, maxMs: number): Promise<'forgotten' | 'begun'> {
  const end = performance.now() + maxMs
  while (performance.now() < end) {
    const { result } = await untilAnswered(async () => only(await userForgetSome(sql, userId, perPortion)))
    if (result === 'forgotten') return 'forgotten'
  }
  return 'begun'
}

/** Marks a person who blocked the bot or deleted the account. Their next update removes the mark. */
export const markUnreachable = query(
  Type.Object({}),
  (sql, userId: number) => sql`update pay.users set is_reachable = false where user_id = ${userId}`,
)

/** Languages of Telegram clients that are written to in Russian. */
export const russianSpeaking = ['ru', 'uk', 'be', 'kk'] as const
const isRussian = new RegExp(`^(?:${russianSpeaking.join('|')})(?![a-z])`, 'i')

/** The person's own choice, else Russian if their Telegram is in ru, uk, be or kk, else English. */
export const languageOf = (chosen: string | null, client: string | null): Language => {
  if (chosen === 'ru' || chosen === 'en') return chosen
  return client !== null && isRussian.test(client) ? 'ru' : 'en'
}
