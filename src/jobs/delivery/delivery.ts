import type { Telegram } from 'telegraf'
import { type Sql, untilAnswered } from '../../database/db.ts'
import { readKept } from '../../delivery/kept-files.ts'
import type { Messages } from '../../delivery/messages.ts'
import type { Log } from '../../log.ts'
import type { Language } from '../../money.ts'
import type { Generation, Limits, Output } from '../../payments/generations.ts'
import type { Enqueue } from '../../payments/order.ts'
import { type OfGeneration, type Outgoing, outboxHold, type SentFile } from '../../telegram/outbox.ts'
import type { Tracing } from '../../trace.ts'
import type { ResultStore } from '../../upstream/results.ts'

export type DeliverOptions = {
  sql: Sql
  telegram: Telegram
  results: ResultStore
  messages: Messages
  /** Makes a link to a kept output, good until `until` at the most; absent without a public address. */
  linkTo: ((generationId: string, n: number, until: Date) => { url: string; until: Date }) | undefined
  limits: Limits
  enqueue: Enqueue
  tracing: Pick<Tracing, 'request'>
  log: Log
}

/** One result on its way to the chat. */
export type Delivery = {
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
/** The hold has passed and another worker sends it: whatever we send now would be a copy. */
export class Overtaken extends Error {
  override name = 'Overtaken'
}

/** Notes what has arrived before anything else is sent, and holds the message for the next part. */
export async function arrived(delivery: Delivery, part: SentFile[]): Promise<void> {
  const { options, outgoing, files } = delivery
  files.push(...part)
  outgoing.sent.push(...part.map(({ n }) => n))
  const [row] = await untilAnswered(() => outboxHold(options.sql, outgoing.id, outgoing.attempts, part))
  if (!row?.isMine) throw new Overtaken(`outbox ${outgoing.id}, attempt ${outgoing.attempts}`)
  delivery.heldAt = performance.now()
}

/** The file itself, from what is kept on our side or from the upstream. Throws as the downloader does. */
export const bytesOf = (
  { options, generation, kept }: Delivery,
  { n, url }: Output,
): Promise<{ path: string; bytes: number }> => {
  const bytes = kept.get(n)
  const from = bytes === undefined ? url : () => readKept(options.sql, generation, n, 0, bytes - 1)
  return options.results.fetch(generation.id, n, from)
}
