import type { Sql } from '../database/db.ts'
import { stringsFor } from '../i18n/strings.ts'
import type { Log } from '../log.ts'
import type { Language } from '../money.ts'
import type { Telegram } from '../telegram/api.ts'
import { languageFor, russianSpeaking } from '../users/users.ts'

/** The commands that the client offers while typing «/». */
export function commandsFor(language: Language, isAdmin: boolean): { command: string; description: string }[] {
  const { commands, adminCommands } = stringsFor(language)
  const all: Record<string, string> = { ...commands, ...(isAdmin ? adminCommands : {}) }
  return Object.entries(all).map(([command, description]) => ({ command, description }))
}

/** The commands that the client offers in groups. */
export const groupCommandsFor = (language: Language): { command: string; description: string }[] =>
  Object.entries(stringsFor(language).groupCommands).map(([command, description]) => ({ command, description }))

type Options = { telegram: Telegram; sql: Sql; adminIds: readonly number[]; log: Log }

/** Sets the list of commands: English, Russian for clients that are written to in Russian, and a longer one for each admin. */
export async function setCommands({ telegram, sql, adminIds, log }: Options): Promise<void> {
  await telegram.call('setMyCommands', { commands: commandsFor('en', false) })
  for (const language_code of russianSpeaking) {
    await telegram.call('setMyCommands', { commands: commandsFor('ru', false), language_code })
  }
  await telegram.call('setMyCommands', { commands: groupCommandsFor('en'), scope: { type: 'all_group_chats' } })
  for (const language_code of russianSpeaking) {
    const scope = { type: 'all_group_chats' } as const
    await telegram.call('setMyCommands', { commands: groupCommandsFor('ru'), language_code, scope })
  }
  for (const id of adminIds) {
    const commands = commandsFor(await languageFor(sql, id), true)
    // An admin who never opened the bot has no chat yet.
    await telegram
      .call('setMyCommands', { commands, scope: { type: 'chat', chat_id: id } })
      .catch(error => log.debug({ err: error }, 'admin commands'))
  }
}
