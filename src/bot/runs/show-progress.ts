import { gatherProgress, progressOf } from '../../delivery/progress.ts'
import { type Generation, readGeneration } from '../../payments/generations.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { remove } from '../show.ts'
import { createMessages } from './reports.ts'

/** Shows an open run, and what shares its message, in place of the pressed message. Returns the id of the message. */
export const showRun = async (ctx: BotContext, deps: BotDeps, run: Generation): Promise<number> =>
  ctx.show(await progressOf({ sql: deps.sql, messages: createMessages(deps) }, run, ctx.language))

/**
 * Shows a run that has just started. The open runs of the person are listed in its message from now on, and their own
 * messages go.
 */
export async function showStarted(ctx: BotContext, deps: BotDeps, run: Generation): Promise<void> {
  const { messageId } = run
  const gather = async (at: number) => (await gatherProgress(deps.sql, run, at)).map(one => one.messageId)
  const old = messageId === null ? [] : await gather(messageId)
  const shownAt = await showRun(ctx, deps, run)
  if (shownAt !== messageId) {
    // Its message was gone. A worker may have removed it with the ending.
    old.push(...(await gather(shownAt)))
    const now = await readGeneration(deps.sql, run)
    if (now?.finishedAt && now.messageId !== shownAt) old.push(shownAt)
    else old.splice(0, old.length, ...old.filter(one => one !== shownAt))
  }
  for (const one of old) await remove(ctx, one)
}
