import { type Sql, untilAnswered } from '../../database/db.ts'
import { pause, Refused, Unknown } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Telegram } from '../../telegram/api.ts'
import { type Found, intakeRelease, intakeResult, intakeTake, type Source } from '../../telegram/intakes.ts'
import { inTopic, threadOf } from '../../telegram/topics.ts'

export type Fetcher = {
  /** Fetches the file that an update waits for, then enqueues its lane. Idempotent. */
  fetch(updateId: number): Promise<void>
  /** Call on a later action of the person: aborts fetches for an order that they have left. */
  moved(userId: number): Promise<void>
  /** Aborts all fetches; another process repeats them. */
  stop(): void
}

type About = { owner: string; accept?: Source['accept']; fit?: Source['fit']; signal: AbortSignal }
type Options = {
  sql: Sql
  telegram: Telegram
  files: {
    fromTelegram(fileId: string, size: number | undefined, whose: About): Promise<unknown>
    fromLink(url: string, whose: About): Promise<unknown>
  }
  /** Returns the id of the open draft of a person. */
  draftOf(userId: number): Promise<string | undefined>
  enqueue: { lane(lane: string): Promise<void> }
  log: Log
}
type Running = { userId: number; draftId: string | null; stop: AbortController }

// A file that crashed two processes is not fetched again.
const maxAttempts = 2
// 20 MB from Telegram and to the upstream over a slow line. Links have less: see createUserFiles.
const maxMs = 75_000
// Telegram shows «typing…» for five seconds.
const actionEveryMs = 4_000

/**
 * Fetches files of people outside their lanes. One at a time per person, since later messages wait for earlier ones; the
 * queues limit the total (src/jobs/workers.ts).
 */
export function createFetcher(options: Options): Fetcher {
  const { sql, draftOf, enqueue } = options
  const running = new Map<number, Running>()
  let isStopped = false

  return {
    async fetch(updateId) {
      const [claimed] = isStopped ? [] : await intakeTake(sql, updateId)
      if (!claimed) return
      const { lane, payload, draftId, source, attempts } = claimed
      const { userId, chatId } = of(payload)
      const telegram =
        chatId === undefined ? options.telegram : inTopic(options.telegram, { chatId, threadId: threadOf(payload) })
      const stop = new AbortController()
      const over = new AbortController()
      running.set(updateId, { userId, draftId, stop })
      void showTyping(telegram, chatId, over.signal)
      try {
        const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(maxMs)])
        const result: Found =
          attempts > maxAttempts
            ? { of: source.of, refused: 'unreadable' }
            : await find(options, source, String(userId), signal)
        if (isStopped && result.file === undefined && result.refused === undefined) {
          return void (await intakeRelease(sql, updateId, attempts))
        }
        await untilAnswered(() => intakeResult(sql, updateId, attempts, result))
        await enqueue.lane(lane)
      } finally {
        over.abort()
        running.delete(updateId)
      }
    },

    async moved(userId) {
      const own = [...running.values()].filter(one => one.userId === userId && one.draftId !== null)
      if (own.length === 0) return
      const now = await draftOf(userId)
      for (const { draftId, stop } of own) if (draftId !== now) stop.abort(new Unknown('the order was left'))
    },

    stop() {
      isStopped = true
      for (const { stop } of running.values()) stop.abort(new Unknown('the process ends'))
    },
  }
}

/** Returns the file or a refusal; neither when another attempt may succeed. */
async function find({ files, log }: Options, source: Source, owner: string, stop: AbortSignal): Promise<Found> {
  const { kind, of, size, accept, fit } = source
  const whose = { owner, ...(accept && { accept }), ...(fit && { fit }), signal: stop }
  try {
    const file = kind === 'link' ? await files.fromLink(of, whose) : await files.fromTelegram(of, size, whose)
    return { of, file }
  } catch (error) {
    if (error instanceof Refused) return { of: source.of, refused: error.code }
    if (!(error instanceof Unknown || stop.aborted)) log.error({ err: error, owner }, 'a file could not be looked at')
    return { of: source.of }
  }
}

/** Shows «typing…» until `over` aborts. */
async function showTyping(telegram: Telegram, chatId: number | undefined, over: AbortSignal): Promise<void> {
  while (chatId !== undefined && !over.aborted) {
    await telegram.call('sendChatAction', { chat_id: chatId, action: 'typing' }).catch(() => {})
    await pause(actionEveryMs, over)
  }
}

type Chat = { id?: number }
type Update = {
  message?: { from?: Chat; chat?: Chat }
  callback_query?: { from?: Chat; message?: { chat?: Chat } }
}

function of(update: object): { userId: number; chatId: number | undefined } {
  const { message, callback_query: press } = update as Update
  return { userId: (message ?? press)?.from?.id ?? 0, chatId: (message ?? press?.message)?.chat?.id }
}
