import type { Sql } from '../database/db.ts'
import type { Messages } from '../delivery/messages.ts'
import { openScreen, progressPlace } from '../delivery/progress.ts'
import type { Log } from '../log.ts'
import type { Language } from '../money.ts'
import { type Generation, type Ref, readGeneration } from '../payments/generations.ts'
import type { Telegram } from '../telegram/api.ts'
import { keyboard, type Screen } from '../telegram/screen.ts'
import { languageFor } from '../users/users.ts'

export type ProgressOptions = { sql: Sql; telegram: Telegram; messages: Messages; log: Log }

// A progress message that stands still for longer than ten seconds looks dead.
const beatMs = 5_000

/** Returns whether the clock moved between the ages `sinceMs` and `ageMs`, in milliseconds. */
export const isBeat = (sinceMs: number, ageMs: number): boolean =>
  Math.floor(ageMs / beatMs) > Math.floor(sinceMs / beatMs)

type Showing = {
  /** Skips the edit. */
  isDue?: (generation: Generation) => boolean
  /** The edit gives way to all other calls, and of several runs in one message only the newest makes it. */
  isSpare: boolean
}

/** Shows the state of an open run in its message. Returns the run as it was read; undefined when it is over. */
export async function showProgress(
  options: ProgressOptions,
  ref: Ref,
  { isDue = () => true, isSpare }: Showing,
): Promise<Generation | undefined> {
  const { sql } = options
  const generation = await readGeneration(sql, ref)
  if (!generation || generation.finishedAt) return undefined
  if (generation.messageId === null || !isDue(generation)) return generation
  const [language, [place]] = await Promise.all([languageFor(sql, ref.userId), progressPlace(sql, ref)])
  const open = place?.open ?? []
  if (isSpare && open.length > 1 && open.at(-1) !== ref.id) return generation
  const screen = await openScreen(options, generation, open, language)
  await editProgress(options, generation, screen, isSpare)
  return generation
}

/** Edits the progress message in place. Errors are only logged: the message is not essential. */
async function editProgress(
  { telegram, log }: Pick<ProgressOptions, 'telegram' | 'log'>,
  { chatId, messageId, id }: Pick<Generation, 'chatId' | 'messageId' | 'id'>,
  screen: Screen,
  isSpare: boolean,
): Promise<void> {
  if (messageId === null) return
  const payload = {
    chat_id: chatId,
    message_id: messageId,
    text: screen.text.html,
    parse_mode: 'HTML' as const,
    link_preview_options: { is_disabled: true },
    ...keyboard(screen),
  }
  try {
    await telegram.call('editMessageText', payload, { isSpare })
  } catch (error) {
    log.debug({ err: error, generationId: id }, 'the progress was not edited')
  }
}

/** Says that the result is on its way, where sending takes a while. */
export async function showSending(options: ProgressOptions, ended: Generation, language: Language): Promise<void> {
  const [place] = await progressPlace(options.sql, ended)
  if (!place || place.open.length > 0) return // the message is about the others
  const at = { chatId: ended.chatId, messageId: place.messageId, id: ended.id }
  await editProgress(options, at, options.messages.progress(ended, language), true)
}

/**
 * Removes the progress message of a run, once the message about the ending is recorded as sent. Where the message is also
 * about other runs, these stay. Where Telegram refuses, it turns into `done`: a bot may delete its messages for 48 hours
 * (https://core.telegram.org/bots/api#deletemessage). Harmless if called twice.
 */
export async function removeProgress(options: ProgressOptions, ended: Generation, language: Language): Promise<void> {
  const { sql, telegram, messages, log } = options
  const [place] = await progressPlace(sql, ended)
  if (!place || place.messageId === null) return
  const { chatId, id } = ended
  const { messageId, open } = place
  const first = open[0] === undefined ? undefined : await readGeneration(sql, { userId: ended.userId, id: open[0] })
  if (first && !first.finishedAt) {
    return editProgress(options, { chatId, messageId, id }, await openScreen(options, first, open, language), false)
  }
  try {
    await telegram.call('deleteMessage', { chat_id: chatId, message_id: messageId })
  } catch (error) {
    log.debug({ err: error, generationId: id }, 'the progress was not deleted')
    await editProgress(options, { chatId, messageId, id }, messages.done(ended, language), false)
  }
}
