import { type Html, tokensOf, visible } from './html.ts'

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
  | { type: 'details'; summary: RichText; blocks: RichBlock[]; is_open?: true }
  | { type: 'collage'; blocks: MediaBlock[] }
  | { type: 'document'; document: { type: 'document'; media: Upload } }

export const paragraph = (text: Html): RichBlock => ({ type: 'paragraph', text: richText(text) })

/** `size`: 1 is the largest, 6 the smallest. */
export const heading = (text: Html, size = 3): RichBlock => ({ type: 'heading', text: richText(text), size })

/** A folded part under its summary. */
export const details = (summary: Html, blocks: RichBlock[]): RichBlock => ({
  type: 'details',
  summary: richText(summary),
  blocks,
})

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
  const open: { type?: string; url?: string; parts: RichText[] }[] = [{ parts: [] }]
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

function ofTag(tag: string): { type?: string; url?: string } {
  const name = /^<([\w-]+)/.exec(tag)?.[1]?.toLowerCase() ?? ''
  const href = name === 'a' ? /href="([^"]*)"/.exec(tag)?.[1] : undefined
  if (href !== undefined) return { type: 'url', url: tokensOf(href).map(visible).join('') }
  const type = types[name]
  return type === undefined ? {} : { type }
}
