import type { Random } from '../random.ts'
import type { openConnectionLimit } from './connections.ts'
import type { Answer } from './poster.ts'
import type { Pending, Queue, Queues } from './queues.ts'

type Options = {
  scale: number
  random: Random
  queues: Queues
  connections: ReturnType<typeof openConnectionLimit>
  execute(method: string, fields: Record<string, unknown>): void
}

/** Applies the answer to a delivery to its queue. `gone`: the webhook is to be removed. */
export function openOutcomes({ scale, random, queues, connections, execute }: Options) {
  const isGone = openGoneWatch(scale)
  let lastError: { at: number; message: string } | undefined

  function accepted(queue: Queue, pending: Pending, body: string) {
    pending.entry.deliveredAt = Date.now()
    connections.succeeded()
    queue.failures = 0
    queue.readyAt = Date.now()
    queues.shift(queue)
    executeAnswer(body, execute)
  }

  function refused(queue: Queue, pending: Pending, answer: Answer) {
    queue.readyAt = Date.now() + waitS(queue, answer, random) * 1000 * scale
    const isAskedFor = 'retryAfterS' in answer && answer.retryAfterS !== undefined
    // A Retry-After beyond the life of the update drops it at once.
    if (isAskedFor && queue.readyAt > pending.expiresAt) queues.shift(queue)
  }

  return {
    lastError: () => lastError,
    forgetError() {
      lastError = undefined
    },
    settle(queue: Queue, pending: Pending, answer: Answer): 'accepted' | 'refused' | 'gone' {
      const gone = isGone(answer)
      if ('status' in answer && answer.status >= 200 && answer.status < 300) {
        accepted(queue, pending, answer.body)
        return 'accepted'
      }
      lastError = { at: Date.now(), message: errorOf(answer) }
      if (gone) return 'gone'
      refused(queue, pending, answer)
      return 'refused'
    },
  }
}

const errorOf = (answer: Answer) =>
  'error' in answer ? answer.error : `Wrong response from the webhook: ${answer.status} ${answer.statusText}`

/** Seconds until the next try: what Retry-After says, else 0, 2, 4, 8, 16, 32, then 60 to 120. */
function waitS(queue: Queue, answer: Answer, random: Random): number {
  if ('retryAfterS' in answer && answer.retryAfterS !== undefined) return answer.retryAfterS
  const failures = queue.failures++
  return failures === 0 ? 0 : failures <= 5 ? 2 ** failures : random.int(60, 120)
}

/** Whether the webhook has answered 410 and nothing else for 23 hours, which removes it. */
function openGoneWatch(scale: number) {
  let goneSince: number | undefined
  return (answer: Answer) => {
    if (!('status' in answer) || answer.status !== 410) {
      goneSince = undefined
      return false
    }
    goneSince ??= Date.now()
    return Date.now() - goneSince > 23 * 3_600_000 * scale
  }
}

/** Runs the call that a bot may put into its answer to a delivery. */
function executeAnswer(body: string, execute: Options['execute']) {
  if (!body.trimStart().startsWith('{')) return
  let call: Record<string, unknown>
  try {
    call = JSON.parse(body) as Record<string, unknown>
  } catch {
    return
  }
  const { method, ...fields } = call
  if (typeof method !== 'string' || /^(get|setWebhook$|deleteWebhook$|close$|logOut$)/i.test(method)) return
  execute(method, fields)
}
