export type Entity = {
  type: string
  /** Offset and length in UTF-16 units. */
  offset: number
  length: number
  url?: string
  userId?: number
  language?: string
  customEmojiId?: string
  /** Unix seconds, and how a client writes that time. */
  unixTime?: number
  timeFormat?: string
}
export type Formatted = { text: string; entities: Entity[] }

/** An entity as the Bot API writes it. */
export type WireEntity = {
  type: string
  offset: number
  length: number
  url?: string
  user?: { id: number }
  language?: string
  custom_emoji_id?: string
  unix_time?: number
  date_time_format?: string
}
