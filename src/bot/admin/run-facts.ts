import { type Generation, ownerOf, readGeneration } from '../../payments/generations.ts'
import type { Screen } from '../../telegram/screen.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { moneyText } from '../runs/history.ts'
import { homeButton } from './buttons.ts'

export const missing = (ctx: BotContext, what: string): Screen => ({
  text: ctx.t.admin.foundNothing(what),
  buttons: [[homeButton(ctx)]],
})

/** Returns a run of any person. */
export async function runOf({ sql }: Pick<BotDeps, 'sql'>, id: string): Promise<Generation | undefined> {
  const [owner] = await ownerOf(sql, id)
  return owner && readGeneration(sql, { userId: owner.userId, id })
}

type RunState = Pick<Generation, 'taskId' | 'execState'>

/** Returns why the provider cannot be asked about a run; undefined when it can. */
export function providerText({ t }: BotContext, { taskId, execState }: RunState): string | undefined {
  if (taskId !== null) return undefined
  return t.admin.notAsked[execState === 'queued' ? 'unsent' : execState === 'submitting' ? 'unanswered' : 'never']
}

/** A run as the confirm screens show it. */
export const runFacts = (ctx: BotContext, run: Generation) => ({
  id: run.id,
  state: `${run.execState} / ${run.moneyState}`,
  money: moneyText(ctx, run),
  provider: providerText(ctx, run),
})
