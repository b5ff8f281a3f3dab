import type { Model } from './models/models.ts'

/** What the next task does. */
export type Behaviour =
  | 'normal'
  | 'slow'
  | 'fail'
  | 'moderation'
  | 'silent'
  | 'ambiguous'
  | 'callback_lost'
  | 'callback_twice'
  | 'callback_forged'
  | 'callback_early'
  | 'http_502'
  | 'no_task_id'
  | 'no_credit'
  | 'rate_limited'
  | 'maintenance'
  | 'server_error'
  | 'unauthorized'
  | 'empty_result'
  | 'odd_state'
  | 'dead_result'
  | 'wrong_result'
  | 'truncated_result'
  | 'partial_result'

export type TaskView = {
  taskId: string
  model: string
  input: Record<string, unknown>
  callBackUrl?: string
  state: 'waiting' | 'generating' | 'success' | 'fail'
  behaviour: Behaviour
  /** Unix ms, as all times here. */
  createdAt: number
  completedAt?: number
  failCode?: string
  failMsg?: string
  resultUrls: string[]
  creditsConsumed?: number
  recordReads: number
  /** One entry per try; without a status if no answer came. */
  callbacks: { at: number; status?: number; forged: boolean }[]
}
export type UpstreamEvent = { type: 'task' | 'refusal' | 'callback'; taskId?: string }
/** The answer to a call in place of its effect. `silence` never answers. */
export type Fault = { code: number; msg: string } | 'cut' | 'html' | 'silence'
export type Call =
  | 'createTask'
  | 'recordInfo'
  | 'credit'
  | 'download-url'
  | 'file-stream-upload'
  | 'file-base64-upload'
  | 'file-url-upload'

export type UpstreamStandIn = {
  /** API, upload host, files and documentation, without a slash at the end. */
  baseUrl: string
  apiKey: string
  credit: number
  /** What is offered and published; mutable: a price may change, a parameter come, a model go. */
  models: Map<string, Model>
  tasks: TaskView[]
  refusals: { at: number; model: string; code: number; msg: string; input: unknown }[]
  speed: { runMs: number; slowMs: number; visibleMs: number }
  behaviour: Behaviour
  next(behaviour: Behaviour, times?: number): void
  /** Puts faults in front of a call, answered in turn. */
  faultNext(call: Call, fault: Fault, times?: number): void
  /** Calls per sliding window; mutable, so that a test need not wait. */
  limits: { creations: { limit: number; perMs: number }; reads: { limit: number; perMs: number } }
  /** Accepted tasks by the path of their callback URL: more than one is a generation that was paid for twice. */
  tasksPerCallbackPath(): Map<string, number>
  /** Deletes the result files of a task, as upstream does after some days. */
  expire(taskId: string): void
  on(listener: (event: UpstreamEvent) => void): () => void
  close(): Promise<void>
}
