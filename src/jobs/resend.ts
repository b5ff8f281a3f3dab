import { type Sql, untilAnswered } from '../database/db.ts'
import type { Ref } from '../payments/generations.ts'
import type { Enqueue } from '../payments/order.ts'
import { outboxAdd } from '../telegram/outbox.ts'

type Options = { sql: Sql; enqueue: Pick<Enqueue, 'deliver'> }

/**
 * Enqueues another delivery of a result to the topic where it was asked for, free of charge. Through the outbox, so it survives
 * a crash.
 */
export const resend = (options: Options, ref: Ref, threadId: number | null): Promise<void> =>
  requestDelivery(options, ref, { kind: 'resend', threadId })

/** Enqueues a delivery of the original files of a result, without Telegram's compression. */
export const sendOriginals = (options: Options, ref: Ref, threadId: number | null): Promise<void> =>
  requestDelivery(options, ref, { kind: 'original', threadId })

type Asked = { kind: 'resend' | 'original'; threadId: number | null }

async function requestDelivery({ sql, enqueue }: Options, ref: Ref, asked: Asked): Promise<void> {
  // Repeated presses within a minute, and an update handled twice, count as one.
  const minute = Math.floor(Date.now() / 60_000)
  const body = { ...asked, generationId: ref.id }
  const [row] = await untilAnswered(() => outboxAdd(sql, `${asked.kind}:${ref.id}:${minute}`, ref.userId, body))
  await enqueue.deliver(row!.id)
}
