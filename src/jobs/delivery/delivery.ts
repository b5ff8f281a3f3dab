import { type Sql, untilAnswered } from '../../database/db.ts'
import { readKept } from '../../delivery/kept-files.ts'
import type { Messages } from '../../delivery/messages.ts'
import type { Log } from '../../log.ts'
import type { Language } from '../../money.ts'
import type { Generation, Limits, Output } from '../../payments/generations.ts'
import type { Enqueue } from '../../payments/order.ts'
import type { Telegram } from '../../telegram/api.ts'
import { type OfGeneration, type Outgoing, outboxHold, type SentFile } from '../../telegram/outbox.ts'
import type { Tracing } from '../../trace.ts'
import type { ResultStore } from '../../upstream/results.ts'

export type DeliverOptions = {
  sql: Sql
  telegram: Telegram
  results: ResultStore
  messages: Messages
  /** Returns a link to a kept output, valid until `until` at most; undefined without a public address. */
  linkTo: ((generationId: string, n: number, until: Date) => { url: string; until: Date }) | undefined
  /** Draws a small copy of a picture with a word over it. Throws Refused, Unknown. */
  preview(picture: { path: string; extension: string; pixels: number }, word: string): Promise<Uint8Array>
  limits: Limits
  enqueue: Enqueue
  tracing: Pick<Tracing, 'request'>
  log: Log
}

/** The state of one delivery attempt. */
export type Delivery = {
  options: DeliverOptions
  /** `sent` grows with each output that arrives. */
  outgoing: Outgoing<OfGeneration>
  generation: Generation
  language: Language
  chatId: number
  /** Bytes of the outputs that are stored in our database, by number. */
  kept: Map<number, number>
  /** The files that arrived in this attempt. */
  files: SentFile[]
  /** When the lease was last renewed, as `performance.now()`. */
  heldAt: number
}
/** The lease has expired and another worker has the message: anything sent now would be a duplicate. */
export class Overtaken extends Error {
  override name = 'Overtaken'
}

/** Records the part that arrived and renews the lease, before the next part is sent. Throws Overtaken. */
export async function arrived(delivery: Delivery, part: SentFile[]): Promise<void> {
  const { options, outgoing, files } = delivery
  files.push(...part)
  outgoing.sent.push(...part.map(({ n }) => n))
  const [row] = await untilAnswered(() => outboxHold(options.sql, outgoing.id, outgoing.attempts, part))
  if (!row?.isMine) throw new Overtaken(`outbox ${outgoing.id}, attempt ${outgoing.attempts}`)
  delivery.heldAt = performance.now()
}

/** Returns the file, from our database or from the upstream. Throws the errors of the downloader. */
export const bytesOf = (
  { options, generation, kept }: Delivery,
  { n, url }: Output,
): Promise<{ path: string; bytes: number }> => {
  const bytes = kept.get(n)
  const from = bytes === undefined ? url : () => readKept(options.sql, generation, n, 0, bytes - 1)
  return options.results.fetch(generation.id, n, from)
}
