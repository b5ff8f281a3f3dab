import { setTimeout as pause } from 'node:timers/promises'
import type { Generation, Ref } from '../payments/generations.ts'
import { check, submit } from '../payments/integration.ts'
import type { Deps } from '../payments/order.ts'
import { genPoll } from '../payments/order-statements.ts'
import { pausedMs } from '../payments/timing.ts'
import { inTopic } from '../telegram/topics.ts'
import { act } from './chat-action.ts'
import { isBeat, type ProgressOptions, showProgress } from './progress.ts'

/** `tickMs`: how often the progress moves between two polls; for tests. */
type Options = Deps & ProgressOptions & { tickMs?: number }

// Two runs of the clock fit between polls that are twenty seconds apart.
const usualTickMs = 7_000
// As long as this a person looks on, and a chat action tells that something happens.
const watchedMs = 30_000
const minuteMs = 60_000

/** Submits an order and updates its progress message. */
export async function submitJob(options: Options, ref: Ref, hasPlace: boolean): ReturnType<typeof submit> {
  const outcome = await submit(options, ref, hasPlace)
  if (outcome === 'accepted') {
    const generation = await showProgress(options, ref, { isSpare: true })
    if (generation) await actOnShort(options, generation)
  }
  if (outcome === 'unknown') await showProgress(options, ref, { isSpare: false })
  // An order that waits for the provider says so at its first wait, and each minute.
  const isDue = ({ ageMs }: Generation) =>
    ageMs < pausedMs || Math.floor(ageMs / minuteMs) > Math.floor((ageMs - pausedMs) / minuteMs)
  if (outcome === 'paused') await showProgress(options, ref, { isDue, isSpare: false })
  return outcome
}

/** Polls a generation: once, or as the attempt `pollAttempt` of its chain of polls, which it continues. */
export async function checkJob(options: Options, ref: Ref, pollAttempt?: number, sinceMs = 0): Promise<void> {
  if (pollAttempt !== undefined) {
    const [row] = await genPoll(options.sql, ref, pollAttempt)
    if (!row?.isMine) return // the sweep has started another chain, or the run has ended
  }
  const checked = await check(options, ref)
  // A callback may come while the run is being ended without its result.
  const wasOver = checked.state === 'ended' && checked.generation.finishedAt !== null
  if (wasOver && pollAttempt === undefined && checked.generation.execState !== 'success')
    await options.enqueue.late(ref)
  if (checked.state !== 'open' || pollAttempt === undefined) return
  const { generation, nextMs } = checked
  await options.enqueue.poll(ref, pollAttempt + 1, nextMs, generation.ageMs)
  if (isBeat(sinceMs, generation.ageMs)) {
    await showProgress(options, ref, { isSpare: true })
    await actOnShort(options, generation)
  }
  void keepMoving(options, ref, nextMs)
}

/** Moves the progress until the next poll is due. Lost with the process: the next poll shows it again. */
async function keepMoving(options: Options, ref: Ref, forMs: number): Promise<void> {
  const { tickMs = usualTickMs, log } = options
  try {
    for (let leftMs = forMs - tickMs; leftMs >= tickMs / 2; leftMs -= tickMs) {
      await pause(tickMs, undefined, { ref: false })
      if (!(await showProgress(options, ref, { isSpare: true }))) return
    }
  } catch (error) {
    log.debug({ err: error, generationId: ref.id }, 'the progress stands until the next poll')
  }
}

async function actOnShort(options: Options, generation: Generation): Promise<void> {
  const { chatId, ageMs, execState } = generation
  const usualMs = options.messages.usualMs(generation) ?? Infinity
  if (execState === 'running' && usualMs <= watchedMs && ageMs <= watchedMs)
    await act({ log: options.log, telegram: inTopic(options.telegram, generation) }, chatId, generation, 'making')
}
