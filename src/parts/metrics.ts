import { refreshGauges } from '../http/gauges.ts'
import { serveMetrics } from '../http/metrics.ts'
import type { Database } from './database.ts'
import type { JobsPart } from './jobs.ts'
import type { Part, Settings } from './part.ts'
import type { Telemetry } from './telemetry.ts'

type Options = { config: Settings; telemetry: Telemetry; database: Database; jobs: JobsPart }

/** The port for figures. */
export function openMetrics({ config, telemetry, database, jobs }: Options) {
  const { metrics } = telemetry
  const { metricsPort: port, host } = config
  const gauges = { sql: database.sql, replaced: database.replaced, deadJobs: jobs.dead }
  let server: Awaited<ReturnType<typeof serveMetrics>> | undefined
  return {
    async start() {
      server = await serveMetrics(metrics, { port, host, refresh: () => refreshGauges(metrics, gauges) })
    },
    async [Symbol.asyncDispose]() {
      server?.close()
    },
  } satisfies Part
}
