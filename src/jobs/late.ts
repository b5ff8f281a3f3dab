import { replaceOffer } from '../delivery/late-offer.ts'
import type { Messages } from '../delivery/messages.ts'
import { Refused, Unknown } from '../errors.ts'
import type { Ref } from '../payments/generations.ts'
import { isOffered, type Late, lateOver, lookForLate, readLate } from '../payments/late-results.ts'
import type { Deps } from '../payments/order.ts'
import type { Telegram } from '../telegram/api.ts'
import { inTopic } from '../telegram/topics.ts'
import { languageFor } from '../users/users.ts'

type Options = Deps & { telegram: Telegram; messages: Messages }

/** Looks for the result of a run that ended without it, or ends an offer whose time has passed. */
export async function lateJob(options: Options, ref: Ref): Promise<void> {
  const late = await readLate(options.sql, ref)
  if (late?.state === 'awaited') return lookForLate(options, ref)
  if (late?.state !== 'offered' || isOffered(late)) return
  await sayOver(options, late)
  await lateOver(options.sql, ref)
}

/** The offer says that it is over. A press on it would say the same, so a refusal is only logged. */
async function sayOver({ sql, telegram, messages, log }: Options, late: Late): Promise<void> {
  if (late.messageId === null) return
  try {
    await replaceOffer(inTopic(telegram, late), late, messages.lateOver(late, await languageFor(sql, late.userId)))
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unknown)) throw error
    log.debug({ err: error, generationId: late.id }, 'the end of an offer was not told')
  }
}
