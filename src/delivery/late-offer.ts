import type { Late } from '../payments/late-results.ts'
import type { Telegram } from '../telegram/api.ts'
import { TelegramRefused } from '../telegram/client.ts'
import { keyboard, type Screen, show } from '../telegram/screen.ts'

/** Puts a screen in the place of an offer, which is a picture with a caption or a text. */
export async function replaceOffer(
  telegram: Telegram,
  { chatId, messageId }: Pick<Late, 'chatId' | 'messageId'>,
  screen: Screen,
): Promise<void> {
  if (messageId === null) return
  try {
    const { text } = screen
    await telegram.call('editMessageCaption', {
      chat_id: chatId,
      message_id: messageId,
      caption: text.html,
      parse_mode: 'HTML',
      show_caption_above_media: true,
      ...keyboard(screen),
    })
  } catch (error) {
    if (!(error instanceof TelegramRefused)) throw error
    if (error.code !== 'message_gone') return
    await show(telegram, { chatId, messageId }, screen)
  }
}
