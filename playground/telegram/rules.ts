import type { ApiVersion } from './stand-in.ts'

/** What the server knows and the bot may do. */
export type Rules = {
  /** At 7.1 what came later is unknown: fields are passed over, methods and markup refused. */
  apiVersion: ApiVersion
  /** The bot has inline mode. */
  inlineMode: boolean
  /** The bot may use custom emoji: its owner has Premium. */
  customEmoji: boolean
}

/** Today's rules, for a bot with inline mode whose owner has no Premium. */
export const rulesOf = ({ apiVersion = '10.3', inlineMode = true, customEmoji = false }: Partial<Rules>): Rules => ({
  apiVersion,
  inlineMode,
  customEmoji,
})
