import { keyOf } from './kinds.ts'

/** One update in the journal; times in unix ms. */
export type Entry = { updateId: number; kind: string; deliveredAt?: number; tries: number; update: object }
export type Pending = { entry: Entry; key: string; json: string; expiresAt: number }
export type Queue = { key: string; waiting: Pending[]; isBusy: boolean; readyAt: number; failures: number }
export type Queues = ReturnType<typeof openQueues>

/** Updates that wait, in order within a queue. The queues of one user do not wait for each other. */
export function openQueues() {
  const queues = new Map<string, Queue>()
  const all = () => [...queues.values()]

  const count = () => all().reduce((sum, queue) => sum + queue.waiting.length, 0)

  function dropExpired() {
    const now = Date.now()
    retain(queues, (pending, queue, place) => pending.expiresAt > now || (queue.isBusy && place === 0))
  }

  return {
    add(entry: Entry, json: string, expiresAt: number) {
      const key = keyOf(entry.update)
      const queue = queues.get(key) ?? { key, waiting: [], isBusy: false, readyAt: 0, failures: 0 }
      queue.waiting.push({ entry, key, json, expiresAt })
      queues.set(key, queue)
    },
    /** Oldest first. */
    pending: () =>
      all()
        .flatMap(queue => queue.waiting)
        .sort((a, b) => a.entry.updateId - b.entry.updateId),
    /** The queues without a delivery in flight, among the first `most`: enough stuck chats hold up all the others. */
    idle: (most: number) =>
      all()
        .slice(0, most)
        .filter(queue => !queue.isBusy)
        .sort((a, b) => a.readyAt - b.readyAt),
    count,
    dropExpired,
    /** How many have not expired. */
    liveCount() {
      dropExpired()
      return count()
    },
    /** Removes the first update of a queue. */
    shift(queue: Queue) {
      queue.waiting.shift()
      if (queue.waiting.length === 0) queues.delete(queue.key)
    },
    /** Acknowledges every update with an id below this one. */
    confirm(below: number) {
      retain(queues, ({ entry }) => {
        if (entry.updateId >= below) return true
        entry.deliveredAt ??= Date.now()
        return false
      })
    },
    /** Forgets backoffs, and that deliveries are in flight. */
    reset() {
      for (const queue of all()) Object.assign(queue, { isBusy: false, readyAt: 0, failures: 0 })
    },
    clear: () => queues.clear(),
  }
}

/** Drops the updates for which `stays` is false, and the queues that are empty then. */
function retain(queues: Map<string, Queue>, stays: (pending: Pending, queue: Queue, place: number) => boolean) {
  for (const queue of [...queues.values()]) {
    queue.waiting = queue.waiting.filter((pending, place) => stays(pending, queue, place))
    if (queue.waiting.length === 0) queues.delete(queue.key)
  }
}
