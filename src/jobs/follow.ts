import type { Telegram } from 'telegraf'
import { type Ref, readGeneration } from '../payments/generations.ts'
import { check, type Deps, genLook, submit } from '../payments/integration.ts'
import type { Messages } from '../payments/messages.ts'
import { languageFor } from '../users/users.ts'
import { editProgress, isBeat } from './progress.ts'

type Options = Deps & { telegram: Telegram; messages: Messages }

// How much later than promised a worker may look before the sweep takes over its generation.
const slackMs = 20_000

/** Sends an order out and lets the person see that it went. */
export async function submitJob(options: Options, ref: Ref): Promise<void> {
  const outcome = await submit(options, ref)
  if (outcome === 'accepted' || outcome === 'unknown') await tell(options, ref)
}

/** Looks at a generation; with `sinceMs` it belongs to the chain of looks that goes on until the end. */
export async function checkJob(options: Options, ref: Ref, sinceMs: number | undefined): Promise<void> {
  const checked = await check(options, ref)
  if (checked.state !== 'open' || sinceMs === undefined) return
  const { generation, nextMs } = checked
  await genLook(options.sql, ref, nextMs + slackMs)
  await options.wake.follow(ref, nextMs, generation.ageMs)
  if (isBeat(sinceMs, generation.ageMs)) {
    const language = await languageFor(options.sql, ref.userId)
    await editProgress(options.telegram, generation, options.messages.progress(generation, language), options.log)
  }
}

async function tell(options: Options, ref: Ref) {
  const generation = await readGeneration(options.sql, ref)
  if (!generation || generation.finishedAt) return
  const language = await languageFor(options.sql, ref.userId)
  await editProgress(options.telegram, generation, options.messages.progress(generation, language), options.log)
}
