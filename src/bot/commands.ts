import { isDeepStrictEqual } from 'node:util'
import type { Sql } from '../database/db.ts'
import { stringsFor } from '../i18n/strings.ts'
import type { Log } from '../log.ts'
import type { Language } from '../money.ts'
import type { Payload, Telegram } from '../telegram/api.ts'
import { languageFor, russianSpeaking } from '../users/users.ts'

type Command = { command: string; description: string }
const listOf = (words: Record<string, string>): Command[] =>
  Object.entries(words).map(([command, description]) => ({ command, description }))

/** The commands that the client offers while typing «/». */
export function commandsFor(language: Language, isAdmin: boolean): Command[] {
  const { commands, adminCommands } = stringsFor(language)
  return listOf({ ...commands, ...(isAdmin ? adminCommands : {}) })
}

/** The commands in a group for its members; its admins have a few more. */
export const groupCommandsFor = (language: Language): Command[] => listOf(stringsFor(language).groupCommands)

export function groupAdminCommandsFor(language: Language): Command[] {
  const { groupCommands, groupAdminCommands } = stringsFor(language)
  return listOf({ ...groupCommands, ...groupAdminCommands })
}

/** The lists by scope. The list of no scope is the operator's own: one of a scope comes before it. */
const scopes: { type: 'all_private_chats' | 'all_group_chats' | 'all_chat_administrators'; list: Of }[] = [
  { type: 'all_private_chats', list: language => commandsFor(language, false) },
  { type: 'all_group_chats', list: groupCommandsFor },
  { type: 'all_chat_administrators', list: groupAdminCommandsFor },
]
type Of = (language: Language) => Command[]

type Lists = Payload<'setMyCommands'>[]

/** Every list of commands, apart from those of single admins: English, and Russian for clients that are written to in Russian. */
export const commandLists = (): Lists =>
  scopes.flatMap(({ type, list }) => [
    { scope: { type }, commands: list('en') },
    ...russianSpeaking.map(language_code => ({ scope: { type }, commands: list('ru'), language_code })),
  ])

/** Returns whether Telegram has this list. */
export async function hasCommands(telegram: Telegram, { commands, ...where }: Lists[number]): Promise<boolean> {
  const known = await telegram.call('getMyCommands', where)
  return isDeepStrictEqual(
    known.map(({ command, description }) => ({ command, description })),
    commands,
  )
}

type Options = { telegram: Telegram; sql: Sql; adminIds: readonly number[]; log: Log }

/** Writes the lists of commands that Telegram does not have, with a longer one for each admin. */
export async function setCommands({ telegram, sql, adminIds, log }: Options): Promise<void> {
  for (const list of commandLists()) await ensure(telegram, list)
  for (const id of adminIds) {
    const commands = commandsFor(await languageFor(sql, id), true)
    // An admin who never opened the bot has no chat yet.
    await ensure(telegram, { commands, scope: { type: 'chat', chat_id: id } }).catch(error =>
      log.debug({ err: error }, 'admin commands'),
    )
  }
}

async function ensure(telegram: Telegram, list: Lists[number]): Promise<void> {
  if (!(await hasCommands(telegram, list))) await telegram.call('setMyCommands', list)
}
