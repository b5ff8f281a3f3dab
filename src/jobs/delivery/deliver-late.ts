import { Refused, Unknown } from '../../errors.ts'
import type { Language } from '../../money.ts'
import { isOffered, type Offer, readLate } from '../../payments/late-results.ts'
import type { Telegram } from '../../telegram/api.ts'
import { formatted, keyboard, type Screen, show } from '../../telegram/screen.ts'
import { inTopic } from '../../telegram/topics.ts'
import { languageFor } from '../../users/users.ts'
import type { DeliverOptions } from './delivery.ts'

/**
 * Offers a late result: a small marked copy of its first picture, or a description. Returns the message's id; null when
 * there is nothing to offer any more.
 */
export async function sendLate(options: DeliverOptions, ref: { userId: number; id: string }): Promise<number | null> {
  const { sql, messages } = options
  const [late, language] = await Promise.all([readLate(sql, ref), languageFor(sql, ref.userId)])
  if (!late || !isOffered(late)) return null
  const screen = messages.lateOffer(late, language)
  const telegram = inTopic(options.telegram, late)
  const picture = await previewOf(options, late, language)
  return picture ? sendPicture(telegram, late.chatId, picture, screen) : show(telegram, { chatId: late.chatId }, screen)
}

/** Undefined where the result is no picture, or none can be drawn: its description must do. */
async function previewOf(
  { results, preview, messages, log }: DeliverOptions,
  { takeId, files }: Offer,
  language: Language,
): Promise<Uint8Array | undefined> {
  const file = files.find(({ kind }) => kind === 'image')
  if (!file) return undefined
  try {
    return await results.use(takeId, async () => {
      const { path } = await results.fetch(takeId, file.n, file.url)
      const pixels = (file.width_px ?? 0) * (file.height_px ?? 0)
      return preview({ path, extension: file.extension, pixels }, messages.previewMark(language))
    })
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unknown)) throw error
    log.warn({ err: error, takeId }, 'a late result has no preview')
    return undefined
  }
}

async function sendPicture(telegram: Telegram, chatId: number, picture: Uint8Array, screen: Screen): Promise<number> {
  const photo = { source: picture, filename: 'preview.jpg' }
  const message = await formatted(screen.text, ({ text: caption, ...mode }) =>
    telegram.call('sendPhoto', {
      chat_id: chatId,
      photo,
      caption,
      ...mode,
      // The price comes before the small marked copy.
      show_caption_above_media: true,
      ...keyboard(screen),
    }),
  )
  return message.message_id
}
