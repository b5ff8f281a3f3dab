import type { Telegram } from 'telegraf'
import { crash } from '../crash.ts'
import { type Sql, untilAnswered } from '../db.ts'
import { Refused, Unknown } from '../errors.ts'
import { shortId } from '../id.ts'
import type { Log } from '../log.ts'
import type { Language } from '../money.ts'
import { freeLeft, type Generation, type Output, outputsOf, readGeneration } from '../payments/generations.ts'
import type { Limits, Wake } from '../payments/integration.ts'
import { keep, keptOutputs, readKept } from '../payments/kept-files.ts'
import type { KeptFile, Messages, NoFiles } from '../payments/messages.ts'
import { switchOf } from '../payments/switches.ts'
import { readWallet } from '../payments/wallet.ts'
import { TelegramRefused } from '../telegram/client.ts'
import { type Item, mayUpload, type Sent, sendOriginal, sendResult } from '../telegram/delivery.ts'
import {
  type Mark,
  type Notice,
  type OfGeneration,
  type OfSwitch,
  type Outgoing,
  outboxHold,
  outboxMark,
  outboxTake,
  type SentFile,
} from '../telegram/outbox.ts'
import { isAboutChat } from '../telegram/refused.ts'
import { type Screen, show } from '../telegram/screen.ts'
import type { Tracing } from '../trace.ts'
import type { ResultStore } from '../upstream/results.ts'
import { languageFor, markUnreachable } from '../users/users.ts'
import { editProgress } from './progress.ts'

export type DeliverOptions = {
  sql: Sql
  telegram: Telegram
  results: ResultStore
  messages: Messages
  /** Makes a link to a kept output, good until `until` at the most; absent without a public address. */
  linkTo: ((generationId: string, n: number, until: Date) => { url: string; until: Date }) | undefined
  limits: Limits
  wake: Wake
  tracing: Pick<Tracing, 'request'>
  log: Log
}

// A quarter of an hour without an answer, with the pauses below. To wait in a queue is no failure, so for that it is more.
const mostAttempts = 10
const mostWaits = 100
// From this attempt on it may as well be days, as with a token that was revoked: the upstream's files do not last so long.
const longWait = 5
// A small part of a hold: what has taken less is still ours without asking.
const longAgoMs = 10_000

/**
 * Sends one message of the outbox. At least once: what has arrived is noted part by part and not sent again, but a part
 * whose answer was lost is, since Telegram's methods take no idempotency key. Money is never touched here.
 */
export async function deliverJob(options: DeliverOptions, outboxId: number): Promise<void> {
  const [outgoing] = await outboxTake(options.sql, outboxId)
  if (!outgoing) return // sent, or somebody is at it
  crash('outbox_leased')
  const { body, ...rest } = outgoing
  if (body.kind === 'switch') await deliverSwitch(options, { ...rest, body })
  else if (body.kind === 'notice') await deliverNotice(options, { ...rest, body })
  else if (body.kind === 'aside') await deliverWords(options, outgoing, options.messages.aside)
  else {
    const deliver = () => deliverGeneration(options, { ...rest, body })
    await options.tracing.request(body.generationId, 'deliver', deliver)
  }
}

async function deliverSwitch(options: DeliverOptions, outgoing: Outgoing<OfSwitch>): Promise<void> {
  const { modelId, n, isLast } = outgoing.body
  const [change] = await switchOf(options.sql, modelId, n)
  if (!change) throw new Error(`outbox ${outgoing.id} names the switch ${n} of ${modelId}, which is not there`)
  await deliverWords(options, outgoing, language => options.messages.switched(change, isLast, language))
}

const deliverNotice = (options: DeliverOptions, outgoing: Outgoing<Notice>): Promise<void> =>
  deliverWords(options, outgoing, language => options.messages.notice(outgoing.body, language))

/** One message of words alone. */
async function deliverWords(
  options: DeliverOptions,
  outgoing: Outgoing,
  words: (language: Language) => Screen,
): Promise<void> {
  const { sql, telegram } = options
  const chatId = outgoing.userId
  const language = await languageFor(sql, chatId)
  let outcome: Outcome
  try {
    outcome = { ...blank, messageId: await show(telegram, { chatId }, words(language)) }
  } catch (error) {
    outcome = await refusal(options, outgoing, error)
  }
  const said = { outboxId: outgoing.id, ...outgoing.body, userId: chatId, attempt: outgoing.attempts }
  await conclude(options, outgoing, { ...outcome, files: [] }, said)
}

async function deliverGeneration(options: DeliverOptions, outgoing: Outgoing<OfGeneration>): Promise<void> {
  const { sql, log, results } = options
  const outboxId = outgoing.id
  const { kind, generationId } = outgoing.body
  const [generation, language] = await Promise.all([
    readGeneration(sql, { userId: outgoing.userId, id: generationId }),
    languageFor(sql, outgoing.userId),
  ])
  if (!generation) throw new Error(`outbox ${outboxId} names the generation ${generationId}, which is not there`)
  const said = { outboxId, kind, generationId, userId: outgoing.userId, attempt: outgoing.attempts }

  const delivery: Delivery = {
    options,
    outgoing,
    generation,
    language,
    chatId: generation.chatId,
    kept: new Map(),
    files: [],
    heldAt: performance.now(),
  }
  let outcome: Outcome
  try {
    outcome = { ...blank, messageId: await results.use(generationId, () => send(delivery)) }
  } catch (error) {
    if (error instanceof Overtaken) return log.warn(said, 'somebody else has taken the delivery over')
    outcome = await refusal(options, outgoing, error)
  }
  crash('telegram_acked')
  const isDelivered = await conclude(options, outgoing, { ...outcome, files: delivery.files }, said)
  if (!isDelivered || kind !== 'generation') return
  await editProgress(options.telegram, generation, options.messages.done(generation, language), log)
}

/** Writes down what became of a message; true when it arrived. */
async function conclude(
  options: DeliverOptions,
  { id, attempts }: Outgoing,
  mark: Mark,
  said: object,
): Promise<boolean> {
  const { sql, wake, log } = options
  const [row] = await untilAnswered(() => outboxMark(sql, id, attempts, mark))
  crash('outbox_marked')
  if (mark.againMs !== null) {
    log.warn({ ...said, againMs: mark.againMs }, 'delivery put off')
    await wake.deliver(id, mark.againMs)
    return false
  }
  if (mark.dead !== null) {
    log.error({ ...said, reason: mark.dead }, 'delivery given up; what it tells stays in its rows')
    return false
  }
  log.info({ ...said, messageId: mark.messageId, isMine: row?.isMine }, 'delivered')
  return true
}

type Delivery = {
  options: DeliverOptions
  /** Its `sent` grows with every output that arrives. */
  outgoing: Outgoing<OfGeneration>
  generation: Generation
  language: Language
  chatId: number
  /** The sizes of the outputs that are kept on our side. */
  kept: Map<number, number>
  /** What has arrived this time. */
  files: SentFile[]
  /** When the message was last held for us. */
  heldAt: number
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
  const caption =
    kind === 'generation'
      ? messages.result(generation, outputs, wallet, left(generation.modelId).day, language)
      : messages.resent(generation, kind, language)
  /** The caption with what there is instead of these files. */
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
    const said = await without(tooBig, 'too_big')
    if (kind !== 'original') return await sendFiles(delivery, others, said)
    await sendFiles(delivery, others, caption) // each with the caption, so the links come after them
    return await show(telegram, { chatId }, said)
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

/** Over what a bot may upload, and Telegram does not have it. */
const isTooBig = ({ fileId, bytes }: Output) => fileId === null && !mayUpload(bytes)

/** What has not arrived yet. A photo's file id leads to the recompressed copy, only a document's to the original. */
const missingOf = ({ outgoing }: Delivery, outputs: Output[]): Output[] =>
  outputs
    .filter(({ n }) => !outgoing.sent.includes(n))
    .map(output =>
      outgoing.body.kind === 'original' && output.sentAs !== 'document' ? { ...output, fileId: null } : output,
    )

/**
 * Stores these on our side, as long as they can be had. Throws where a later attempt may do better; `problem` is why
 * there is nothing to give out.
 */
async function keepAll(delivery: Delivery, outputs: Output[]): Promise<{ kept: KeptFile[]; problem?: NoFiles }> {
  const { options, outgoing, generation } = delivery
  const kept: KeptFile[] = []
  let problem: NoFiles | undefined
  for (const output of outputs) {
    try {
      const until = await keep(options.sql, generation, output.n, await bytesOf(delivery, output))
      kept.push({ n: output.n, until, link: options.linkTo?.(generation.id, output.n, until) })
    } catch (error) {
      const why = noFiles(error, outgoing.attempts)
      if (!why) throw error
      options.log.error({ err: error, generationId: generation.id, n: output.n }, 'a result could not be kept')
      problem = why === 'gone' || why === 'full' ? why : 'later'
    }
    await arrived(delivery, []) // it took its time
  }
  return kept.length > 0 || !problem ? { kept } : { kept, problem }
}

/** The file itself, from what is kept on our side or from the upstream. Throws as the downloader does. */
const bytesOf = (
  { options, generation, kept }: Delivery,
  { n, url }: Output,
): Promise<{ path: string; bytes: number }> => {
  const bytes = kept.get(n)
  const from = bytes === undefined ? url : () => readKept(options.sql, generation, n, 0, bytes - 1)
  return options.results.fetch(generation.id, n, from)
}

/** Sends these outputs, by file ids where Telegram has them. Throws as the gateway and the downloader do. */
async function sendFiles(delivery: Delivery, missing: Output[], caption: Screen): Promise<number | null> {
  const isOriginal = delivery.outgoing.body.kind === 'original'
  try {
    const items = await Promise.all(missing.map(output => itemOf(delivery, output)))
    if (performance.now() - delivery.heldAt > longAgoMs) await arrived(delivery, [])
    return isOriginal
      ? await sendOriginals(delivery, missing, items, caption)
      : await sendShown(delivery, missing, items, caption)
  } catch (error) {
    // A file id that Telegram no longer takes: the bytes, while they can be had.
    const isRejected = error instanceof TelegramRefused && error.code === 'file_rejected'
    if (!isRejected || missing.every(({ fileId }) => fileId === null)) throw error
    const bytes = missingOf(delivery, missing).map(output => ({ ...output, fileId: null }))
    return sendFiles(delivery, bytes, caption)
  }
}

async function sendShown(delivery: Delivery, outputs: Output[], items: Item[], caption: Screen): Promise<number> {
  const { options, chatId, files } = delivery
  const filesOf = (part: Sent[]) =>
    part.map(({ item, fileId, sentAs }) => ({ n: outputs[items.indexOf(item)]!.n, file_id: fileId, sent_as: sentAs }))
  let isNoted = false
  const remember = (part: Sent[]) => {
    isNoted = true
    return arrived(delivery, filesOf(part))
  }
  const { captionMessageId, sent } = await sendResult(options.telegram, chatId, items, caption, remember)
  if (!isNoted) files.push(...filesOf(sent)) // one message was the whole, and the mark follows at once
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
async function arrived(delivery: Delivery, part: SentFile[]): Promise<void> {
  const { options, outgoing, files } = delivery
  files.push(...part)
  outgoing.sent.push(...part.map(({ n }) => n))
  const [row] = await untilAnswered(() => outboxHold(options.sql, outgoing.id, outgoing.attempts, part))
  if (!row?.isMine) throw new Overtaken(`outbox ${outgoing.id}, attempt ${outgoing.attempts}`)
  delivery.heldAt = performance.now()
}

/** An output as Telegram takes it: the id it already knows, else the bytes. Throws as the downloader does. */
async function itemOf(delivery: Delivery, output: Output): Promise<Item> {
  const about = {
    kind: output.kind as Item['kind'],
    mime: output.mime,
    extension: output.extension,
    bytes: output.bytes,
    ...(output.widthPx === null ? {} : { widthPx: output.widthPx }),
    ...(output.heightPx === null ? {} : { heightPx: output.heightPx }),
    ...(output.seconds === null ? {} : { seconds: output.seconds }),
    fileName: `telegen-${shortId(delivery.generation.id)}-${output.n}.${output.extension}`,
  }
  const { fileId, sentAs } = output
  if (fileId !== null && sentAs !== null) return { ...about, source: { fileId, sentAs } }
  const { path } = await bytesOf(delivery, output)
  return { ...about, source: { path } }
}

const isOfWorld = (error: unknown): error is Refused | Unknown => error instanceof Refused || error instanceof Unknown

const isUnreachable = (error: unknown): error is TelegramRefused =>
  error instanceof TelegramRefused && (error.code === 'blocked' || error.code === 'chat_not_found')

/** Why the files can never be sent, though the person can be told; undefined where that is not what went wrong. */
function noFiles(error: unknown, attempts: number): NoFiles | undefined {
  if (error instanceof Unknown) return attempts < mostAttempts ? undefined : 'refused'
  if (!(error instanceof Refused) || isAboutChat(error)) return undefined
  if (error.code === 'too_big' || error.code === 'too_large') return 'too_big'
  if (error.code === 'kept_full') return 'full'
  // A link that leads nowhere may do so only for a moment (docs/providers/kie.md, "Results").
  if (error.code === 'not_found') return attempts < 3 ? undefined : 'gone'
  return 'refused'
}

/** What becomes of a message that did not go through: later, or never. */
async function refusal(options: DeliverOptions, { id, userId, attempts }: Outgoing, error: unknown): Promise<Outcome> {
  const later = (againMs: number): Outcome => ({ ...blank, againMs })
  const never = (dead: string): Outcome => ({ ...blank, dead })
  if (!isOfWorld(error)) throw error
  options.log.warn({ err: error, outboxId: id, attempt: attempts }, 'delivery did not go through')

  if (isUnreachable(error)) {
    await markUnreachable(options.sql, userId)
    return never(error.code)
  }
  if (error instanceof TelegramRefused) {
    if (error.code === 'unauthorized') return later(60_000)
    if (error.code === 'rate_limited' && attempts < mostWaits) return later((error.retryAfterMs ?? 5_000) + 500)
  }
  if (attempts >= mostAttempts) return never(error instanceof Refused ? error.code : 'no answer')
  return later(Math.min(300_000, 1_000 * 2 ** attempts))
}
