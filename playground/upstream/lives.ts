import { setTimeout as pause } from 'node:timers/promises'
import type { openCallbacks } from './callbacks.ts'
import type { Files, Spoilt } from './files.ts'
import { roundCredits } from './models/credits.ts'
import type { Known } from './models/input-check.ts'
import type { Model } from './models/models.ts'
import { recipeFor } from './results/recipe.ts'
import type { Behaviour, TaskView, UpstreamStandIn } from './stand-in.ts'

export type LifeOptions = {
  models: Map<string, Model>
  files: Files
  callbacks: ReturnType<typeof openCallbacks>
  account: { credit: number }
  speed: UpstreamStandIn['speed']
  seed: number
  stop: AbortSignal
  changed: (task: TaskView) => void
  known: Known
  /** Credits that each task took, by its id. */
  costs: Map<string, number>
}

const SPOILT: Partial<Record<Behaviour, Spoilt>> = {
  dead_result: 'dead',
  wrong_result: 'wrong',
  truncated_result: 'truncated',
}

/** The life of a task: waiting, generating, success or fail, and the callback about its end. */
export function openLives(options: LifeOptions) {
  const { callbacks, account, speed, stop, changed, costs } = options

  async function live(task: TaskView) {
    if (task.behaviour === 'silent') return
    const runMs = task.behaviour === 'slow' ? speed.slowMs : speed.runMs
    await pause(runMs / 2, undefined, { signal: stop })
    task.state = 'generating'
    changed(task)
    if (task.behaviour === 'callback_forged') await callbacks.forge(task)
    await pause(runMs / 2, undefined, { signal: stop })
    end(task)
    await report(task)
  }

  function end(task: TaskView) {
    const cost = costs.get(task.taskId) ?? 0
    task.completedAt = Date.now()
    if (task.behaviour === 'fail' || task.behaviour === 'moderation') {
      Object.assign(task, { state: 'fail', ...failureOf(task), creditsConsumed: 0 })
      account.credit = roundCredits(account.credit + cost)
    } else {
      Object.assign(task, { state: 'success', resultUrls: resultsOf(task, options), creditsConsumed: cost })
    }
    changed(task)
  }

  async function report(task: TaskView) {
    if (task.behaviour === 'callback_lost') return
    await callbacks.report(task)
    if (task.behaviour === 'callback_twice') await callbacks.report(task)
  }

  return { live, end, report }
}

const failureOf = ({ behaviour }: TaskView) =>
  behaviour === 'moderation'
    ? { failCode: 'SENSITIVE_WORD_ERROR', failMsg: 'We’re so sorry, but the prompt cannot be processed.' }
    : { failCode: '500', failMsg: 'Internal Error, Please try again later.' }

function resultsOf(task: TaskView, { models, files, seed, known }: LifeOptions): string[] {
  if (task.behaviour === 'empty_result') return []
  const model = models.get(task.model)!
  const isPart = task.behaviour === 'partial_result'
  // One task may have several files: docs/providers/kie.md, "Results".
  const count = isPart ? 4 : task.model === 'grok-imagine/text-to-image' ? 2 : 1
  return Array.from({ length: count }, (_, index) => {
    const recipe = recipeFor(model, task.input, index, seed, known)
    const spoilt = isPart && index === count - 1 ? 'dead' : SPOILT[task.behaviour]
    return files.plan(`results/${task.taskId}-${index + 1}`, recipe, spoilt)
  })
}
