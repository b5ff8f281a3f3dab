import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type LifeOptions, openLives } from './lives.ts'
import { roundCredits } from './models/credits.ts'
import type { Known } from './models/input-check.ts'
import type { Model } from './models/models.ts'
import type { Behaviour, TaskView } from './stand-in.ts'

export type NewTask = {
  model: Model
  input: Record<string, unknown>
  callBackUrl?: string
  behaviour: Behaviour
  credits: number
}
/** A callback that comes before createTask's answer must not hold that answer up for longer than this. */
const EARLY_CALLBACK_MS = 3_000

export type Tasks = ReturnType<typeof openTasks>

/** The tasks of this server, oldest first, and the credits that each of them took. */
export function openTasks(options: Omit<LifeOptions, 'known' | 'costs'>) {
  const { files, account, stop, changed } = options
  const list: TaskView[] = []
  const byId = new Map<string, TaskView>()
  const costs = new Map<string, number>()
  const known: Known = { file: files.file, task: taskId => byId.get(taskId) }
  const { live, end, report } = openLives({ ...options, known, costs })

  function add(task: TaskView) {
    list.push(task)
    byId.set(task.taskId, task)
  }

  /** A life ends early only when the server closes; any other error is a fault of this server and must be seen. */
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
    /** Accepted tasks by the path of their callback URL. */
    perCallbackPath: () => countCallbackPaths(list),
    /** Takes the credits and starts the task. Resolves at once, except for a callback that comes before the answer. */
    async start(order: NewTask): Promise<TaskView> {
      const task = taskOf(order)
      account.credit = roundCredits(account.credit - order.credits)
      costs.set(task.taskId, order.credits)
      add(task)
      changed(task)
      if (task.behaviour !== 'callback_early') {
        inBackground(live(task))
        return task
      }
      end(task)
      const reported = report(task)
      inBackground(reported)
      await Promise.race([reported, pause(EARLY_CALLBACK_MS, undefined, { signal: stop })])
      return task
    },
    /** Continues the tasks of an earlier run. */
    resume(earlier: { task: TaskView; credits: number }[]) {
      for (const { task, credits } of earlier) {
        add(task)
        costs.set(task.taskId, credits)
        if (task.state === 'waiting' || task.state === 'generating') inBackground(live(task))
      }
    },
  }
}

const taskOf = ({ model, input, callBackUrl, behaviour }: NewTask): TaskView => ({
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
})

function countCallbackPaths(list: TaskView[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { callBackUrl } of list) {
    if (callBackUrl === undefined) continue
    const { pathname } = new URL(callBackUrl)
    counts.set(pathname, (counts.get(pathname) ?? 0) + 1)
  }
  return counts
}
