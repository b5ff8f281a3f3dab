import { fileURLToPath } from 'node:url'
import type { Config } from '../../config.ts'
import { stringsFor } from '../../i18n/strings.ts'
import type { Log } from '../../log.ts'
import type { Language } from '../../money.ts'
import type { Payload, Telegram } from '../../telegram/api.ts'
import { TelegramRefused } from '../../telegram/client.ts'
import { russianSpeaking } from '../../users/users.ts'

/** The picture of the bot, as playground/profile-picture.ts draws it. */
export const picturePath = fileURLToPath(new URL('profile.jpg', import.meta.url))

/** Descriptions of earlier versions, word by word: they are ours and give way to today's. */
const earlierTexts: readonly string[] = []

type Settings = { name: string | undefined; isOn: boolean; hasFreeRuns: boolean }
type Reading = { telegram: Telegram; botId: number } & Settings

/** What of the configuration shapes the profile. */
export const profileSettings = (config: Pick<Config, 'botName' | 'profile' | 'freeDailyLimit'>): Settings => ({
  name: config.botName,
  isOn: config.profile,
  hasFreeRuns: config.freeDailyLimit > 0,
})

/**
 * A part of the profile. `ours`: as it should be. `due`: to be written. `theirs`: the operator has made it in BotFather, and
 * it stays.
 */
export type ProfilePart = {
  what: string
  read(): Promise<'ours' | 'due' | 'theirs'>
  write(): Promise<unknown>
}

/** The parts of the profile that this configuration writes. */
export function profileParts(options: Reading): ProfilePart[] {
  const { telegram, name, isOn } = options
  const named = name === undefined ? [] : [nameOf(telegram, name)]
  return isOn ? [...named, ...texts(options), menuButton(telegram), picture(options)] : named
}

/**
 * Writes the parts that are due: safe to repeat, and on several machines at once. A refusal (an old server, too many changes
 * of the name) is logged, and the other parts follow. Throws Unknown where there was no answer.
 */
export async function writeProfile({ log, ...options }: Reading & { log: Log }): Promise<void> {
  for (const { what, read, write } of profileParts(options)) {
    try {
      if ((await read()) !== 'due') continue
      await write()
      log.info({ what }, 'a part of the profile was written')
    } catch (error) {
      if (!(error instanceof TelegramRefused)) throw error
      log.warn({ err: error, what }, 'a part of the profile stays as it was')
    }
  }
}

const nameOf = (telegram: Telegram, name: string): ProfilePart => ({
  what: 'name',
  read: async () => ((await telegram.call('getMyName', {})).name === name ? 'ours' : 'due'),
  write: () => telegram.call('setMyName', { name }),
})

// Without a code: for everybody who has no text of their own language.
const languages: [Language, (typeof russianSpeaking)[number] | undefined][] = [
  ['en', undefined],
  ...russianSpeaking.map((code): [Language, (typeof russianSpeaking)[number]] => ['ru', code]),
]

function texts({ telegram, hasFreeRuns }: Reading): ProfilePart[] {
  return languages.flatMap(([language, code]) => {
    const { description, short } = stringsFor(language).profile
    const where = code === undefined ? {} : { language_code: code }
    const mark = code === undefined ? '' : ` (${code})`
    const about = description(hasFreeRuns)
    return [
      {
        what: `description${mark}`,
        read: async () => stateOf((await telegram.call('getMyDescription', where)).description, about),
        write: () => telegram.call('setMyDescription', { ...where, description: about }),
      },
      {
        what: `short description${mark}`,
        read: async () => stateOf((await telegram.call('getMyShortDescription', where)).short_description, short),
        write: () => telegram.call('setMyShortDescription', { ...where, short_description: short }),
      },
    ]
  })
}

/** Telegram answers with the text for everybody where a language has none: our own English, for example. */
function stateOf(shown: string, wanted: string): 'ours' | 'due' | 'theirs' {
  if (shown === wanted) return 'ours'
  return shown === '' || ourTexts.has(shown) ? 'due' : 'theirs'
}

const ourTexts = new Set([
  ...earlierTexts,
  ...(['en', 'ru'] as const).flatMap(language => {
    const { description, short } = stringsFor(language).profile
    return [description(true), description(false), short]
  }),
])

const menuButton = (telegram: Telegram): ProfilePart => ({
  what: 'menu button',
  async read() {
    const { type } = await telegram.call('getChatMenuButton', {})
    return type === 'commands' ? 'ours' : type === 'default' ? 'due' : 'theirs'
  },
  write: () => telegram.call('setChatMenuButton', { menu_button: { type: 'commands' } }),
})

/** Telegram compresses a picture anew and has no name for it, so any picture counts as the operator's own. */
const picture = ({ telegram, botId }: Reading): ProfilePart => ({
  what: 'picture',
  async read() {
    const { total_count } = await telegram.call('getUserProfilePhotos', { user_id: botId, limit: 1 })
    return total_count === 0 ? 'due' : 'theirs'
  },
  write: () => telegram.call('setMyProfilePhoto', photo),
})

const photo: Payload<'setMyProfilePhoto'> = {
  photo: { type: 'static', photo: { source: picturePath, filename: 'profile.jpg' } },
}
