import { createHmac } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { recordOf } from './record.ts'
import type { TaskView } from './stand-in.ts'

/** The answer must come within this time. */
const ANSWER_MS = 15_000
const RETRIES = 3
const RETRY_EVERY_MS = 1_000

/**
 * Webhook headers over task id and time; the body is not signed (docs/providers/kie.md, "Callbacks"). `at` in Unix
 * seconds.
 */
export function signature(key: string, taskId: string, at: number): Record<string, string> {
  const digest = createHmac('sha256', key).update(`${taskId}.${at}`).digest('base64')
  return { 'x-webhook-timestamp': String(at), 'x-webhook-signature': digest }
}

type Options = { webhookKey?: string | undefined; stop: AbortSignal; changed: (task: TaskView) => void }

/** Sends callbacks and writes every try into the task's journal. `close` cuts what is under way. */
export function openCallbacks({ webhookKey, stop, changed }: Options) {
  const agent = new Agent({ connect: { timeout: ANSWER_MS } })

  async function once(task: TaskView, url: string, body: object, forged: boolean): Promise<boolean> {
    const entry: TaskView['callbacks'][number] = { at: Date.now(), forged }
    task.callbacks.push(entry)
    try {
      const signed = webhookKey ? signature(webhookKey, task.taskId, Math.floor(Date.now() / 1000)) : {}
      const answer = await request(url, {
        method: 'POST',
        dispatcher: agent,
        signal: AbortSignal.any([stop, AbortSignal.timeout(ANSWER_MS)]),
        headers: { 'content-type': 'application/json', 'user-agent': 'kie-webhook/1.0', ...signed },
        body: JSON.stringify(body),
      })
      entry.status = answer.statusCode
      await answer.body.dump()
    } catch {
      // No answer: the journal shows a try without a status.
    }
    changed(task)
    return entry.status === 200
  }

  async function deliver(task: TaskView, body: object) {
    if (!task.callBackUrl) return
    for (let left = RETRIES; !(await once(task, task.callBackUrl, body, false)) && left > 0; left--) {
      await pause(RETRY_EVERY_MS, undefined, { signal: stop })
    }
  }

  return {
    /** Sends the end of a task; resolves once it was accepted or given up. */
    report: (task: TaskView) => deliver(task, endOf(task)),
    /** A forged body under a header pair that is valid for the task: it claims a result on another host. */
    async forge(task: TaskView) {
      if (task.callBackUrl) await once(task, task.callBackUrl, forgedEndOf(task), true)
    },
    close: () => agent.destroy(),
  }
}

function endOf(task: TaskView) {
  const data = { ...recordOf(task), updateTime: task.completedAt }
  return task.state === 'success'
    ? { code: 200, msg: 'Playground task completed successfully.', data }
    : { code: 501, msg: 'Playground task failed.', data }
}

function forgedEndOf(task: TaskView) {
  const resultUrls = [`https://files.attacker.example/${task.taskId}.png`]
  const data = { ...recordOf(task), state: 'success', resultJson: JSON.stringify({ resultUrls }), creditsConsumed: 0 }
  return { code: 200, msg: 'Playground task completed successfully.', data }
}
