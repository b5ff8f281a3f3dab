import type { Telegram } from 'telegraf'
import { crash } from '../crash.ts'
import { type Sql, untilAnswered } from '../db.ts'
import { Refused, Unknown } from '../errors.ts'
import type { Log } from '../log.ts'
import { freeLeft, type Generation, type Output, outputsOf, readGeneration } from '../payments/generations.ts'
import type { Limits, Wake } from '../payments/integration.ts'
import type { Messages } from '../payments/messages.ts'
import { readWallet } from '../payments/wallet.ts'
import { TelegramRefused } from '../telegram/client.ts'
import { type Item, sendResult } from '../telegram/delivery.ts'
import { type Mark, type Outgoing, outboxMark, outboxTake } from '../telegram/outbox.ts'
import { show } from '../telegram/screen.ts'
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

const mostAttempts = 10

/**
 * Sends one message of the outbox. At least once: a second copy is possible only when the answer to the first was lost,
 * since Telegram's methods take no idempotency key. Money is never touched here.
 */
export async function deliverJob(options: DeliverOptions, outboxId: number): Promise<void> {
  const { sql, log } = options
  const [outgoing] = await outboxTake(sql, outboxId)
  if (!outgoing) return // sent, or somebody is at it
  crash('outbox_taken')
  const ref = { userId: outgoing.userId, id: outgoing.body.generationId }
  const generation = await readGeneration(sql, ref)
  if (!generation) throw new Error(`outbox ${outboxId} names the generation ${ref.id}, which is not there`)

  const mark = await send(options, generation).catch(error => refusal(options, outgoing, error))
  crash('telegram_sent')
  const [row] = await untilAnswered(() => outboxMark(sql, outboxId, outgoing.attempts, mark))
  crash('outbox_marked')
  const said = { outboxId, generationId: ref.id, userId: ref.userId, attempt: outgoing.attempts }
  if (mark.againMs !== null) {
    log.warn({ ...said, againMs: mark.againMs }, 'delivery put off')
    await options.wake.deliver(outboxId, mark.againMs)
  } else if (mark.dead !== null) {
    log.error({ ...said, reason: mark.dead }, 'delivery given up; the result stays in the history')
  } else {
    log.info({ ...said, messageId: mark.messageId, isMine: row?.isMine }, 'delivered')
    const language = await languageFor(sql, ref.userId)
    await editProgress(options.telegram, generation, options.messages.done(generation, language), log)
  }
  if (mark.againMs === null) await options.results.drop(ref.id)
}

async function send(options: DeliverOptions, generation: Generation): Promise<Mark> {
  const { sql, telegram, messages, limits } = options
  const language = await languageFor(sql, generation.userId)
  if (generation.execState !== 'success') {
    const screen = messages.failure(generation, language)
    const messageId = await show(telegram, { chatId: generation.chatId }, screen)
    return { messageId, files: [], dead: null, againMs: null }
  }

  const [outputs, wallet, left] = await Promise.all([
    outputsOf(sql, generation),
    readWallet(sql, generation.userId),
    freeLeft(sql, generation.userId, { daily: limits.freeDaily, hourly: limits.freeHourly }),
  ])
  const items = await Promise.all(outputs.map(output => itemOf(options, generation, output)))
  const caption = messages.result(generation, outputs, wallet, left(generation.modelId).day, language)
  const { captionMessageId, sent } = await sendResult(telegram, generation.chatId, items, caption)
  const files = sent.map((one, index) => ({ n: outputs[index]!.n, file_id: one.fileId, sent_as: one.sentAs }))
  return { messageId: captionMessageId, files, dead: null, againMs: null }
}

/** An output as Telegram takes it: the id it already knows, else the bytes. Throws as the downloader does. */
export async function itemOf(
  { results }: Pick<DeliverOptions, 'results'>,
  generation: Pick<Generation, 'id'>,
  output: Output,
): Promise<Item> {
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
  const file = await results.fetch(generation.id, output.n, output.url)
  return { ...about, source: { path: file.path } }
}

const sentAs = (as: string | null) =>
  as === 'photo' || as === 'video' || as === 'audio' || as === 'document' ? as : undefined

// What became of a send that did not go through: later, or never.
async function refusal(options: DeliverOptions, outgoing: Outgoing, error: unknown): Promise<Mark> {
  const later = (againMs: number): Mark => ({ messageId: null, files: [], dead: null, againMs })
  const never = (dead: string): Mark => ({ messageId: null, files: [], dead, againMs: null })
  if (!(error instanceof Refused || error instanceof Unknown)) throw error
  options.log.warn({ err: error, outboxId: outgoing.id, attempt: outgoing.attempts }, 'delivery did not go through')

  if (error instanceof TelegramRefused) {
    if (error.code === 'blocked' || error.code === 'chat_not_found') {
      await markUnreachable(options.sql, outgoing.userId)
      return never(error.code)
    }
    if (error.code === 'rate_limited') return later((error.retryAfterMs ?? 5_000) + 500)
    if (error.code === 'unauthorized') return later(60_000)
  }
  if (outgoing.attempts >= mostAttempts) {
    return never(error instanceof Refused ? error.code : 'no answer')
  }
  return later(Math.min(300_000, 1_000 * 2 ** outgoing.attempts))
}
