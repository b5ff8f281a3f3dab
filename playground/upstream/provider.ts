import { randomBytes } from 'node:crypto'
import { openCallbacks } from './callbacks.ts'
import { openFiles } from './files.ts'
import { type Kept, openKeep } from './keep.ts'
import { documentedModels } from './models/models.ts'
import { openPace } from './pace.ts'
import { openStudio } from './results/studio.ts'
import type { TaskView, UpstreamEvent } from './stand-in.ts'
import { openTasks } from './tasks.ts'

export type ProviderOptions = {
  apiKey?: string
  webhookKey?: string
  seed?: number
  /** Keeps tasks, files and the balance across runs; without it everything is in memory. */
  dataDir?: string
  stop: AbortSignal
  emit(event: UpstreamEvent): void
}
export type Provider = ReturnType<typeof openProvider>

/** What the routes work on: models, account, tasks and files. */
export function openProvider(options: ProviderOptions) {
  const { dataDir, stop, emit, seed = 1, webhookKey } = options
  const address = { url: '' }
  const account = { credit: 5_000 }
  const speed = { runMs: 1_500, slowMs: 20_000, visibleMs: 0 }
  // docs/providers/kie.md, "Limits": 20 new tasks in 10 s for an account, 10 reads a second for a key.
  const limits = { creations: openPace(20, 10_000), reads: openPace(10, 1_000) }
  const changed = (type: 'task' | 'callback') => (task: TaskView) => {
    keep?.changed()
    emit({ type, taskId: task.taskId })
  }
  const models = documentedModels()
  const studio = openStudio()
  const files = openFiles({ studio, origin: () => address.url, ...(dataDir !== undefined && { dataDir }) })
  const callbacks = openCallbacks({ webhookKey, stop, changed: changed('callback') })
  const tasks = openTasks({ models, files, callbacks, account, speed, seed, stop, changed: changed('task') })
  const state = (): Kept => ({
    baseUrl: address.url,
    credit: account.credit,
    tasks: tasks.list.map(task => ({ task, credits: tasks.costs.get(task.taskId) ?? 0 })),
    files: [...files.stored.values()],
  })
  const keep = dataDir === undefined ? undefined : openKeep(dataDir, state)

  return {
    apiKey: options.apiKey ?? randomBytes(16).toString('hex'),
    address,
    account,
    speed,
    limits,
    models,
    studio,
    files,
    tasks,
    setCredit(credit: number) {
      account.credit = credit
      keep?.changed()
    },
    /** Deletes the result files of a task. */
    expire(taskId: string) {
      for (const url of tasks.find(taskId)?.resultUrls ?? []) files.expire(url)
    },
    /** Takes over the state of an earlier run, under the address of this one. */
    async begin(url: string) {
      address.url = url
      const kept = await keep?.load(url)
      if (!kept) return
      account.credit = kept.credit
      for (const file of kept.files) files.stored.set(file.path, file)
      tasks.resume(kept.tasks)
    },
    close: () => Promise.all([callbacks.close(), studio.close(), keep?.close()]),
  }
}
