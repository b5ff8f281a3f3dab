import type { Telegram } from 'telegraf'
import type { Messages } from '../delivery/messages.ts'
import { type Ref, readGeneration } from '../payments/generations.ts'
import { check, submit } from '../payments/integration.ts'
import type { Deps } from '../payments/order.ts'
import { genPoll } from '../payments/order-statements.ts'
import { pausedMs } from '../payments/timing.ts'
import { languageFor } from '../users/users.ts'
import { editProgress, isBeat } from './progress.ts'

type Options = Deps & { telegram: Telegram; messages: Messages }

/** Submits an order and updates its progress message. */
export async function submitJob(options: Options, ref: Ref, hasPlace: boolean): ReturnType<typeof submit> {
  const outcome = await submit(options, ref, hasPlace)
  if (outcome === 'accepted' || outcome === 'unknown') await showProgress(options, ref)
  // An order that waits for the provider says so at its first wait, and at each beat.
  if (outcome === 'paused') await showProgress(options, ref, ageMs => isBeat(Math.max(0, ageMs - pausedMs), ageMs))
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
    const language = await languageFor(options.sql, ref.userId)
    await editProgress(options.telegram, generation, options.messages.progress(generation, language), options.log)
  }
}

async function showProgress(options: Options, ref: Ref, isDue: (ageMs: number) => boolean = () => true) {
  const [generation, language] = await Promise.all([
    readGeneration(options.sql, ref),
    languageFor(options.sql, ref.userId),
  ])
  if (!generation || generation.finishedAt || !isDue(generation.ageMs)) return
  await editProgress(options.telegram, generation, options.messages.progress(generation, language), options.log)
}
