import { keptOutputs } from '../../delivery/kept-files.ts'
import type { NoFiles } from '../../delivery/messages.ts'
import { progressPlace } from '../../delivery/progress.ts'
import { freeLeft, isFirstResult, type Output, outputsOf } from '../../payments/generations.ts'
import { moveGroup } from '../../payments/groups.ts'
import { readWallet } from '../../payments/wallet.ts'
import { TelegramRefused } from '../../telegram/client.ts'
import { mayUpload } from '../../telegram/delivery.ts'
import { type Screen, show } from '../../telegram/screen.ts'
import type { Delivery } from './delivery.ts'
import { keepAll } from './keep-results.ts'
import { missingOf, sendFiles } from './send-files.ts'
import { isOfWorld, isUnreachable, noFiles } from './trouble.ts'

// From this attempt on the wait may be days, as with a revoked token, and the upstream deletes its files sooner.
const longWait = 5

/** Sends the outcome of a generation. Returns the id of the message with the buttons; null when an earlier attempt sent it. */
export async function send(delivery: Delivery): Promise<number | null> {
  try {
    return await (delivery.generation.execState === 'success' ? sendSuccess(delivery) : sendFailure(delivery))
  } catch (error) {
    if (!(error instanceof TelegramRefused) || error.migrateTo === undefined) throw error
    if (error.migrateTo === delivery.chatId) throw error
    // The group became a supergroup with another id.
    await moveGroup(delivery.options.sql, delivery.chatId, error.migrateTo)
    return send({ ...delivery, chatId: error.migrateTo })
  }
}

/** Sends a new message, which notifies. What the person took back themselves is said where they pressed. */
async function sendFailure({ options, generation, chatId, language }: Delivery): Promise<number> {
  const { errorCode, messageId } = generation
  const [place] = errorCode === 'cancelled' ? await progressPlace(options.sql, generation) : []
  const at = messageId !== null && place?.open.length === 0 ? { chatId, messageId } : { chatId }
  return show(options.telegram, at, options.messages.failure(generation, language))
}

async function sendSuccess(delivery: Delivery): Promise<number | null> {
  const { options, outgoing, generation, chatId, language } = delivery
  const { sql, telegram, messages, limits, log } = options
  const { userId } = generation
  const [outputs, kept, wallet, left] = await Promise.all([
    outputsOf(sql, generation),
    keptOutputs(sql, generation),
    readWallet(sql, userId),
    freeLeft(sql, userId, limits),
  ])
  delivery.kept = new Map(kept.map(({ n, bytes }) => [n, bytes]))
  const { kind } = outgoing.body
  const caption: Screen =
    kind === 'generation'
      ? {
          ...messages.result(generation, outputs, wallet, left(generation.modelId), language),
          ...((await isFirstResult(sql, generation)) && { effect: 'firstResult' }),
        }
      : messages.resent(generation, kind, language)
  /** Returns the caption with links, or a reason, in place of these files. */
  const without = async (files: Output[], reason: NoFiles) => {
    const { kept, problem } = await keepAll(delivery, files)
    const isShown = kind === 'original' && problem === 'gone' && outputs.some(({ fileId }) => fileId !== null)
    const why = isShown ? 'original_gone' : (problem ?? reason)
    return messages.withoutFiles(generation, caption, kept, why, language)
  }
  const missing = () => missingOf(delivery, outputs)
  const tooBig = missing().filter(isTooBig)
  const others = missing().filter(output => !isTooBig(output))
  try {
    if (tooBig.length === 0) return await sendFiles(delivery, others, caption)
    const withLinks = await without(tooBig, 'too_big')
    if (kind !== 'original') return await sendFiles(delivery, others, withLinks)
    await sendFiles(delivery, others, caption) // every file has the caption, so the links follow
    return await show(telegram, { chatId }, withLinks)
  } catch (error) {
    const rest = missing()
    const why = noFiles(error, outgoing.attempts)
    if (!why || rest.length === 0) {
      const mayTakeLong = isUnreachable(error) || (outgoing.attempts >= longWait && isOfWorld(error))
      const unknown = rest.filter(({ n, fileId }) => fileId === null && !delivery.kept.has(n))
      if (mayTakeLong) await keepAll(delivery, unknown)
      throw error
    }
    log.warn({ err: error, outboxId: outgoing.id, generationId: generation.id, why }, 'a result goes without its files')
    return show(telegram, { chatId }, await without(rest, why))
  }
}

/** Above the upload limit of bots, and without a file id. */
const isTooBig = ({ fileId, bytes }: Output) => fileId === null && !mayUpload(bytes)
