import { type Answer, openPoster, type Poster } from './post.ts'
import type { Random } from './random.ts'
import { conflict } from './refusal.ts'
import type { TelegramEvent } from './server.ts'

export type Webhook = {
  url: string
  secret?: string
  maxConnections: number
  allowedUpdates: string[]
}
/** One update in the journal; times in unix ms. */
export type Entry = { updateId: number; kind: string; deliveredAt?: number; tries: number; update: object }
type Pending = { entry: Entry; key: string; json: string; expiresAt: number }
type Queue = { key: string; waiting: Pending[]; isBusy: boolean; readyAt: number; failures: number }
export type SavedDelivery = {
  nextUpdateId: number
  webhook: Webhook | undefined
  pending: { updateId: number; expiresAt: number; update: object }[]
}
export type Delivery = ReturnType<typeof openDelivery>

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
// The buffer of one bot, and the largest single update.
const MOST_PENDING = 100_000
const MOST_BYTES = 512 * 1024
const JOURNAL_LENGTH = 5_000

/** Which queue an update waits in, and how long it is kept: the types of one user overtake each other. */
const QUEUES: Record<string, { of: 'chat' | 'from'; class: number; lifeMs: number }> = {
  message: { of: 'chat', class: 0, lifeMs: DAY_MS },
  edited_message: { of: 'chat', class: 0, lifeMs: DAY_MS },
  channel_post: { of: 'chat', class: 0, lifeMs: DAY_MS },
  edited_channel_post: { of: 'chat', class: 0, lifeMs: DAY_MS },
  inline_query: { of: 'from', class: 1, lifeMs: 30_000 },
  chosen_inline_result: { of: 'from', class: 2, lifeMs: 600_000 },
  callback_query: { of: 'from', class: 3, lifeMs: 150_000 },
  pre_checkout_query: { of: 'from', class: 4, lifeMs: 150_000 },
  shipping_query: { of: 'from', class: 4, lifeMs: 150_000 },
  my_chat_member: { of: 'chat', class: 5, lifeMs: DAY_MS },
  chat_member: { of: 'from', class: 6, lifeMs: DAY_MS },
  chat_join_request: { of: 'from', class: 6, lifeMs: DAY_MS },
}
const OTHER = { of: 'from', class: 7, lifeMs: DAY_MS } as const
// Without a list a bot gets everything but these.
const ASKED_FOR_ONLY = ['chat_member', 'message_reaction', 'message_reaction_count']

/**
 * Updates on their way to the bot. `scale` shortens every wait. `execute` runs the call that a bot may put into
 * its answer to a delivery.
 */
export function openDelivery(options: {
  scale: number
  random: Random
  saved: SavedDelivery | undefined
  paused(): boolean
  emit(event: TelegramEvent): void
  execute(method: string, fields: Record<string, unknown>): void
}) {
  const { scale, random, saved, paused, emit, execute } = options
  const queues = new Map<string, Queue>()
  const journal: Entry[] = []
  let nextUpdateId = saved?.nextUpdateId ?? random.int(100_000_000, 900_000_000)
  let webhook: Webhook | undefined
  let poster: Poster | undefined
  let lastError: { at: number; message: string } | undefined
  let flying = 0
  // Raised by every change of the webhook: answers to older deliveries no longer count.
  let epoch = 0
  let timer: NodeJS.Timeout | undefined
  let poll: { answer(): void; replace(): void } | undefined
  let lastSuccessAt = 0
  let goneSince: number | undefined
  let connects: number[] = []
  // The list of the last getUpdates, for a bot without a webhook.
  let polled: string[] = []
  const retired: Poster[] = []
  let isClosed = false

  for (const { update, updateId, expiresAt } of saved?.pending ?? []) store(updateId, update, expiresAt)
  if (saved?.webhook) listen(saved.webhook)

  /** Queues an update unless the bot does not want its kind or the buffer is full; gives its id. */
  function push(update: object, { wanted = false } = {}): number | undefined {
    const kind = kindOf(update)
    if (!wanted && !wants(kind)) return
    if (pendingCount() >= MOST_PENDING) return
    const updateId = nextUpdateId++
    store(updateId, { update_id: updateId, ...update }, expiry(update))
    pump()
    return updateId
  }

  const wants = (kind: string) => {
    const list = webhook?.allowedUpdates ?? polled
    return list.length === 0 ? !ASKED_FOR_ONLY.includes(kind) : list.includes(kind)
  }
  function store(updateId: number, update: object, expiresAt: number) {
    // A copy: a message may be edited while the update waits.
    const json = JSON.stringify(update)
    if (Buffer.byteLength(json) > MOST_BYTES) return
    const entry: Entry = { updateId, kind: kindOf(update), tries: 0, update: JSON.parse(json) as object }
    journal.push(entry)
    if (journal.length > JOURNAL_LENGTH) journal.splice(0, journal.length - JOURNAL_LENGTH)
    enqueue({ entry, key: keyOf(update), json, expiresAt })
  }

  function enqueue(pending: Pending) {
    const queue = queues.get(pending.key) ?? { key: pending.key, waiting: [], isBusy: false, readyAt: 0, failures: 0 }
    queue.waiting.push(pending)
    queues.set(pending.key, queue)
  }

  /** An update the bot has seen already comes once more. */
  function redeliver(updateId: number) {
    const entry = journal.find(e => e.updateId === updateId)
    if (!entry) throw new Error(`update ${updateId} is not in the journal`)
    enqueue({ entry, key: keyOf(entry.update), json: JSON.stringify(entry.update), expiresAt: expiry(entry.update) })
    pump()
  }

  function expiry(update: object) {
    const { lifeMs } = QUEUES[kindOf(update)] ?? OTHER
    return Date.now() + lifeMs * scale
  }

  /** Starts every delivery that may start now and sets the clock for the next one. */
  function pump() {
    clearTimeout(timer)
    if (isClosed || paused()) return
    dropExpired()
    poll?.answer()
    if (!webhook || !poster) return
    const now = Date.now()
    // Not more queues than this are looked at: enough stuck chats freeze all the others.
    const loaded = [...queues.values()].slice(0, 2 * webhook.maxConnections)
    const idle = loaded.filter(queue => !queue.isBusy).sort((a, b) => a.readyAt - b.readyAt)
    let next = Number.POSITIVE_INFINITY
    for (const queue of idle) {
      const at = queue.readyAt > now ? queue.readyAt : flying < webhook.maxConnections ? mayConnectAt(now) : undefined
      if (at === undefined) break
      if (at <= now) void deliver(queue, poster)
      else next = Math.min(next, at)
    }
    if (next < Number.POSITIVE_INFINITY) timer = setTimeout(pump, Math.max(1, next - now))
  }

  /**
   * When the next delivery may have a connection: at once on an idle one; new ones at most 10 in half a second,
   * and one in two seconds while nothing has succeeded for ten.
   */
  function mayConnectAt(now: number): number {
    if (poster!.idle() > 0) return now
    const isHealthy = now - lastSuccessAt < 10_000 * scale
    const [most, windowMs] = isHealthy ? [10, 500 * scale] : [1, 2000 * scale]
    connects = connects.filter(at => at > now - windowMs)
    return connects.length < most ? now : connects[connects.length - most]! + windowMs
  }

  async function deliver(queue: Queue, over: Poster) {
    const pending = queue.waiting[0]!
    const started = epoch
    if (over.idle() === 0) connects.push(Date.now())
    queue.isBusy = true
    pending.entry.tries++
    flying++
    const answer = await over.post(pending.json)
    // A finished socket comes back to the pool one turn later.
    await new Promise(resolve => setImmediate(resolve))
    if (started !== epoch || isClosed) return
    flying--
    queue.isBusy = false
    if ('status' in answer && answer.status >= 200 && answer.status < 300) accepted(queue, pending, answer.body)
    else refused(queue, pending, answer)
    emit({ type: 'webhook' })
    pump()
  }

  function accepted(queue: Queue, pending: Pending, body: string) {
    pending.entry.deliveredAt = Date.now()
    lastSuccessAt = Date.now()
    goneSince = undefined
    queue.failures = 0
    queue.readyAt = Date.now()
    forget(queue)
    answerAsCall(body)
  }

  // First again at once, then 2, 4, 8, 16, 32 s, then 60 to 120 s.
  function refused(queue: Queue, pending: Pending, answer: Answer) {
    const message =
      'error' in answer ? answer.error : `Wrong response from the webhook: ${answer.status} ${answer.statusText}`
    lastError = { at: Date.now(), message }
    if (isGone(answer)) return unset()
    if ('retryAfterS' in answer && answer.retryAfterS !== undefined) {
      queue.readyAt = Date.now() + answer.retryAfterS * 1000 * scale
      // Longer than it has to live: gone at once.
      if (queue.readyAt > pending.expiresAt) forget(queue)
      return
    }
    const waitS = queue.failures === 0 ? 0 : queue.failures <= 5 ? 2 ** queue.failures : random.int(60, 120)
    queue.failures++
    queue.readyAt = Date.now() + waitS * 1000 * scale
  }

  function forget(queue: Queue) {
    queue.waiting.shift()
    if (queue.waiting.length === 0) queues.delete(queue.key)
  }

  /** 410 and nothing else for 23 hours takes the webhook away. */
  function isGone(answer: Answer) {
    if (!('status' in answer) || answer.status !== 410) {
      goneSince = undefined
      return false
    }
    goneSince ??= Date.now()
    return Date.now() - goneSince > 23 * 60 * MINUTE_MS * scale
  }

  function answerAsCall(body: string) {
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

  function dropExpired() {
    const now = Date.now()
    for (const queue of queues.values()) {
      queue.waiting = queue.waiting.filter((pending, i) => pending.expiresAt > now || (queue.isBusy && i === 0))
      if (queue.waiting.length === 0) queues.delete(queue.key)
    }
  }

  function listen(hook: Webhook) {
    webhook = hook
    poster = openPoster(hook.url, {
      secret: hook.secret,
      maxConnections: hook.maxConnections,
      idleMs: 60_000 * scale,
    })
  }

  /** Back-offs are reset and what is in flight comes a second time. */
  function stop() {
    epoch++
    // What is under way may end, but its answer no longer counts.
    if (poster) retired.push(poster)
    poster = undefined
    webhook = undefined
    flying = 0
    connects = []
    for (const queue of queues.values()) Object.assign(queue, { isBusy: false, readyAt: 0, failures: 0 })
  }

  function unset({ dropPending = false } = {}) {
    stop()
    if (dropPending) queues.clear()
    emit({ type: 'webhook' })
  }

  function set(hook: Webhook, { dropPending = false } = {}) {
    stop()
    lastError = undefined
    if (dropPending) queues.clear()
    poll?.replace()
    listen(hook)
    emit({ type: 'webhook' })
    pump()
  }

  const pendingCount = () => [...queues.values()].reduce((sum, queue) => sum + queue.waiting.length, 0)
  const allPending = () =>
    [...queues.values()].flatMap(queue => queue.waiting).sort((a, b) => a.entry.updateId - b.entry.updateId)

  /** Long polling: everything below `offset` is done with; waits up to `timeoutMs` for the first update. */
  function getUpdates(ask: { offset: number; limit: number; timeoutMs: number; allowed: string[] | undefined }) {
    if (webhook) {
      throw conflict(
        "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      )
    }
    if (ask.allowed) polled = ask.allowed
    const from = ask.offset < 0 ? (allPending().at(ask.offset)?.entry.updateId ?? 0) : ask.offset
    confirm(from)
    poll?.replace()
    return new Promise<object[]>((resolve, reject) => {
      const end = setTimeout(() => finish([]), ask.timeoutMs)
      const finish = (updates: object[]) => {
        clearTimeout(end)
        if (poll === mine) poll = undefined
        resolve(updates)
      }
      const mine = {
        answer() {
          const ready = paused() ? [] : allPending().slice(0, ask.limit)
          for (const { entry } of ready) entry.tries++
          if (ready.length > 0) finish(ready.map(pending => JSON.parse(pending.json) as object))
        },
        replace() {
          clearTimeout(end)
          if (poll === mine) poll = undefined
          reject(conflict('terminated by other getUpdates request; make sure that only one bot instance is running'))
        },
      }
      poll = mine
      pump()
    })
  }

  function confirm(below: number) {
    for (const queue of [...queues.values()]) {
      for (const { entry } of queue.waiting) if (entry.updateId < below) entry.deliveredAt ??= Date.now()
      queue.waiting = queue.waiting.filter(({ entry }) => entry.updateId >= below)
      if (queue.waiting.length === 0) queues.delete(queue.key)
    }
  }

  function close() {
    isClosed = true
    clearTimeout(timer)
    for (const one of [...retired, ...(poster ? [poster] : [])]) one.close()
    poll?.replace()
  }

  return {
    journal,
    push,
    redeliver,
    pump,
    set,
    unset,
    getUpdates,
    close,
    pendingCount() {
      dropExpired()
      return pendingCount()
    },
    webhook: () => webhook,
    lastError: () => lastError,
    save: (): SavedDelivery => ({
      nextUpdateId,
      webhook,
      pending: allPending().map(({ entry, expiresAt }) => ({
        updateId: entry.updateId,
        expiresAt,
        update: entry.update,
      })),
    }),
  }
}

const kindOf = (update: object) => Object.keys(update).find(key => key !== 'update_id') ?? 'unknown'

function keyOf(update: object): string {
  const kind = kindOf(update)
  const rule = QUEUES[kind] ?? OTHER
  const body: unknown = Object.entries(update).find(([key]) => key === kind)?.[1]
  const owner =
    body && typeof body === 'object' && rule.of in body ? (body as Record<string, unknown>)[rule.of] : undefined
  const id = owner && typeof owner === 'object' && 'id' in owner ? String(owner.id) : 'none'
  return `${rule.class}:${id}`
}
