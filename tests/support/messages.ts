import type { MessageView, TelegramStandIn } from '../../playground/telegram/server.ts'

/** A message or a screen, as far as its buttons go. */
type WithButtons<B> = { buttons: readonly (readonly B[])[] }

/** The buttons of all rows. */
export const buttons = <B>(message: WithButtons<B>): B[] => message.buttons.flat()
export const captions = (message: WithButtons<{ text: string }>) => buttons(message).map(({ text }) => text)
/** The addresses of the buttons that open a page. */
export const buttonLinks = (message: WithButtons<{ url?: string }>) => buttons(message).flatMap(({ url }) => url ?? [])
/** The data of the button whose caption begins so. */
export const dataOf = (message: WithButtons<{ text: string; data?: string }>, caption: string) =>
  buttons(message).find(({ text }) => text.startsWith(caption))?.data ?? ''

/** Those of the messages that show a file. */
export const withFiles = (messages: MessageView[]) => messages.filter(message => message.media)
/** The bytes of the file that a message shows. Throws if it shows none. */
export function bytesOf({ player }: Pick<TelegramStandIn, 'player'>, message: MessageView): Buffer {
  const file = message.media && player.file(message.media.fileId)
  if (!file) throw new Error(`message ${message.messageId} shows no file`)
  return Buffer.from(file.bytes)
}

/** The stand-in speaks Bot API 7.1: what came later is not there, and the plain form is. */
export const isOldServer = process.env.TELEGEN_BOT_API === '7.1'

/** What a server of an earlier Bot API refuses. The same message follows in plain form, if it is one. */
export const refusedByOldServer = isOldServer
  ? /start tag "tg-time"|Text buttons are unallowed|message text is empty|method not found/
  : /(?!)/
