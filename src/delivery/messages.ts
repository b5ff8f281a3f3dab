import type { HealthChange } from '../health/model-health.ts'
import type { Language } from '../money.ts'
import type { Generation, Output } from '../payments/generations.ts'
import type { GroupOrder } from '../payments/groups.ts'
import type { Late, Offer } from '../payments/late-results.ts'
import type { Wallet } from '../payments/wallet.ts'
import type { Html } from '../telegram/html.ts'
import type { Notice, OfPlan } from '../telegram/outbox.ts'
import type { Screen } from '../telegram/screen.ts'

/**
 * Why a result comes without its files: over Telegram's size limit, refused by Telegram, not available now or any more;
 * `full`: there was no room to keep it. `original_gone`: Telegram still has the copy that it showed.
 */
export type NoFiles = 'too_big' | 'refused' | 'full' | 'later' | 'gone' | 'original_gone'

/** A file that is kept on our side, with a link where the service has a public address. */
export type KeptFile = { n: number; until: Date; link: { url: string; until: Date } | undefined }

/** How a run ends where all of a group see it. */
export type GroupMessages = {
  result(generation: Generation, order: GroupOrder, language: Language): Screen
  failure(generation: Generation, order: GroupOrder, language: Language): Screen
  /** Why it comes to the private chat instead. */
  notDelivered(order: GroupOrder, language: Language): Html
}

/** The messages that jobs send to people. The bot implements them; the app hands them to the jobs. */
export type Messages = {
  group: GroupMessages
  /** The state of a run that has not ended. */
  progress(generation: Generation, language: Language): Screen
  /** The states of several runs of one person, which share a message. */
  board(generations: Generation[], language: Language): Screen
  /** How long such a run usually takes, in milliseconds; undefined if unknown. */
  usualMs(generation: Generation): number | undefined
  /** What the progress message becomes after the end, where it cannot be deleted. */
  done(generation: Generation, language: Language): Screen
  /** The caption of a result, at most 1024 characters. `free`: the free runs of its model, left today and in all. */
  result(
    generation: Generation,
    outputs: Output[],
    wallet: Wallet,
    free: { day: number; of: number },
    language: Language,
  ): Screen
  /** A result with files that cannot be shown: its caption, the reason, and links to those that are kept. */
  withoutFiles(generation: Generation, caption: Screen, kept: KeptFile[], why: NoFiles, language: Language): Screen
  failure(generation: Generation, language: Language): Screen
  /** Offers the result of a run that ended without it. */
  lateOffer(offer: Offer, language: Language): Screen
  /** What the offer becomes when its time has passed. */
  lateOver(late: Late, language: Language): Screen
  /** The word that is drawn over the preview of a late result. */
  previewMark(language: Language): string
  /** For an admin: the state of a model changed, and how to undo it. `isLast`: further changes are not sent for a while. */
  healthChanged(change: HealthChange, isLast: boolean, language: Language): Screen
  /** An update of this person was set aside. */
  aside(language: Language): Screen
  /** Something that happened without the person, by the key of its text. */
  notice(notice: Notice, language: Language): Screen
  /** What has become of a person's plan at Telegram. */
  plan(change: OfPlan, language: Language): Screen
  /** The caption of a result that is sent again, or of its originals: no news and no offers. */
  resent(generation: Generation, kind: 'resend' | 'original', language: Language): Screen
}
