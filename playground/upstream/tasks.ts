import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { openCallbacks } from './callbacks.ts'
import type { Files, Spoilt } from './files.ts'
import { roundCredits } from './models/credits.ts'
import type { Known } from './models/input-check.ts'
import type { Model } from './models/models.ts'
import { recipeFor } from './results/recipe.ts'
import type { Behaviour, TaskView, UpstreamStandIn } from './server.ts'

export type NewTask = {
  model: Model
  input: Record<string, unknown>
  callBackUrl?: string
  behaviour: Behaviour
  credits: number
}
/** A callback that comes before createTask's answer must not hold that answer up for longer than this. */
const EARLY_CALLBACK_MS = 3_000

const SPOILT: Partial<Record<Behaviour, Spoilt>> = {
  dead_result: 'dead',
  wrong_result: 'wrong',
  truncated_result: 'truncated',
}

export type Tasks = ReturnType<typeof openTasks>

type Options = {
  models: Map<string, Model>
  files: Files
  callbacks: ReturnType<typeof openCallbacks>
  account: { credit: number }
  speed: UpstreamStandIn['speed']
  seed: number
  stop: AbortSignal
  changed: (task: TaskView) => void
}

/** The tasks of this server and their lives: waiting, generating, success or fail, and what is told about the end. */
export function openTasks({ models, files, callbacks, account, speed, seed, stop, changed }: Options) {
  const list: TaskView[] = []
  const byId = new Map<string, TaskView>()
  const costs = new Map<string, number>()
  const known: Known = { file: files.file, task: taskId => byId.get(taskId) }

  function add(task: TaskView) {
    list.push(task)
    byId.set(task.taskId, task)
  }

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
      const refused = task.behaviour === 'moderation'
      task.state = 'fail'
      task.failCode = refused ? 'SENSITIVE_WORD_ERROR' : '500'
      task.failMsg = refused
        ? 'We’re so sorry, but the prompt cannot be processed.'
        : 'Internal Error, Please try again later.'
      task.creditsConsumed = 0
      account.credit = roundCredits(account.credit + cost)
    } else {
      task.state = 'success'
      task.resultUrls = resultsOf(task)
      task.creditsConsumed = cost
    }
    changed(task)
  }

  function resultsOf(task: TaskView): string[] {
    if (task.behaviour === 'empty_result') return []
    const model = models.get(task.model)!
    const isPart = task.behaviour === 'partial_result'
    // One task may bring several files (K9).
    const count = isPart ? 4 : task.model === 'grok-imagine/text-to-image' ? 2 : 1
    return Array.from({ length: count }, (_, index) => {
      const recipe = recipeFor(model, task.input, index, seed, known)
      return files.plan(
        `results/${task.taskId}-${index + 1}`,
        recipe,
        isPart && index === count - 1 ? 'dead' : SPOILT[task.behaviour],
      )
    })
  }

  async function report(task: TaskView) {
    if (task.behaviour === 'callback_lost') return
    await callbacks.report(task)
    if (task.behaviour === 'callback_twice') await callbacks.report(task)
  }

  /** A life ends early only when the server closes; anything else is our fault and must be seen. */
  function inBackground(life: Promise<void>) {
    life.catch(error => {
      if (!stop.aborted) throw error
    })
  }

  return {
    list,
    known,
    costs,
    find: (taskId: string) => byId.get(taskId),
    /** Takes the credits and starts the task. Resolves at once, except for a callback that comes before the answer. */
    async start({ model, input, callBackUrl, behaviour, credits }: NewTask): Promise<TaskView> {
      const task: TaskView = {
        taskId: randomUUID().replaceAll('-', ''),
        model: model.id,
        input,
        ...(callBackUrl !== undefined && { callBackUrl }),
        state: 'waiting',
        behaviour,
        createdAt: Date.now(),
        resultUrls: [],
        recordReads: 0,
        callbacks: [],
      }
      account.credit = roundCredits(account.credit - credits)
      costs.set(task.taskId, credits)
      add(task)
      changed(task)
      if (behaviour !== 'callback_early') {
        inBackground(live(task))
        return task
      }
      end(task)
      const told = report(task)
      inBackground(told)
      await Promise.race([told, pause(EARLY_CALLBACK_MS, undefined, { signal: stop })])
      return task
    },
    /** Takes up tasks of an earlier run where they stood. */
    resume(earlier: { task: TaskView; credits: number }[]) {
      for (const { task, credits } of earlier) {
        add(task)
        costs.set(task.taskId, credits)
        if (task.state === 'waiting' || task.state === 'generating') inBackground(live(task))
      }
    },
  }
}
