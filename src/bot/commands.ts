import { stringsFor } from '../i18n/strings.ts'
import type { Language } from '../money.ts'

/** The commands that the client offers while typing «/». */
export function commandsFor(language: Language, isAdmin: boolean): { command: string; description: string }[] {
  const { commands, adminCommands } = stringsFor(language)
  const all: Record<string, string> = { ...commands, ...(isAdmin ? adminCommands : {}) }
  return Object.entries(all).map(([command, description]) => ({ command, description }))
}
