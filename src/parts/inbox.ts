import { requestOf } from '../bot/context.ts'
import { crash } from '../crash.ts'
import { createFastPath } from '../jobs/updates/fast-path.ts'
import type { LaneDispatch } from '../jobs/updates/lane-dispatch.ts'
import type { Log } from '../log.ts'
import { createStore, type Incoming, readUpdate } from '../telegram/inbox.ts'
import { span } from '../trace.ts'
import type { Database } from './database.ts'
import type { Part } from './part.ts'
import type { TelegramPart } from './telegram.ts'
import type { Telemetry } from './telemetry.ts'

type Options = {
  database: Database
  telegram: TelegramPart
  telemetry: Telemetry
  dispatch: Pick<LaneDispatch, 'enqueue'>
  log: Log
}

/** Receives updates: stores each before the acknowledgement, then enqueues its lane. Works while the service drains, too. */
export function openInbox({ database, telegram, telemetry, dispatch, log }: Options) {
  const store = createStore(database.front)
  let answerInline: ((update: object) => void) | undefined
  const fastPath = createFastPath({ sql: database.front, telegram: telegram.client, log })

  async function storeUpdate(incoming: Incoming) {
    crash('update_received')
    if (!incoming.dead) fastPath.checkout(incoming.payload as object)
    const isNew = await span('store', () => store(incoming))
    crash('inbox_committed')
    telemetry.metrics.updates.inc({ outcome: incoming.dead ? 'odd' : isNew ? 'new' : 'repeated' })
    if (!isNew || incoming.dead) return
    fastPath.arrived(incoming.payload as object)
    await dispatch.enqueue(incoming.lane)
  }

  return {
    /** Resolves when the update in this body is stored. Throws Unknown. */
    async receive(body: string): Promise<void> {
      const incoming = readUpdate(body)
      const { updateId, payload, dead } = incoming
      if (!dead && isInline(payload)) return answerInline?.(payload)
      const request = dead ? `update ${updateId}` : requestOf(updateId, payload as object)
      await telemetry.tracing.request(request, 'webhook', () => storeUpdate(incoming))
    },
    /** Inline queries go to this function and are not stored. */
    handleInline(answer: (update: object) => void) {
      answerInline = answer
    },
    /** Call when the handler of an update begins: it answers the press itself. */
    begun: (updateId: number) => fastPath.begun(updateId),
    drain: async () => fastPath.close(),
  } satisfies Part
}

const isInline = (payload: unknown): payload is object =>
  typeof payload === 'object' && payload !== null && 'inline_query' in payload && payload.inline_query !== null

export type Inbox = ReturnType<typeof openInbox>
