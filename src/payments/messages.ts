import type { Language } from '../money.ts'
import type { Notice } from '../telegram/outbox.ts'
import type { Screen } from '../telegram/screen.ts'
import type { Generation, Output } from './generations.ts'
import type { Wallet } from './wallet.ts'

/** Why a result comes without its files: over Telegram's size, refused by Telegram, or no longer to be had. */
export type NoFiles = 'too_big' | 'refused' | 'gone'

/** What jobs say to people; the words are the bot's, which is built beside the jobs and handed to them. */
export type Messages = {
  /** The state of a run that has not ended. */
  progress(generation: Generation, language: Language): Screen
  /** What the progress message becomes after the end. */
  done(generation: Generation, language: Language): Screen
  /** The caption of a result, 1024 characters at the most. `freeLeft` is what is left today. */
  result(generation: Generation, outputs: Output[], wallet: Wallet, freeLeft: number, language: Language): Screen
  /** A result whose files cannot be shown: its caption, and a link to each of `outputs` unless they are gone. */
  withoutFiles(caption: Screen, outputs: Output[], why: NoFiles, language: Language): Screen
  failure(generation: Generation, language: Language): Screen
  /** Something that happened without the person, by the key of its words. */
  notice(notice: Notice, language: Language): Screen
  /** The caption of a result that is sent once more, or of its originals: nothing new to say, nothing to offer. */
  resent(generation: Generation, kind: 'resend' | 'original', language: Language): Screen
}
