import type { Telegram } from 'telegraf'
import type { Log } from '../log.ts'
import type { Generation } from '../payments/generations.ts'
import { keyboard, type Screen } from '../telegram/screen.ts'

// The clock of a progress message moves at 10, 20 and 30 s, then every 30 s, after 3 min every minute.
const beat = (ageMs: number): number => {
  const s = ageMs / 1000
  if (s < 30) return Math.floor(s / 10)
  if (s < 180) return 2 + Math.floor(s / 30)
  return 5 + Math.floor(s / 60)
}

/** Returns whether the clock moved between the ages `sinceMs` and `ageMs`, in milliseconds. */
export const isBeat = (sinceMs: number, ageMs: number): boolean => beat(ageMs) > beat(sinceMs)

/** Edits the progress message in place. Errors are only logged: the message is not essential. */
export async function editProgress(
  telegram: Telegram,
  generation: Generation,
  screen: Screen,
  log: Log,
): Promise<void> {
  if (generation.messageId === null) return
  try {
    await telegram.editMessageText(generation.chatId, generation.messageId, undefined, screen.text.html, {
      parse_mode: 'HTML',
      link_preview_options: { is_disabled: true },
      ...keyboard(screen),
    })
  } catch (error) {
    log.debug({ err: error, generationId: generation.id }, 'the progress was not edited')
  }
}

/**
 * Removes the progress message, once the message about the ending is recorded as sent. Turns it into `done` where Telegram
 * refuses: a bot may delete its messages for 48 hours (https://core.telegram.org/bots/api#deletemessage). Harmless if
 * called twice.
 */
export async function removeProgress(
  telegram: Telegram,
  generation: Generation,
  done: Screen,
  log: Log,
): Promise<void> {
  const { chatId, messageId, id } = generation
  if (messageId === null) return
  try {
    await telegram.deleteMessage(chatId, messageId)
  } catch (error) {
    log.debug({ err: error, generationId: id }, 'the progress was not deleted')
    await editProgress(telegram, generation, done, log)
  }
}
