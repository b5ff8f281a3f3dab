import { pause } from '../errors.ts'
import { buildServer, type ServerDeps } from '../http/build-server.ts'
import type { Log } from '../log.ts'
import { news } from '../payments/integration.ts'
import { tracedSql } from '../trace.ts'
import type { Database } from './database.ts'
import type { Inbox } from './inbox.ts'
import type { LateEnqueue } from './jobs.ts'
import type { Build, Part, Settings } from './part.ts'
import type { createReadiness } from './readiness.ts'
import type { Telemetry } from './telemetry.ts'

type Options = {
  config: Settings
  build: Build
  database: Database
  inbox: Inbox
  telemetry: Telemetry
  enqueue: LateEnqueue
  readiness: ReturnType<typeof createReadiness>
  isDraining(): boolean
  log: Log
}

const maxClosingMs = 2_000

/** The HTTP server: webhook, callbacks, health and file links. */
export function openHttp(options: Options) {
  const { config, build, database, inbox, readiness, isDraining, log } = options
  const { publicUrl, callbackSecret: secret, webhookSecrets: secrets } = config
  const isWeb = config.roles.web
  const server = buildServer({
    log,
    clientAddressHeader: config.clientAddressHeader,
    health: { ...build, ...readiness, isDraining },
    webhook: isWeb && secrets.length > 0 ? { secrets, receive: inbox.receive } : undefined,
    files: isWeb && publicUrl && secret ? { secret, sql: database.sql } : undefined,
    callbacks: isWeb && secret ? callbacks(options, secret) : undefined,
  })
  return {
    /** Where it listens; empty before the start. */
    address(): string {
      const address = server.server.address()
      return address && typeof address === 'object' ? `http://127.0.0.1:${address.port}` : ''
    },
    start: async () => void (await server.listen({ port: config.port, host: config.host })),
    // An open connection must not block the rest of the shutdown.
    [Symbol.asyncDispose]: () => Promise.race([server.close(), pause(maxClosingMs)]),
  } satisfies Part
}

function callbacks({ config, database, telemetry, enqueue }: Options, secret: string): ServerDeps['callbacks'] {
  const { tracing, metrics } = telemetry
  const sql = tracedSql(database.front)
  return {
    secret,
    webhookKey: config.kieWebhookKey,
    async receive(id, taskId) {
      const isNews = await tracing.request(id, 'callback', () => news({ sql, enqueue }, id, taskId))
      metrics.callbacks.inc({ outcome: isNews ? 'news' : 'old' })
    },
  }
}
