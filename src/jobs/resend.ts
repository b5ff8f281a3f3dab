import { type Sql, untilAnswered } from '../database/db.ts'
import type { Ref } from '../payments/generations.ts'
import type { Enqueue } from '../payments/order.ts'
import { outboxAdd } from '../telegram/outbox.ts'

type Options = { sql: Sql; enqueue: Pick<Enqueue, 'deliver'> }

/** Has a result sent once more, free of charge. It goes the way of every message and outlives the press. */
export const resend = (options: Options, ref: Ref): Promise<void> => requestDelivery(options, ref, 'resend')

/** Has the files of a result sent as they were made, without Telegram's compression. */
export const sendOriginals = (options: Options, ref: Ref): Promise<void> => requestDelivery(options, ref, 'original')

async function requestDelivery({ sql, enqueue }: Options, ref: Ref, kind: 'resend' | 'original'): Promise<void> {
  // An impatient thumb, or an update that is handled twice, is one press.
  const minute = Math.floor(Date.now() / 60_000)
  const body = { kind, generationId: ref.id }
  const [row] = await untilAnswered(() => outboxAdd(sql, `${kind}:${ref.id}:${minute}`, ref.userId, body))
  await enqueue.deliver(row!.id)
}
