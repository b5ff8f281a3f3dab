import type { Sql } from '../database/db.ts'
import type { Log } from '../log.ts'
import { kieCallbacks } from './callbacks.ts'
import { files } from './files.ts'
import { type HealthOptions, health } from './health.ts'
import { createServer } from './server.ts'
import { addressBy, createStrangers, type Strangers } from './strangers.ts'
import { telegramWebhook } from './webhook.ts'

export type ServerDeps = {
  log: Log
  /** The header in which the platform's proxy passes the caller's address. Undefined: callers connect directly. */
  clientAddressHeader?: string | undefined
  /** Limits for unauthenticated requests. Default: the usual ones. */
  strangers?: Strangers
  health?: HealthOptions | undefined
  /** Updates from Telegram; see `telegramWebhook`. */
  webhook?: { secrets: readonly string[]; receive(body: string): Promise<void> } | undefined
  /** Callbacks from the upstream; see `kieCallbacks`. */
  callbacks?:
    | {
        secret: string
        webhookKey: string | undefined
        receive(generationId: string, taskId: string | undefined): Promise<void>
      }
    | undefined
  /** Stored results behind signed links. */
  files?: { secret: string; sql: Sql } | undefined
}

/** Returns a server with our limits and the given routes. It does not listen yet. Tests `inject` requests into it. */
export function buildServer({ log, clientAddressHeader, ...deps }: ServerDeps) {
  const addressOf = addressBy(clientAddressHeader)
  const strangers = deps.strangers ?? createStrangers(addressOf)
  const server = createServer(log, { strangers, isProxied: clientAddressHeader !== undefined })
  if (deps.health) server.register(health, { ...deps.health, strangers })
  if (deps.webhook) server.register(telegramWebhook, { ...deps.webhook, strangers })
  if (deps.files) server.register(files, { ...deps.files, strangers, addressOf })
  if (deps.callbacks) server.register(kieCallbacks, { ...deps.callbacks, strangers })
  return server
}
