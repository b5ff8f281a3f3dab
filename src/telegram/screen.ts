import type { Log } from '../log.ts'
import type { Telegram } from './api.ts'
import { TelegramRefused } from './client.ts'
import { type Effect, effectIn } from './effects.ts'
import { clip, type Html, split, toPlain, unturned } from './html.ts'
import { type RichBlock, showRich } from './rich.ts'

/**
 * The colour of a button. `success`: completes an order. `primary`: the one next step of another screen. `danger`: deletes
 * or cancels. A screen has one `success` or `primary` button at most.
 */
export type Style = 'primary' | 'success' | 'danger'
/**
 * `data` comes back with a press. `url` opens a page. `copy` is put on the clipboard. `pay` pays the invoice and must be its
 * first button. `share` opens the choice of a chat with this inline query of the bot.
 */
export type Button = { text: string; style?: Style } & (
  | { data: string }
  | { url: string }
  | { copy: string }
  | { share: string }
  | { pay: true }
)
/**
 * `effect` plays when the screen is sent as a new message to a private chat. `rich`: the same in blocks, where numbers stand in
 * columns; `text` is shown where that is refused.
 */
export type Screen = { text: Html; buttons: Button[][]; effect?: Effect; rich?: RichBlock[] }

/**
 * Returns a button with `data`. Throws RangeError if the data exceeds Telegram's 64 bytes or our alphabet. Cut data
 * would make a dead button: https://core.telegram.org/bots/api#inlinekeyboardbutton.
 */
export function button(text: string, data: string, style?: Style): Button {
  if (!/^[a-z0-9:-]{1,64}$/.test(data)) throw new RangeError(`not the data of a button: "${data}"`)
  return { text: clip(unturned(text), 64), data, ...(style && { style }) }
}

/** The longest text that a button copies (CopyTextButton), counted in UTF-16 units, the stricter of the two ways. */
export const maxCopied = 256

/** Returns a row with a button that copies this text; an empty row for a text that Telegram would refuse. */
export const copyRow = (text: string, copy: string): Button[] =>
  copy.trim() === '' || copy.length > maxCopied ? [] : [{ text: clip(unturned(text), 64), copy: copy.toWellFormed() }]

/** Returns a screen's buttons as a parameter of Telegram's methods. An edit without it removes the old buttons. */
export function keyboard({ buttons }: Pick<Screen, 'buttons'>) {
  const rows = buttons.filter(row => row.length > 0)
  if (rows.length === 0) return {}
  return { reply_markup: { inline_keyboard: rows.map(row => row.map(onWire)) } }
}

const anyChat = { allow_user_chats: true, allow_group_chats: true, allow_channel_chats: true }

function onWire(button: Button) {
  const { text, style } = button
  const looks = { text, ...(style && { style }) }
  if ('data' in button) return { ...looks, callback_data: button.data }
  if ('copy' in button) return { ...looks, copy_text: { text: button.copy } }
  if ('share' in button) return { ...looks, switch_inline_query_chosen_chat: { query: button.share, ...anyChat } }
  return 'url' in button ? { ...looks, url: button.url } : { ...looks, pay: button.pay }
}

/**
 * Shows a screen in place of the message `messageId`. Sends a new message if there is no id, the message is gone or is
 * a picture, or the text needs several messages. Shows the text of a rich screen where Telegram refuses its blocks.
 * Returns the id of the message with the buttons.
 */
export async function show(
  telegram: Telegram,
  at: { chatId: number; messageId?: number },
  screen: Screen,
  log?: Pick<Log, 'warn'>,
): Promise<number> {
  if (screen.rich) {
    const shown = await showRich(telegram, at, { blocks: screen.rich, markup: keyboard(screen) }, log)
    if (shown !== undefined) return shown
  }
  const parts = split(screen.text)
  if (at.messageId !== undefined && parts.length === 1 && (await edit(telegram, at.chatId, at.messageId, screen))) {
    return at.messageId
  }
  let messageId = 0
  for (const [index, text] of parts.entries()) {
    const isLast = index === parts.length - 1
    messageId = await send(telegram, at.chatId, isLast ? { ...screen, text } : { text, buttons: [] })
  }
  return messageId
}

/**
 * Replaces the buttons of a message of any kind; its content stays. Throws TelegramRefused `message_gone` if the message
 * can no longer be edited.
 */
export async function replaceButtons(
  telegram: Telegram,
  chatId: number,
  messageId: number,
  screen: Pick<Screen, 'buttons'>,
): Promise<void> {
  try {
    await telegram.call('editMessageReplyMarkup', { chat_id: chatId, message_id: messageId, ...keyboard(screen) })
  } catch (error) {
    // Pressed twice: Telegram refuses an edit that changes nothing.
    if (!(error instanceof TelegramRefused && error.code === 'not_modified')) throw error
  }
}

/** Otherwise Telegram fetches a page for a link in the text and shows it under our name. */
const noPreview = { link_preview_options: { is_disabled: true } }

async function edit(telegram: Telegram, chatId: number, messageId: number, screen: Screen): Promise<boolean> {
  try {
    await formatted(screen.text, ({ text, ...mode }) =>
      telegram.call('editMessageText', {
        chat_id: chatId,
        message_id: messageId,
        text,
        ...mode,
        ...noPreview,
        ...keyboard(screen),
      }),
    )
    return true
  } catch (error) {
    if (error instanceof TelegramRefused && error.code === 'not_modified') return true
    if (error instanceof TelegramRefused && error.code === 'message_gone') return false
    throw error
  }
}

async function send(telegram: Telegram, chatId: number, screen: Screen): Promise<number> {
  const message = await formatted(screen.text, ({ text, ...mode }) =>
    telegram.call('sendMessage', {
      chat_id: chatId,
      text,
      ...mode,
      ...noPreview,
      ...keyboard(screen),
      ...effectIn(chatId, screen.effect),
    }),
  )
  return message.message_id
}

/** Calls `send` with the text as HTML. If Telegram rejects the markup, calls it again with the plain text. */
export async function formatted<T>(
  text: Html,
  send: (format: { text: string; parse_mode?: 'HTML' }) => Promise<T>,
): Promise<T> {
  try {
    return await send({ text: text.html, parse_mode: 'HTML' })
  } catch (error) {
    if (!(error instanceof TelegramRefused) || error.code !== 'bad_markup') throw error
    return send({ text: toPlain(text) })
  }
}
