import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash, randomBytes } from 'node:crypto'
import { type Attributes, ROOT_CONTEXT, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import type { Sql } from './database/db.ts'
import { sqlState } from './errors.ts'

/** The current work and its request. A request is an order from the press to the result, or one update. */
type Here = { requestId: string; tracer: Tracer | undefined; span: Span | undefined }
const here = new AsyncLocalStorage<Here>()

export type Tracing = {
  /**
   * Runs `work` as a part of the request: its log lines carry the id, and its spans belong to one trace, on any
   * machine.
   */
  request<T>(requestId: string, name: string, work: () => Promise<T>): Promise<T>
  /** Starts sending. */
  start(): Promise<void>
  /** Sends the remaining spans. */
  close(): Promise<void>
}

type Options = {
  /** Base address of a collector for OTLP over HTTP. Without it nothing is recorded. */
  endpoint: string | undefined
  headers: Record<string, string>
  version: string
  /** Called when spans could not be sent. */
  failed(error: unknown): void
}

/** Derives the trace's id from the request's id, so that all machines write to the same trace. */
export const traceIdOf = (requestId: string): string =>
  createHash('sha256').update(requestId).digest('hex').slice(0, 32)

/** Returns the fields of a log line: the request and, while traces are sent, its trace. */
export function requestFields(): { request_id?: string; trace_id?: string } {
  const { requestId, span } = here.getStore() ?? {}
  if (requestId === undefined) return {}
  return { request_id: requestId, ...(span && { trace_id: span.spanContext().traceId }) }
}

/** Does nothing before `start`: the libraries are loaded only if there is a collector. */
export function createTracing({ endpoint, headers, version, failed }: Options): Tracing {
  let tracer: Tracer | undefined
  let stop = async () => {}
  let nextTraceId = ''

  return {
    async start() {
      if (endpoint === undefined) return
      const [{ TracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, { resourceFromAttributes }] =
        await Promise.all([
          import('@opentelemetry/sdk-trace'),
          import('@opentelemetry/exporter-trace-otlp-http'),
          import('@opentelemetry/resources'),
        ])
      const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, headers, timeoutMillis: 5_000 })
      const send = exporter.export.bind(exporter)
      exporter.export = (spans, done) =>
        send(spans, result => {
          if (result.error) failed(result.error)
          done(result)
        })
      const provider = new TracerProvider({
        resource: resourceFromAttributes({ 'service.name': 'telegen', 'service.version': version }),
        idGenerator: { generateTraceId: () => nextTraceId, generateSpanId: () => randomBytes(8).toString('hex') },
        spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 1_000 })],
      })
      tracer = provider.getTracer('telegen')
      stop = () => provider.shutdown()
    },
    request(requestId, name, work) {
      const store = here.getStore()
      // The work that starts the next step in this process is its parent.
      const span = store?.requestId === requestId ? store.span : undefined
      if (!tracer) return here.run({ requestId, tracer, span }, work)
      nextTraceId = traceIdOf(requestId)
      return within({ requestId, tracer, span }, name, work)
    },
    close: () => stop(),
  }
}

/** Runs `work` as a step of the current request. Outside a request, or without a collector, only runs it. */
export function span<T>(name: string, work: () => Promise<T>, attributes?: Attributes): Promise<T> {
  const store = here.getStore()
  return store?.tracer ? within(store, name, work, attributes) : work()
}

async function within<T>(at: Here, name: string, work: () => Promise<T>, attributes: Attributes = {}): Promise<T> {
  const parent = at.span ? trace.setSpan(ROOT_CONTEXT, at.span) : ROOT_CONTEXT
  const step = at.tracer!.startSpan(name, { attributes: { request_id: at.requestId, ...attributes } }, parent)
  try {
    return await here.run({ ...at, span: step }, work)
  } catch (error) {
    // Only the kind: a message may hold an address or a person's text.
    const kind = error instanceof Error ? error.name : 'error'
    step.setStatus({ code: SpanStatusCode.ERROR, message: [kind, sqlState(error)].filter(Boolean).join(' ') })
    throw error
  } finally {
    step.end()
  }
}

const names = new WeakMap<TemplateStringsArray, string>()
/** Returns the first of our functions or tables in a statement. */
function nameOf(text: TemplateStringsArray): string {
  const name = names.get(text) ?? /\bpay\.\w+/.exec(text.join(' '))?.[0] ?? 'statement'
  names.set(text, name)
  return name
}

/** Records each statement as a step. */
export const tracedSql =
  (sql: Sql): Sql =>
  (text, ...values) =>
    span(nameOf(text), () => sql(text, ...values))
