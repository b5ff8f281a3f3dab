import { createMetrics, timed } from '../http/metrics.ts'
import type { Log } from '../log.ts'
import { createTracing, span } from '../trace.ts'
import type { Build, Part, Settings } from './part.ts'

/** Metrics and traces, and the wrappers that measure the clients of Telegram and the upstream. */
export function openTelemetry({ traces }: Settings, { version }: Build, log: Log) {
  const metrics = createMetrics()
  const tracing = createTracing({
    ...traces,
    version,
    failed: error => log.warn({ err: error }, 'traces were not sent'),
  })
  return {
    metrics,
    tracing,
    observeTelegram<T>(method: string, call: () => Promise<T>): Promise<T> {
      const kind = /^(send|edit|answer|getUpdates)/.exec(method)?.[0] ?? 'other'
      return timed(metrics.telegramS, { kind }, () => span(`telegram ${method}`, call))
    },
    observeUpstream: <T>(call: string, ask: () => Promise<T>): Promise<T> =>
      timed(metrics.upstreamS, { call }, () => span(`upstream ${call}`, ask)),
    start: () => tracing.start(),
    [Symbol.asyncDispose]: () => tracing.close(),
  } satisfies Part
}

export type Telemetry = ReturnType<typeof openTelemetry>
