import type { Telegram } from 'telegraf'
import { crash } from '../crash.ts'
import { type Sql, untilAnswered } from '../db.ts'
import { Refused, Unknown } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Language } from '../money.ts'
import { freeLeft, type Generation, type Output, outputsOf, readGeneration } from '../payments/generations.ts'
import type { Limits, Wake } from '../payments/integration.ts'
import type { Messages, NoFiles } from '../payments/messages.ts'
import { readWallet } from '../payments/wallet.ts'
import { TelegramRefused } from '../telegram/client.ts'
import { checkUpload, type Item, type Sent, sendOriginal, sendResult } from '../telegram/delivery.ts'
import {
  type Mark,
  type OfRun,
  type Outgoing,
  outboxHold,
  outboxMark,
  outboxTake,
  type SentFile,
} from '../telegram/outbox.ts'
import { type Screen, show } from '../telegram/screen.ts'
import type { ResultStore } from '../upstream/results.ts'
import { languageFor, markUnreachable } from '../users/users.ts'
import { editProgress } from './progress.ts'

export type DeliverOptions = {
  sql: Sql
  telegram: Telegram
  results: ResultStore
  messages: Messages
  limits: Limits
  wake: Wake
  log: Log
}

// A quarter of an hour without an answer, with the pauses below. To wait in a queue is no failure, so for that it is more.
const mostAttempts = 10
const mostWaits = 100

/**
 * Sends one message of the outbox. At least once: what has arrived is noted part by part and not sent again, but a part
 * whose answer was lost is, since Telegram's methods take no idempotency key. Money is never touched here.
 */
export async function deliverJob(options: DeliverOptions, outboxId: number): Promise<void> {
  const { sql, log, results, telegram, messages } = options
  const [outgoing] = await outboxTake(sql, outboxId)
  if (!outgoing) return // sent, or somebody is at it
  crash('outbox_taken')
  const { userId, body } = outgoing
  const language = await languageFor(sql, userId)
  if (body.kind === 'notice') {
    await carry(options, outgoing, [], () => show(telegram, { chatId: userId }, messages.notice(body, language)))
    return
  }
  const { kind, generationId } = body
  const generation = await readGeneration(sql, { userId, id: generationId })
  if (!generation) throw new Error(`outbox ${outboxId} names the generation ${generationId}, which is not there`)
  const { chatId } = generation
  const delivery: Delivery = { options, outgoing, kind, generation, language, chatId, files: [] }
  const isDelivered = await carry(options, outgoing, delivery.files, () =>
    results.use(generationId, () => send(delivery)),
  )
  if (isDelivered && kind === 'generation') {
    await editProgress(telegram, generation, messages.done(generation, language), log)
  }
}

/** Sends and writes down what came of it: whether the message has arrived. `files` is what `send` leaves there. */
async function carry(
  options: DeliverOptions,
  outgoing: Outgoing,
  files: SentFile[],
  send: () => Promise<number | null>,
): Promise<boolean> {
  const { sql, log } = options
  const { id: outboxId, userId, attempts } = outgoing
  const said = { outboxId, ...outgoing.body, userId, attempt: attempts }
  let outcome: Outcome
  try {
    outcome = { ...blank, messageId: await send() }
  } catch (error) {
    if (error instanceof Overtaken) {
      log.warn(said, 'somebody else has taken the delivery over')
      return false
    }
    outcome = await refusal(options, outgoing, error)
  }
  crash('telegram_sent')
  const mark = { ...outcome, files }
  const [row] = await untilAnswered(() => outboxMark(sql, outboxId, attempts, mark))
  crash('outbox_marked')
  if (mark.againMs !== null) {
    log.warn({ ...said, againMs: mark.againMs }, 'delivery put off')
    await options.wake.deliver(outboxId, mark.againMs)
  } else if (mark.dead !== null) {
    log.error({ ...said, reason: mark.dead }, 'delivery given up; the result stays in the history')
  } else {
    log.info({ ...said, messageId: mark.messageId, isMine: row?.isMine }, 'delivered')
  }
  return mark.againMs === null && mark.dead === null
}

type Delivery = {
  options: DeliverOptions
  /** Its `sent` grows with every output that arrives. */
  outgoing: Outgoing
  kind: OfRun['kind']
  generation: Generation
  language: Language
  chatId: number
  /** What has arrived this time. */
  files: SentFile[]
}
type Outcome = Omit<Mark, 'files'>
const blank: Outcome = { messageId: null, dead: null, againMs: null }

/** The hold has passed and another worker sends it: whatever we send now would be a copy. */
class Overtaken extends Error {
  override name = 'Overtaken'
}

/** Gives the id of the message that has the buttons, null where it arrived an earlier time. */
async function send(delivery: Delivery): Promise<number | null> {
  try {
    return await (delivery.generation.execState === 'success' ? sendSuccess(delivery) : sendFailure(delivery))
  } catch (error) {
    if (!(error instanceof TelegramRefused) || error.migrateTo === undefined) throw error
    if (error.migrateTo === delivery.chatId) throw error
    return send({ ...delivery, chatId: error.migrateTo }) // the group lives on under another id
  }
}

function sendFailure({ options, generation, chatId, language }: Delivery): Promise<number> {
  return show(options.telegram, { chatId }, options.messages.failure(generation, language))
}

async function sendSuccess(delivery: Delivery): Promise<number | null> {
  const { options, outgoing, kind, generation, chatId, language } = delivery
  const { sql, telegram, messages, limits, log } = options
  const { userId } = generation
  const [outputs, wallet, left] = await Promise.all([
    outputsOf(sql, generation),
    readWallet(sql, userId),
    freeLeft(sql, userId, { daily: limits.freeDaily, hourly: limits.freeHourly }),
  ])
  const caption =
    kind === 'generation'
      ? messages.result(generation, outputs, wallet, left(generation.modelId).day, language)
      : messages.resent(generation, kind, language)
  try {
    return await sendFiles(delivery, outputs, caption)
  } catch (error) {
    const missing = missingOf(delivery, outputs)
    const why = noFiles(error, outgoing.attempts)
    if (!why || missing.length === 0) throw error
    log.warn({ err: error, outboxId: outgoing.id, generationId: generation.id, why }, 'a result goes without its files')
    return show(telegram, { chatId }, messages.withoutFiles(caption, missing, why, language))
  }
}

const missingOf = ({ outgoing }: Delivery, outputs: Output[]) => outputs.filter(({ n }) => !outgoing.sent.includes(n))

/** Sends what has not arrived yet, by file ids where Telegram has them. Throws as the gateway and the downloader do. */
async function sendFiles(delivery: Delivery, outputs: Output[], caption: Screen): Promise<number | null> {
  const isOriginal = delivery.kind === 'original'
  // A photo's file id leads to the recompressed copy; only a document's leads to the original.
  const missing = missingOf(delivery, outputs).map(output =>
    isOriginal && output.sentAs !== 'document' ? { ...output, fileId: null } : output,
  )
  try {
    const items = await Promise.all(missing.map(output => itemOf(delivery, output)))
    await arrived(delivery, []) // fetching took its time
    return isOriginal
      ? await sendOriginals(delivery, missing, items, caption)
      : await sendShown(delivery, missing, items, caption)
  } catch (error) {
    // A file id that Telegram no longer takes: the bytes, while they can be had.
    const isRejected = error instanceof TelegramRefused && error.code === 'file_rejected'
    if (!isRejected || missing.every(({ fileId }) => fileId === null)) throw error
    return sendFiles(
      delivery,
      outputs.map(output => ({ ...output, fileId: null })),
      caption,
    )
  }
}

async function sendShown(delivery: Delivery, outputs: Output[], items: Item[], caption: Screen): Promise<number> {
  const { options, chatId, files } = delivery
  const ahead = [...outputs]
  const filesOf = (part: Sent[]) =>
    part.map(({ fileId, sentAs }) => ({ n: ahead.shift()!.n, file_id: fileId, sent_as: sentAs }))
  const remember = (part: Sent[]) => arrived(delivery, filesOf(part))
  const { captionMessageId, sent } = await sendResult(options.telegram, chatId, items, caption, remember)
  if (ahead.length > 0) files.push(...filesOf(sent)) // one message was the whole, and the mark follows at once
  return captionMessageId
}

async function sendOriginals(delivery: Delivery, outputs: Output[], items: Item[], caption: Screen) {
  let messageId: number | null = null
  for (const [index, item] of items.entries()) {
    ;({ messageId } = await sendOriginal(delivery.options.telegram, delivery.chatId, item, caption))
    // Its file id is none for the next time: a result is shown, and not handed over as a document.
    await arrived(delivery, [{ n: outputs[index]!.n, file_id: null, sent_as: null }])
  }
  return messageId
}

/** Notes what has arrived before anything else is sent, and holds the message for the next part. */
async function arrived({ options, outgoing, files }: Delivery, part: SentFile[]): Promise<void> {
  files.push(...part)
  outgoing.sent.push(...part.map(({ n }) => n))
  const [row] = await untilAnswered(() => outboxHold(options.sql, outgoing.id, outgoing.attempts, part))
  if (!row?.isMine) throw new Overtaken(`outbox ${outgoing.id}, attempt ${outgoing.attempts}`)
}

/** An output as Telegram takes it: the id it already knows, else the bytes. Throws as the downloader does, or `too_big`. */
async function itemOf({ options, generation }: Delivery, output: Output): Promise<Item> {
  const about = {
    kind: output.kind as Item['kind'],
    mime: output.mime,
    extension: output.extension,
    bytes: output.bytes,
    ...(output.widthPx === null ? {} : { widthPx: output.widthPx }),
    ...(output.heightPx === null ? {} : { heightPx: output.heightPx }),
    ...(output.seconds === null ? {} : { seconds: output.seconds }),
    fileName: `telegen-${generation.id.slice(-4)}-${output.n}.${output.extension}`,
  }
  const known = sentAs(output.sentAs)
  if (output.fileId !== null && known) return { ...about, source: { fileId: output.fileId, sentAs: known } }
  checkUpload(about)
  const { path } = await options.results.fetch(generation.id, output.n, output.url)
  return { ...about, source: { path } }
}

const sentAs = (as: string | null) =>
  as === 'photo' || as === 'video' || as === 'audio' || as === 'document' ? as : undefined

/** Why the files can never be sent, though the person can be told; undefined where that is not what went wrong. */
function noFiles(error: unknown, attempts: number): NoFiles | undefined {
  if (error instanceof Unknown) return attempts < mostAttempts ? undefined : 'refused'
  if (!(error instanceof Refused) || notTheFiles.has(error.code)) return undefined
  if (error.code === 'too_big' || error.code === 'too_large') return 'too_big'
  // A link that leads nowhere may do so only for a moment (kie-api.md K8).
  if (error.code === 'not_found') return attempts < 3 ? undefined : 'gone'
  return 'refused'
}
const notTheFiles = new Set(['blocked', 'chat_not_found', 'rate_limited', 'unauthorized', 'conflict', 'migrated'])

/** What becomes of a message that did not go through: later, or never. */
async function refusal(options: DeliverOptions, { id, userId, attempts }: Outgoing, error: unknown): Promise<Outcome> {
  const later = (againMs: number): Outcome => ({ ...blank, againMs })
  const never = (dead: string): Outcome => ({ ...blank, dead })
  if (!(error instanceof Refused || error instanceof Unknown)) throw error
  options.log.warn({ err: error, outboxId: id, attempt: attempts }, 'delivery did not go through')

  if (error instanceof TelegramRefused) {
    if (error.code === 'blocked' || error.code === 'chat_not_found') {
      await markUnreachable(options.sql, userId)
      return never(error.code)
    }
    if (error.code === 'unauthorized') return later(60_000)
    if (error.code === 'rate_limited' && attempts < mostWaits) return later((error.retryAfterMs ?? 5_000) + 500)
  }
  if (attempts >= mostAttempts) return never(error instanceof Refused ? error.code : 'no answer')
  return later(Math.min(300_000, 1_000 * 2 ** attempts))
}
