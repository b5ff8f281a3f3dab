import type { Random } from '../random.ts'
import { openConnectionLimit } from './connections.ts'
import { type Line, openLine, type Webhook } from './line.ts'
import { openOutcomes } from './outcomes.ts'
import type { Queue, Queues } from './queues.ts'

type Options = {
  scale: number
  random: Random
  queues: Queues
  /** The webhook of an earlier run. */
  hook: Webhook | undefined
  /** Called after each delivery, and when the next one is due. */
  pump(): void
  /** The webhook has been set or removed, or has answered. */
  emit(): void
  execute(method: string, fields: Record<string, unknown>): void
}

/** Posts updates to the webhook: one in flight per queue, refused ones again after a growing wait. */
export function openSender(options: Options) {
  const { scale, queues, pump, emit } = options
  const connections = openConnectionLimit(scale)
  const outcomes = openOutcomes({ ...options, connections })
  const lines = openLine(scale, options.hook)
  let timer: NodeJS.Timeout | undefined

  /** Starts every delivery that may start now and sets the timer for the next one. */
  function start() {
    clearTimeout(timer)
    const line = lines.current()
    if (!line) return
    const { hook, poster } = line
    const now = Date.now()
    let next = Number.POSITIVE_INFINITY
    for (const queue of queues.idle(2 * hook.maxConnections)) {
      if (queue.readyAt <= now && line.flying >= hook.maxConnections) break
      const at = queue.readyAt > now ? queue.readyAt : poster.idle() > 0 ? now : connections.nextAt(now)
      if (at <= now) void deliver(queue, line)
      else next = Math.min(next, at)
    }
    if (next < Number.POSITIVE_INFINITY) timer = setTimeout(pump, Math.max(1, next - now))
  }

  async function deliver(queue: Queue, over: Line) {
    const pending = queue.waiting[0]!
    if (over.poster.idle() === 0) connections.open()
    queue.isBusy = true
    pending.entry.tries++
    over.flying++
    const answer = await over.poster.post(pending.json)
    // A finished socket comes back to the pool one turn later.
    await new Promise(resolve => setImmediate(resolve))
    if (lines.current() !== over) return
    over.flying--
    queue.isBusy = false
    if (outcomes.settle(queue, pending, answer) === 'gone') use(undefined)
    emit()
    pump()
  }

  /** Backoffs start anew, and what is in flight is delivered a second time. */
  function use(hook: Webhook | undefined) {
    lines.set(hook)
    if (hook) outcomes.forgetError()
    connections.reset()
    queues.reset()
  }

  return {
    start,
    use,
    webhook: lines.hook,
    lastError: outcomes.lastError,
    close() {
      clearTimeout(timer)
      lines.close()
    },
  }
}
