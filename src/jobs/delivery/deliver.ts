import { crash } from '../../crash.ts'
import { untilAnswered } from '../../database/db.ts'
import { healthChange } from '../../health/model-health.ts'
import type { Language } from '../../money.ts'
import { type Generation, readGeneration } from '../../payments/generations.ts'
import { type GroupOrder, groupOrderOfRun } from '../../payments/groups.ts'
import {
  type Mark,
  type Notice,
  type OfGeneration,
  type OfLate,
  type OfSwitch,
  type Outgoing,
  outboxMark,
  outboxTake,
} from '../../telegram/outbox.ts'
import { type Screen, show } from '../../telegram/screen.ts'
import { inTopic } from '../../telegram/topics.ts'
import { languageFor } from '../../users/users.ts'
import { removeProgress } from '../progress.ts'
import { announce } from './announce.ts'
import { sendLate } from './deliver-late.ts'
import { type DeliverOptions, type Delivery, Overtaken } from './delivery.ts'
import { send } from './send-result.ts'
import { removeGroupProgress, sendToGroup } from './to-group.ts'
import { blank, type Outcome, refusal } from './trouble.ts'

/**
 * Sends one message of the outbox, at least once. Each part is recorded when it arrives and is not sent again. A part whose
 * answer was lost is sent again, because Telegram's methods take no idempotency key. Moves no money.
 */
export async function deliverJob(options: DeliverOptions, outboxId: number): Promise<void> {
  const [outgoing] = await outboxTake(options.sql, outboxId)
  if (!outgoing) return // sent already, or leased by another worker
  crash('outbox_leased')
  const { body, ...rest } = outgoing
  if (body.kind === 'switch') await deliverSwitch(options, { ...rest, body })
  else if (body.kind === 'notice') await deliverNotice(options, { ...rest, body })
  else if (body.kind === 'plan')
    await deliverWords(options, outgoing, language => options.messages.plan(body, language))
  else if (body.kind === 'late') await deliverLate(options, { ...rest, body })
  else if (body.kind === 'aside') await deliverWords(options, outgoing, options.messages.aside)
  else {
    const deliver = () => deliverGeneration(options, { ...rest, body })
    await options.tracing.request(body.generationId, 'deliver', deliver)
  }
}

async function deliverSwitch(options: DeliverOptions, outgoing: Outgoing<OfSwitch>): Promise<void> {
  const { modelId, n, isLast } = outgoing.body
  const [change] = await healthChange(options.sql, modelId, n)
  if (!change) throw new Error(`outbox ${outgoing.id} names the switch ${n} of ${modelId}, which is not there`)
  await deliverWords(options, outgoing, language => options.messages.healthChanged(change, isLast, language))
}

const deliverNotice = (options: DeliverOptions, outgoing: Outgoing<Notice>): Promise<void> =>
  deliverWords(options, outgoing, language => options.messages.notice(outgoing.body, language))

/** Sends a message of text only. */
async function deliverWords(
  options: DeliverOptions,
  outgoing: Outgoing,
  words: (language: Language) => Screen,
): Promise<void> {
  const { sql } = options
  const chatId = outgoing.userId
  const threadId = ('threadId' in outgoing.body && outgoing.body.threadId) || null
  const telegram = inTopic(options.telegram, { chatId, threadId })
  const language = await languageFor(sql, chatId)
  let outcome: Outcome
  try {
    outcome = { ...blank, messageId: await show(telegram, { chatId }, words(language)) }
  } catch (error) {
    outcome = await refusal(options, outgoing, error)
  }
  const context = { outboxId: outgoing.id, ...outgoing.body, userId: chatId, attempt: outgoing.attempts }
  await conclude(options, outgoing, { ...outcome, files: [] }, context)
}

/** Offers a late result, unless it was taken or its time has passed meanwhile. */
async function deliverLate(options: DeliverOptions, outgoing: Outgoing<OfLate>): Promise<void> {
  const { generationId } = outgoing.body
  let outcome: Outcome
  try {
    outcome = { ...blank, messageId: await sendLate(options, { userId: outgoing.userId, id: generationId }) }
  } catch (error) {
    outcome = await refusal(options, outgoing, error)
  }
  const context = {
    outboxId: outgoing.id,
    kind: 'late',
    generationId,
    userId: outgoing.userId,
    attempt: outgoing.attempts,
  }
  await conclude(options, outgoing, { ...outcome, files: [] }, context)
}

async function deliverGeneration(options: DeliverOptions, outgoing: Outgoing<OfGeneration>): Promise<void> {
  const { sql, log, results } = options
  const outboxId = outgoing.id
  const { kind, generationId } = outgoing.body
  const generation = await readGeneration(sql, { userId: outgoing.userId, id: generationId })
  if (!generation) throw new Error(`outbox ${outboxId} names the generation ${generationId}, which is not there`)
  const context = { outboxId, kind, generationId, userId: outgoing.userId, attempt: outgoing.attempts }

  const [order] = generation.chatId < 0 && kind === 'generation' ? await groupOrderOfRun(sql, generation) : []
  const delivery = await deliveryOf(options, outgoing, generation, order)
  let outcome: Outcome
  const shown = announce(delivery)
  try {
    const messageId = await results.use(generationId, () => (order ? sendToGroup(delivery, order) : send(delivery)))
    outcome = { ...blank, messageId }
  } catch (error) {
    if (error instanceof Overtaken) return log.warn(context, 'somebody else has taken the delivery over')
    outcome = await refusal(options, outgoing, error)
  } finally {
    await shown.end()
  }
  crash('telegram_acked')
  const isDelivered = await conclude(options, outgoing, { ...outcome, files: delivery.files }, context)
  if (order && outcome.againMs === null) return removeGroupProgress(delivery)
  if (!isDelivered || kind !== 'generation' || outcome.messageId === generation.messageId) return
  await removeProgress(options, generation, delivery.language)
}

/** What was ordered in a group goes there once; whatever else comes of it later goes to the private chat. */
async function deliveryOf(
  options: DeliverOptions,
  outgoing: Outgoing<OfGeneration>,
  generation: Generation,
  order: GroupOrder | undefined,
): Promise<Delivery> {
  const { kind, threadId = generation.threadId } = outgoing.body
  const isPrivate = generation.chatId < 0 && (kind !== 'generation' || generation.isLate)
  const chatId = order?.chatId ?? (isPrivate ? outgoing.userId : generation.chatId)
  const topic = { chatId, threadId: isPrivate && threadId === generation.threadId ? null : threadId }
  return {
    options: { ...options, telegram: order ? options.telegram : inTopic(options.telegram, topic) },
    outgoing,
    generation,
    language: await languageFor(options.sql, order?.askedBy ?? outgoing.userId),
    chatId,
    kept: new Map(),
    files: [],
    heldAt: performance.now(),
  }
}

/** Records the outcome of a delivery. Returns true when the message arrived. */
async function conclude(
  options: DeliverOptions,
  { id, attempts }: Outgoing,
  mark: Mark,
  context: object,
): Promise<boolean> {
  const { sql, enqueue, log } = options
  const [row] = await untilAnswered(() => outboxMark(sql, id, attempts, mark))
  crash('outbox_marked')
  if (mark.againMs !== null) {
    log.warn({ ...context, againMs: mark.againMs }, 'delivery put off')
    await enqueue.deliver(id, mark.againMs)
    return false
  }
  if (mark.dead !== null) {
    log.error({ ...context, reason: mark.dead }, 'delivery given up; what it tells stays in its rows')
    return false
  }
  log.info({ ...context, messageId: mark.messageId, isMine: row?.isMine }, 'delivered')
  return true
}
