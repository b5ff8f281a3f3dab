import { createMessages } from '../bot/runs/reports.ts'
import { onSale, openCatalogue } from '../catalogue/models.ts'
import { createStats } from '../events/stats.ts'
import { modelCosts } from '../health/model-costs.ts'
import { createModelHealth } from '../health/model-health.ts'
import type { DeliverOptions } from '../jobs/delivery/delivery.ts'
import type { ModelHealthOptions } from '../jobs/model-health.ts'
import type { Log, Scrub } from '../log.ts'
import type { Limits } from '../payments/generations.ts'
import type { Deps, Enqueue } from '../payments/order.ts'
import { createUpstreamRateLimiter } from '../upstream/rate-limiter.ts'
import type { Database } from './database.ts'
import { callbackAddresses, fileLinks } from './links.ts'
import type { Media } from './media.ts'
import type { Part, Settings } from './part.ts'
import type { TelegramPart } from './telegram.ts'
import type { Telemetry } from './telemetry.ts'
import type { UpstreamPart } from './upstream.ts'

type Options = {
  config: Settings
  database: Database
  telegram: TelegramPart
  upstream: UpstreamPart
  media: Media
  telemetry: Telemetry
  enqueue: Enqueue
  scrub: Scrub
  log: Log
}

const statsEveryMs = 60_000
// How long a screen may still show a model that another machine switched off. The rows decide at the start of a run.
const healthEveryMs = 10_000

/** The catalogue, and the dependencies of an order from the press to the delivery. Throws on an invalid catalogue. */
export function openOrders({ config, database, telegram, upstream, media, telemetry, enqueue, scrub, log }: Options) {
  const { sql } = database
  const { results } = upstream
  const catalogue = openCatalogue({
    choice: config.models,
    rates: config.rates,
    contentFilter: config.contentFilter,
    freeModelIds: config.freeModelIds,
  })
  const limits = limitsOf(config)
  const stats = createStats(sql, log)
  const modelHealth = createModelHealth(sql, log)
  const modelIds = catalogue.models.map(({ id }) => id)
  const costs = () => modelCosts(sql, modelIds, config.rates.usdRubRate)
  const ended = (outcome: string, code: string) => telemetry.metrics.outcomes.inc({ outcome, code })
  const timers: NodeJS.Timeout[] = []
  return {
    catalogue,
    forSale: onSale(catalogue, modelHealth.isOff, modelHealth.isSwitchedOn),
    limits,
    stats,
    modelHealth,
    /** For submits and polls. */
    running: {
      sql,
      upstream: upstream.client,
      results,
      rateLimiter: createUpstreamRateLimiter(sql),
      callbackUrl: callbackAddresses(config),
      enqueue,
      scrub,
      log,
      ended,
    } satisfies Deps,
    /** For what is sent to the chat. */
    delivery: {
      sql,
      telegram: telegram.client,
      results,
      messages: createMessages({ catalogue, stats, botUsername: () => telegram.me()?.username ?? '' }),
      limits,
      preview: media.converter.preview,
      linkTo: fileLinks(config),
      enqueue,
      tracing: telemetry.tracing,
      log,
    } satisfies DeliverOptions,
    /** For the health of models. */
    healthJob: { sql, log, modelIds, adminIds: config.adminIds, costs, modelHealth } satisfies ModelHealthOptions,

    async start() {
      await Promise.all([stats.refresh(), modelHealth.refresh()])
      timers.push(setInterval(() => void stats.refresh(), statsEveryMs))
      timers.push(setInterval(() => void modelHealth.refresh(), healthEveryMs))
    },
    async drain() {
      for (const timer of timers) clearInterval(timer)
    },
  } satisfies Part
}

export type Orders = ReturnType<typeof openOrders>

const limitsOf = (config: Settings): Limits => ({
  maxOpen: config.maxActivePerUser,
  freeDaily: config.freeDailyLimit,
  freeHourly: config.freeHourlyLimit,
  newFreeDaily: config.newFreeDailyLimit,
})
