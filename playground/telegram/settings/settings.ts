/** In a group an ephemeral command is seen by its sender and the bot alone. */
export type Command = { command: string; description: string; is_ephemeral?: true }
/** The bot's own settings: commands by scope and language, names and descriptions by language. */
export type Settings = {
  commands: Map<string, Command[]>
  texts: Map<string, string>
  menuButtons: Map<string, object>
}
export type SavedSettings = {
  commands: [string, Command[]][]
  texts: [string, string][]
  menuButtons: [string, object][]
}

export function openSettings(saved: SavedSettings | undefined): Settings {
  return {
    commands: new Map(saved?.commands),
    texts: new Map(saved?.texts),
    menuButtons: new Map(saved?.menuButtons),
  }
}

export const saveSettings = ({ commands, texts, menuButtons }: Settings): SavedSettings => ({
  commands: [...commands],
  texts: [...texts],
  menuButtons: [...menuButtons],
})

/** The commands a person sees: those for the own language first, those for the own chat before all others. */
export function commandsFor(settings: Settings, person?: { id: number; languageCode: string }): Command[] {
  const scopes = person ? [`chat:${person.id}`, 'all_private_chats', 'default'] : ['default', 'all_private_chats']
  const languages = person ? [person.languageCode.slice(0, 2), ''] : ['', 'ru']
  for (const scope of scopes) {
    for (const language of languages) {
      const found = settings.commands.get(`${scope} ${language}`)
      if (found && found.length > 0) return found
    }
  }
  return []
}

/** The commands that a group shows to somebody with this language. */
export function groupCommands(settings: Settings, chatId: number, languageCode = 'ru'): Command[] {
  const lists = [`chat:${chatId}`, 'all_group_chats', 'default'].flatMap(scope =>
    [languageCode.slice(0, 2), ''].map(language => settings.commands.get(`${scope} ${language}`) ?? []),
  )
  return lists.find(list => list.length > 0) ?? []
}
