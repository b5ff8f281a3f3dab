import type { Switch } from '../health/model-health.ts'
import type { Language } from '../money.ts'
import type { Generation, Output } from '../payments/generations.ts'
import type { Wallet } from '../payments/wallet.ts'
import type { Notice } from '../telegram/outbox.ts'
import type { Screen } from '../telegram/screen.ts'

/**
 * Why a result comes without its files: over Telegram's size, refused by Telegram, not to be had now or any more; `full`:
 * nor was there room to keep it. Of an original that is gone Telegram may still have the copy it showed.
 */
export type NoFiles = 'too_big' | 'refused' | 'full' | 'later' | 'gone' | 'original_gone'

/** A file that is kept on our side, with a link to it where we have a public address. */
export type KeptFile = { n: number; until: Date; link: { url: string; until: Date } | undefined }

/** What jobs say to people; the words are the bot's, which is built beside the jobs and handed to them. */
export type Messages = {
  /** The state of a run that has not ended. */
  progress(generation: Generation, language: Language): Screen
  /** What the progress message becomes after the end. */
  done(generation: Generation, language: Language): Screen
  /** The caption of a result, 1024 characters at the most. `freeLeft` is what is left today. */
  result(generation: Generation, outputs: Output[], wallet: Wallet, freeLeft: number, language: Language): Screen
  /** A result some of whose files cannot be shown: its caption, why, and how to come by those that are kept. */
  withoutFiles(generation: Generation, caption: Screen, kept: KeptFile[], why: NoFiles, language: Language): Screen
  failure(generation: Generation, language: Language): Screen
  /** For an admin: a model was switched, and how to undo it. `isLast`: further ones are not told for a while. */
  switched(change: Switch, isLast: boolean, language: Language): Screen
  /** An update of theirs was set aside. */
  aside(language: Language): Screen
  /** Something that happened without the person, by the key of its words. */
  notice(notice: Notice, language: Language): Screen
  /** The caption of a result that is sent once more, or of its originals: nothing new to say, nothing to offer. */
  resent(generation: Generation, kind: 'resend' | 'original', language: Language): Screen
}
