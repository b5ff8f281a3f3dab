import { crash } from './crash.ts'
import { pause } from './errors.ts'
import { createLaneDispatch } from './jobs/updates/lane-dispatch.ts'
import { type Log, scrubber } from './log.ts'
import { openBot } from './parts/bot.ts'
import { openDatabase } from './parts/database.ts'
import { openHttp } from './parts/http.ts'
import { openInbox } from './parts/inbox.ts'
import { openJobs } from './parts/jobs.ts'
import { openMedia } from './parts/media.ts'
import { openMetrics } from './parts/metrics.ts'
import { openOrders } from './parts/orders.ts'
import type { Build, Part, Settings } from './parts/part.ts'
import { createReadiness } from './parts/readiness.ts'
import { openTelegram } from './parts/telegram.ts'
import { openTelemetry } from './parts/telemetry.ts'
import { openUpdates } from './parts/updates.ts'
import { openUpstream } from './parts/upstream.ts'
import { openWorkers } from './parts/workers.ts'
import { graceProblem } from './payments/timing.ts'

export type { Build } from './parts/part.ts'

export type App = {
  /** The address it listens on. Known after `start`. */
  address(): string
  /**
   * Listens, then migrates, asks Telegram for the bot's name, starts the workers and registers the webhook. Resolves
   * when ready.
   */
  start(): Promise<void>
  /**
   * Reports not ready, starts nothing new, finishes short work and hands the rest back, within `graceMs` milliseconds.
   */
  stop(graceMs?: number): Promise<void>
}

// Time after the drain. The server takes at most two seconds of it. The rest is for all other parts together.
const closingMs = 4_000

/** Builds the whole service from plain arguments. Throws if the catalogue cannot be sold from. */
export function createApp(config: Settings, log: Log, build: Build): App {
  const wrong = graceProblem()
  if (wrong) throw new Error(wrong)
  const ending = new AbortController()
  const { signal } = ending
  const { opened, parts, http, telegram } = openParts(config, log, build, signal)
  return {
    address: http.address,

    async start() {
      for (const part of parts) {
        await part.start?.(signal)
        if (signal.aborted) return
      }
      const { roles, publicUrl } = config
      log.info({ bot: telegram.me()?.username, ...build, roles, webhook: publicUrl ?? 'long polling' }, 'ready')
    },

    async stop(graceMs = 20_000) {
      if (signal.aborted) return
      ending.abort()
      crash('shutdown_begin')
      log.info('draining')
      const drained = Promise.allSettled(parts.toReversed().map(part => part.drain?.(graceMs)))
      await Promise.race([drained, pause(graceMs)])
      const closed = opened.disposeAsync().catch(error => log.warn({ err: error }, 'not everything was closed'))
      await Promise.race([closed, pause(closingMs)])
      log.info('stopped')
    },
  }
}

/** Opens each part with the parts above that it needs. They close in reverse order. */
function openParts(config: Settings, log: Log, build: Build, ending: AbortSignal) {
  const opened = new AsyncDisposableStack()
  const scrub = scrubber(config.secrets)
  const telemetry = opened.use(openTelemetry(config, build, log))
  const { observeTelegram, observeUpstream } = telemetry
  const database = opened.use(openDatabase(config, log))
  const { sql, ledger, probe } = database
  const media = opened.use(openMedia(log))
  const telegram = openTelegram({ config, sql, observe: observeTelegram, log })
  const upstream = opened.use(
    openUpstream({
      config,
      sql,
      telegram: telegram.client,
      inspect: media.inspect,
      observe: observeUpstream,
      scrub,
      log,
    }),
  )
  const jobs = openJobs({ config, databaseUrl: database.url, log })
  const { enqueue } = jobs
  const dispatch = createLaneDispatch(enqueue)
  const orders = openOrders({ config, database, telegram, upstream, media, telemetry, enqueue, scrub, log })
  const inbox = openInbox({ database, telegram, telemetry, dispatch, log })
  const bot = openBot({
    ...{ config, build, database, media, telegram, upstream, orders, inbox, telemetry, enqueue, dispatch, scrub, log },
  })
  const workers = openWorkers({ config, ledger, telegram, orders, bot, jobs })
  const updates = openUpdates({ config, sql, telegram, inbox, log })
  const metrics = opened.use(openMetrics({ config, telemetry, database, jobs }))
  const readiness = createReadiness({ config, probe, telegram, jobs, updates })
  const isDraining = () => ending.aborted
  // Closes first. Until the end of the drain, /readyz answers 503 and updates are stored for another machine.
  const http = opened.use(openHttp({ config, build, database, inbox, telemetry, enqueue, readiness, isDraining, log }))

  // In the order of their starts. The ports come first: during the rest of the start they report why the service is not
  // ready.
  const parts: Part[] = [
    http,
    metrics,
    telemetry,
    media,
    database,
    jobs,
    telegram,
    orders,
    inbox,
    bot,
    workers,
    updates,
  ]
  return { opened, parts, http, telegram }
}
