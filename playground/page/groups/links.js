import { startPayload } from '../chat/rich-text.js'

/**
 * Follows a link that leads into another chat of this page, as clients do: to a message of a group that the reader is in,
 * or, from a `group`, into the private chat with the bot. Returns false for any other link.
 */
export function leave(url, { group, groups, bot, onGroup, onPrivate }) {
  const [, inner] = /^https:\/\/t\.me\/c\/(\d+)\/\d+$/.exec(url) ?? []
  const target = groups.find(({ id }) => id === Number(`-100${inner}`))
  if (target) {
    onGroup(target.id)
    return true
  }
  const payload = group && startPayload(url, bot.username)
  if (payload === undefined) return false
  onPrivate(payload || undefined)
  return true
}
