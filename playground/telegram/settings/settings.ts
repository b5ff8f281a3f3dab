/** In a group an ephemeral command is seen by its sender and the bot alone. */
export type Command = { command: string; description: string; is_ephemeral?: true }
/** What BotFather decides about a bot, as getMe tells it. */
export type BotSettings = {
  can_join_groups: boolean
  can_read_all_group_messages: boolean
  supports_guest_queries: boolean
  supports_inline_queries: boolean
  can_connect_to_business: boolean
  has_main_web_app: boolean
  has_topics_enabled: boolean
  allows_users_to_create_topics: boolean
  can_manage_bots: boolean
  supports_join_request_queries: boolean
}
/** The bot's own settings: commands by scope and language, names and descriptions by language, photos newest first. */
export type Settings = {
  commands: Map<string, Command[]>
  texts: Map<string, string>
  menuButtons: Map<string, object>
  /** File ids. */
  photos: string[]
  /** May be changed at any time. */
  bot: BotSettings
}
export type SavedSettings = {
  commands: [string, Command[]][]
  texts: [string, string][]
  menuButtons: [string, object][]
  // Folders of earlier runs have neither.
  photos?: string[]
  bot?: BotSettings
}

const USUAL: BotSettings = {
  can_join_groups: true,
  can_read_all_group_messages: false,
  supports_guest_queries: true,
  supports_inline_queries: true,
  can_connect_to_business: false,
  has_main_web_app: false,
  has_topics_enabled: true,
  allows_users_to_create_topics: true,
  can_manage_bots: false,
  supports_join_request_queries: false,
}

export function openSettings(saved: SavedSettings | undefined, given: Partial<BotSettings> = {}): Settings {
  return {
    commands: new Map(saved?.commands),
    texts: new Map(saved?.texts),
    menuButtons: new Map(saved?.menuButtons),
    photos: [...(saved?.photos ?? [])],
    bot: { ...USUAL, ...given, ...saved?.bot },
  }
}

export const saveSettings = ({ commands, texts, menuButtons, photos, bot }: Settings): SavedSettings => ({
  commands: [...commands],
  texts: [...texts],
  menuButtons: [...menuButtons],
  photos,
  bot,
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
