import { createServer, type Server } from 'node:http'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { shared } from './shared.ts'

export type Metrics = ReturnType<typeof createMetrics>

/** The service's own metrics. Few labels, no personal data. */
export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return { registry, ...countersFor(registers), ...gaugesFor(registers) }
}

const buckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Counters and timers that change as events happen. */
function countersFor(registers: Registry[]) {
  return {
    updates: new Counter({
      name: 'telegen_updates_total',
      help: 'Updates received',
      labelNames: ['outcome'],
      registers,
    }),
    callbacks: new Counter({
      name: 'telegen_callbacks_total',
      help: 'Upstream callbacks received',
      labelNames: ['outcome'],
      registers,
    }),
    outcomes: new Counter({
      name: 'telegen_outcomes_total',
      help: 'Runs that this machine has ended, with the code of a failure',
      labelNames: ['outcome', 'code'],
      registers,
    }),
    telegramS: new Histogram({
      name: 'telegen_telegram_seconds',
      help: 'Calls of Telegram until an answer, waits it asked for included',
      labelNames: ['kind', 'outcome'],
      buckets,
      registers,
    }),
    upstreamS: new Histogram({
      name: 'telegen_upstream_seconds',
      help: 'Calls of the upstream until an answer',
      labelNames: ['call', 'outcome'],
      buckets,
      registers,
    }),
  }
}

/** Values that are read from the database on request; see `refreshGauges`. */
function gaugesFor(registers: Registry[]) {
  return {
    waiting: new Gauge({ name: 'telegen_waiting', help: 'Rows that wait', labelNames: ['what'], registers }),
    heldKop: new Gauge({ name: 'telegen_held_kop', help: 'Kopecks held by running generations', registers }),
    keptBytes: new Gauge({ name: 'telegen_kept_bytes', help: 'Bytes of results kept in the database', registers }),
    oldestOpenS: new Gauge({
      name: 'telegen_oldest_open_seconds',
      help: 'Age of the oldest running generation',
      registers,
    }),
    statsAgeS: new Gauge({
      name: 'telegen_model_stats_age_seconds',
      help: 'Since the figures of the models were last made, by any machine; they are due every minute',
      registers,
    }),
    alarm: new Gauge({
      name: 'telegen_alarm',
      help: 'Whether this trouble is there (docs/operations/runbook.md)',
      labelNames: ['name'],
      registers,
    }),
    alarmAgeS: new Gauge({
      name: 'telegen_alarm_age_seconds',
      help: 'Since this trouble was last looked for; every minute, the books every hour',
      labelNames: ['name'],
      registers,
    }),
    logDropped: new Gauge({
      name: 'telegen_log_dropped',
      help: 'Lines that were not written, because nobody read those before',
      registers,
    }),
    poolReplaced: new Gauge({
      name: 'telegen_pool_replaced',
      help: 'Times the database pool was thrown away',
      registers,
    }),
  }
}

/** Measures how long `call` takes. The outcome label is the kind of the answer, or the name of the error. */
export async function timed<T>(
  histogram: Histogram,
  labels: Record<string, string>,
  call: () => Promise<T>,
): Promise<T> {
  const stop = histogram.startTimer(labels)
  try {
    const answer = await call()
    stop({ outcome: kindOf(answer) })
    return answer
  } catch (error) {
    stop({ outcome: error instanceof Error ? error.name : 'error' })
    throw error
  }
}

const kindOf = (answer: unknown): string =>
  typeof answer === 'object' && answer !== null && 'kind' in answer ? String(answer.kind) : 'ok'

/** Serves GET /metrics on a port of its own, so that the public cannot reach it. `refresh` fills the gauges first. */
export async function serveMetrics(
  metrics: Metrics,
  { port, host, refresh }: { port: number; host: string; refresh(): Promise<void> },
): Promise<Server> {
  const refreshed = shared(refresh, 1_000)
  const server = createServer((request, response) => {
    const answer = async () => {
      if (request.method !== 'GET' || request.url !== '/metrics') {
        response.writeHead(404).end()
        return
      }
      await refreshed().catch(() => {}) // without the database, the gauges keep their values
      response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(await metrics.registry.metrics())
    }
    answer().catch(() => response.writeHead(500).end())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return server
}
