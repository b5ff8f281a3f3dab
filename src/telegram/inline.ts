/** An inline query, read from an update. `offset`: where to go on. */
export type InlineQuery = {
  id: string
  from: { id: number; languageCode: string | null }
  query: string
  offset: number
}

// Telegram's own limit (https://core.telegram.org/bots/api#inlinequery).
const maxQuery = 256

/** Returns the inline query of an update; undefined where there is none that can be answered. */
export function inlineQueryIn(update: object): InlineQuery | undefined {
  const { inline_query: query } = update as { inline_query?: Record<string, unknown> | null }
  if (typeof query !== 'object' || query === null) return undefined
  const from = query.from as Record<string, unknown> | null | undefined
  if (typeof query.id !== 'string' || query.id === '' || typeof from !== 'object' || from === null) return undefined
  if (!Number.isSafeInteger(from.id) || from.is_bot === true) return undefined
  const text = typeof query.query === 'string' ? query.query.toWellFormed().replaceAll('\0', '').slice(0, maxQuery) : ''
  const offset = typeof query.offset === 'string' && /^\d{1,3}$/.test(query.offset) ? Number(query.offset) : 0
  const languageCode = typeof from.language_code === 'string' ? from.language_code : null
  return { id: query.id, from: { id: from.id as number, languageCode }, query: text, offset }
}
