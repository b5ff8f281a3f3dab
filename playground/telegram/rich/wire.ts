/**
 * A formatted text, a block and a message as the Bot API describes them (https://core.telegram.org/bots/api#richtext,
 * #richblock, #richmessage). Only what was checked is in them.
 */
export type RichText = string | RichText[] | RichEntity
export type RichEntity = { type: string; text?: RichText; button?: RichButton; [other: string]: unknown }
export type RichButton = { text: RichText; style?: string; [kind: string]: unknown }
/** A file as messages carry it. */
export type RichFile = { file_id: string; file_unique_id: string; width?: number; height?: number }
export type Caption = { text: RichText; credit?: RichText }
export type Cell = {
  text?: RichText
  is_header?: true
  colspan?: number
  rowspan?: number
  align: string
  valign: string
}
export type ListItem = {
  label: string
  blocks: RichBlock[]
  has_checkbox?: true
  is_checked?: true
  value?: number
  type?: string
}
export type RichBlock = {
  type: string
  text?: RichText
  credit?: RichText
  summary?: RichText
  size?: number
  language?: string
  blocks?: RichBlock[]
  items?: ListItem[]
  cells?: Cell[][]
  buttons?: RichButton[]
  align?: string
  caption?: Caption | RichText
  is_open?: true
  is_bordered?: true
  is_striped?: true
  is_compact?: true
  has_spoiler?: true
  photo?: RichFile[]
  video?: RichFile
  animation?: RichFile
  audio?: RichFile
  voice_note?: RichFile
  document?: RichFile
  [other: string]: unknown
}
export type RichMessage = { blocks: RichBlock[]; is_rtl?: true }
