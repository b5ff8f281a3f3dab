import type { ApiVersion } from './stand-in.ts'

/** What the server knows and the bot may do. */
export type Rules = {
  apiVersion: ApiVersion
  /** The bot has inline mode. */
  inlineMode: boolean
  /** The bot may use custom emoji: its owner has Premium. */
  customEmoji: boolean
}
