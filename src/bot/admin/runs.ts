import { type Generation, ownerOf, readGeneration } from '../../payments/generations.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'

/** A run by its id alone, of any person. */
export async function runOf({ sql }: Pick<BotDeps, 'sql'>, id: string): Promise<Generation | undefined> {
  const [owner] = await ownerOf(sql, id)
  return owner && readGeneration(sql, { userId: owner.userId, id })
}

type Asked = Pick<Generation, 'taskId' | 'execState'>

/** Why the provider cannot be asked about a run; undefined if it can. */
export function providerText({ t }: BotContext, { taskId, execState }: Asked): string | undefined {
  if (taskId !== null) return undefined
  return t.admin.notAsked[execState === 'queued' ? 'unsent' : execState === 'submitting' ? 'unanswered' : 'never']
}
