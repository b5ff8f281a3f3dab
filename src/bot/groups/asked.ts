import type { Answered } from '../context.ts'
import { fileOf, type SentFile } from '../files/sent-file.ts'

/** What a message in a group asks the bot for. */
export type Asked =
  | { what: 'picture'; task: 'image' | 'edit'; words: string | undefined; photo: SentFile | undefined }
  | { what: 'switch'; isOn: boolean }
  /** `isReply`: only an answer to the bot, which may be for other people. */
  | { what: 'hello'; isReply?: true }

type Spoken = {
  text?: string
  caption?: string
  entities?: { type: string; offset: number; length: number }[]
  caption_entities?: { type: string; offset: number; length: number }[]
  reply_to_message?: object & { from?: { id: number } }
}

/**
 * Reads a message of a group: a command, a mention of the bot, or an answer to it. Undefined: it is not for the bot. In privacy
 * mode the bot gets nothing else (https://core.telegram.org/bots/features#privacy-mode), and it does not need more.
 */
export function askedIn({ message, botInfo }: Answered): Asked | undefined {
  if (!message) return undefined
  const spoken = message as Spoken
  const text = spoken.text ?? spoken.caption ?? ''
  const [command, name = '', to, rest = ''] = /^\/(\w+)(?:@(\w+))?(?:\s+([\s\S]*))?$/.exec(text) ?? []
  if (command !== undefined) {
    if (to !== undefined && to.toLowerCase() !== botInfo.username.toLowerCase()) return undefined
    return ofCommand(name.toLowerCase(), rest, spoken) ?? (to === undefined ? undefined : { what: 'hello' })
  }
  const words = withoutMention(spoken, botInfo.username)
  if (words === undefined)
    return spoken.reply_to_message?.from?.id === botInfo.id && text !== ''
      ? { what: 'hello', isReply: true }
      : undefined
  const photo = photoOf(spoken)
  if (words === '' && !photo) return { what: 'hello' }
  return { what: 'picture', task: photo ? 'edit' : 'image', words: words || undefined, photo }
}

function ofCommand(name: string, rest: string, spoken: Spoken): Asked | undefined {
  const words = rest.trim() || undefined
  switch (name) {
    case 'imagine':
      return { what: 'picture', task: 'image', words, photo: undefined }
    case 'edit':
      return { what: 'picture', task: 'edit', words, photo: photoOf(spoken) }
    case 'ai_on':
    case 'ai_off':
      return { what: 'switch', isOn: name === 'ai_on' }
    case 'help':
      return { what: 'hello' }
    default:
      return undefined
  }
}

/** The picture that comes with the message, or that it answers. */
function photoOf(spoken: Spoken): SentFile | undefined {
  const files = [spoken, spoken.reply_to_message].flatMap(message => (message && fileOf(message)) ?? [])
  return files.find(({ media }) => media === 'image')
}

/** The words around a mention of the bot; undefined: it is not mentioned. */
export function withoutMention(spoken: Spoken, username: string): string | undefined {
  const text = spoken.text ?? spoken.caption ?? ''
  const entities = (spoken.text === undefined ? spoken.caption_entities : spoken.entities) ?? []
  const mention = entities.find(
    ({ type, offset, length }) =>
      type === 'mention' && text.slice(offset, offset + length).toLowerCase() === `@${username.toLowerCase()}`,
  )
  if (!mention) return undefined
  const { offset, length } = mention
  return `${text.slice(0, offset)} ${text.slice(offset + length)}`.replace(/[^\S\n]+/g, ' ').trim()
}
