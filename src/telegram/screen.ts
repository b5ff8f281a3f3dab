import type { Telegram } from 'telegraf'
import { TelegramRefused } from './client.ts'
import { clip, type Html, split, toPlain, unturned } from './html.ts'

/** A press brings `data`; `url` opens a page; `pay` pays the invoice it stands under, as its first button. */
export type Button = { text: string; data: string } | { text: string; url: string } | { text: string; pay: true }
export type Screen = { text: Html; buttons: Button[][] }

/**
 * A button that brings `data`. Throws RangeError when the data is over Telegram's 64 bytes or not of our alphabet: cut
 * data would be a dead button: https://core.telegram.org/bots/api#inlinekeyboardbutton.
 */
export function button(text: string, data: string): Button {
  if (!/^[a-z0-9:-]{1,64}$/.test(data)) throw new RangeError(`not the data of a button: "${data}"`)
  return { text: clip(unturned(text), 64), data }
}

/** The buttons of a screen as a parameter of Telegram's methods; an edit without it takes the old ones away. */
export function keyboard({ buttons }: Pick<Screen, 'buttons'>) {
  const rows = buttons.filter(row => row.length > 0)
  if (rows.length === 0) return {}
  const inline_keyboard = rows.map(row =>
    row.map(one => ('data' in one ? { text: one.text, callback_data: one.data } : one)),
  )
  return { reply_markup: { inline_keyboard } }
}

/**
 * Shows a screen in place of the message `messageId`, or as a new one when there is none, it is gone, it is a picture,
 * or the text needs several messages. Gives the id of the message where the screen stands now: that of its buttons.
 */
export async function show(
  telegram: Telegram,
  at: { chatId: number; messageId?: number; threadId?: number },
  screen: Screen,
): Promise<number> {
  const parts = split(screen.text)
  if (at.messageId !== undefined && parts.length === 1 && (await edit(telegram, at.chatId, at.messageId, screen))) {
    return at.messageId
  }
  let messageId = 0
  for (const [index, text] of parts.entries()) {
    const isLast = index === parts.length - 1
    messageId = await send(telegram, at, { text, buttons: isLast ? screen.buttons : [] })
  }
  return messageId
}

/** Telegram would otherwise fetch a page for a link that somebody wrote, and show it under our name. */
const noPreview = { link_preview_options: { is_disabled: true } }

async function edit(telegram: Telegram, chatId: number, messageId: number, screen: Screen): Promise<boolean> {
  try {
    await formatted(screen.text, ({ text, ...mode }) =>
      telegram.editMessageText(chatId, messageId, undefined, text, { ...mode, ...noPreview, ...keyboard(screen) }),
    )
    return true
  } catch (error) {
    if (error instanceof TelegramRefused && error.code === 'not_modified') return true
    if (error instanceof TelegramRefused && error.code === 'message_gone') return false
    throw error
  }
}

async function send(
  telegram: Telegram,
  { chatId, threadId }: { chatId: number; threadId?: number },
  screen: Screen,
): Promise<number> {
  const thread = threadId === undefined ? {} : { message_thread_id: threadId }
  const message = await formatted(screen.text, ({ text, ...mode }) =>
    telegram.sendMessage(chatId, text, { ...mode, ...thread, ...noPreview, ...keyboard(screen) }),
  )
  return message.message_id
}

/**
 * Calls `send` with the text as HTML and, if Telegram does not accept the markup, once more with what a reader would
 * see: a plain message is better than none.
 */
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
