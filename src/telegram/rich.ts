import type { Log } from '../log.ts'
import type { Payload, Telegram } from './api.ts'
import { type Html, tokensOf, visible } from './html.ts'
import { lacks, noteLack } from './older.ts'
import { isAboutChat, TelegramRefused } from './refused.ts'

/** A formatted text of a rich message (https://core.telegram.org/bots/api#richtext): what our own Html has. */
export type RichText = string | RichText[] | { type: string; text: RichText; [field: string]: unknown }
type Align = 'left' | 'center' | 'right'
type Cell = { text?: RichText; is_header?: true; align: Align; valign: 'top' }
export type MediaBlock =
  | { type: 'photo'; photo: { type: 'photo'; media: string } }
  | { type: 'video'; video: { type: 'video'; media: string } }
/** A file that is sent with the message. */
type Upload = { source: Uint8Array; filename: string }
/** The blocks that our screens use (https://core.telegram.org/bots/api#inputrichblock). */
export type RichBlock =
  | { type: 'paragraph'; text: RichText }
  | { type: 'heading'; text: RichText; size: number }
  | { type: 'table'; cells: Cell[][]; is_striped?: true; is_compact?: true; caption?: RichText }
  | { type: 'collage'; blocks: MediaBlock[] }
  | { type: 'document'; document: { type: 'document'; media: Upload } }

export const paragraph = (text: Html): RichBlock => ({ type: 'paragraph', text: richText(text) })

/** `size`: 1 is the largest, 6 the smallest. */
export const heading = (text: Html, size = 3): RichBlock => ({ type: 'heading', text: richText(text), size })

/** Pictures and films, by their file ids at Telegram. */
export const collage = (files: { kind: 'photo' | 'video'; fileId: string }[]): RichBlock => ({
  type: 'collage',
  blocks: files.map(({ kind, fileId }) =>
    kind === 'photo'
      ? { type: 'photo', photo: { type: 'photo', media: fileId } }
      : { type: 'video', video: { type: 'video', media: fileId } },
  ),
})

export const document = (media: Upload): RichBlock => ({ type: 'document', document: { type: 'document', media } })

/** Telegram's limits of a rich message; a table of ours has few columns, and its rows count as blocks. */
const mostOfRows = 450

/** A table with one alignment a column; rows above what Telegram takes are left out. */
export function table(t: { align: Align[]; head?: Html[]; rows: Html[][]; caption?: Html }): RichBlock {
  const row = (cells: Html[], more: { is_header?: true } = {}): Cell[] =>
    cells.map((text, n) => ({ text: richText(text), ...more, align: t.align[n] ?? 'left', valign: 'top' }))
  return {
    type: 'table',
    cells: [
      ...(t.head ? [row(t.head, { is_header: true })] : []),
      ...t.rows.slice(0, mostOfRows).map(cells => row(cells)),
    ],
    is_striped: true,
    is_compact: true,
    ...(t.caption && { caption: richText(t.caption) }),
  }
}

const types: Record<string, string> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  s: 'strikethrough',
  code: 'code',
  pre: 'code',
  'tg-spoiler': 'spoiler',
}

/** Returns our Html as Telegram's tree of texts. A tag that has no counterpart leaves its words. */
export function richText({ html }: Html): RichText {
  const open: (Tag & { parts: RichText[] })[] = [{ parts: [] }]
  let words = ''
  const flush = () => {
    if (words !== '') open.at(-1)!.parts.push(words)
    words = ''
  }
  for (const token of tokensOf(html)) {
    if (!token.startsWith('<') || token.length === 1) words += visible(token)
    else if (!token.startsWith('</')) {
      flush()
      open.push({ ...ofTag(token), parts: [] })
    } else if (open.length > 1) {
      flush()
      const { parts, ...tag } = open.pop()!
      open.at(-1)!.parts.push(...(tag.type === undefined ? parts : [{ ...tag, type: tag.type, text: one(parts) }]))
    }
  }
  flush()
  return one(open.flatMap(({ parts }) => parts))
}

const one = (parts: RichText[]): RichText => (parts.length === 1 ? parts[0]! : parts.length === 0 ? '' : parts)

type Tag = { type?: string; url?: string; unix_time?: number; date_time_format?: string }

function ofTag(tag: string): Tag {
  const name = /^<([\w-]+)/.exec(tag)?.[1]?.toLowerCase() ?? ''
  const href = name === 'a' ? /href="([^"]*)"/.exec(tag)?.[1] : undefined
  if (href !== undefined) return { type: 'url', url: tokensOf(href).map(visible).join('') }
  if (name === 'tg-time') {
    const [, unix, format] = /unix="(\d+)" format="([^"]*)"/.exec(tag) ?? []
    if (unix !== undefined) return { type: 'date_time', unix_time: Number(unix), date_time_format: format ?? '' }
  }
  const type = types[name]
  return type === undefined ? {} : { type }
}

/** A screen's blocks with its parameter reply_markup. */
type Sent = { blocks: RichBlock[]; markup: Pick<Payload<'editMessageText'>, 'reply_markup'> }

/**
 * Shows a rich message, in place of the message `messageId` if there is one. Returns the id of its message; undefined if
 * the plain text must be sent: the server knows no rich messages (it is asked again ten minutes later), or refused this
 * one. Throws what would be thrown for a plain text too.
 */
export async function showRich(
  telegram: Telegram,
  at: { chatId: number; messageId?: number },
  { blocks, markup }: Sent,
  log?: Pick<Log, 'warn'>,
): Promise<number | undefined> {
  if (lacks(telegram, 'rich')) return undefined
  const { chatId, messageId } = at
  // Ours are a few of Telegram's blocks, with looser words for the kinds of text.
  const rich_message = { blocks, skip_entity_detection: true } as Payload<'sendRichMessage'>['rich_message']
  const message = { chat_id: chatId, rich_message, ...markup }
  try {
    if (messageId !== undefined && (await edited(telegram, { ...message, message_id: messageId }))) return messageId
    return (await telegram.call('sendRichMessage', message)).message_id
  } catch (error) {
    if (!(error instanceof TelegramRefused) || isAboutChat(error)) throw error
    if (isLack(error)) {
      noteLack(telegram, 'rich')
      log?.warn({ err: error }, 'this Bot API server knows no rich messages, plain texts are sent')
    } else log?.warn({ err: error, chatId }, 'a rich message was refused, its plain text is sent')
    return undefined
  }
}

/** Returns false if the message is gone or is no text: a new one is sent then. */
async function edited(telegram: Telegram, payload: Payload<'editMessageText'>): Promise<boolean> {
  try {
    await telegram.call('editMessageText', payload)
    return true
  } catch (error) {
    if (error instanceof TelegramRefused && error.code === 'not_modified') return true
    if (error instanceof TelegramRefused && error.code === 'message_gone') return false
    throw error
  }
}

/** An old server has no such method; in an edit it passes over the field and misses the text. */
const isLack = ({ message }: TelegramRefused): boolean =>
  /refused with 404|method not found|message text is empty/i.test(message)
