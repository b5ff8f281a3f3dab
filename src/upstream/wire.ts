import { Agent, type Dispatcher, type FormData } from 'undici'
import { pause } from '../errors.ts'
import type { Received } from './answers.ts'

/** The upstream's hosts refuse unusual user agents (docs/providers/kie.md, "Files"). */
export const userAgent = 'Mozilla/5.0 (compatible; Telegen/1.0)'

export type Call = {
  method: 'GET' | 'POST'
  url: URL
  json?: object
  form?: FormData
  /** Milliseconds from waiting for a connection to the last byte. */
  timeoutMs: number
  signal?: AbortSignal | undefined
  /** Never sent twice. Uses its own connection, since a kept one may close just as the request goes out. */
  isOnce?: boolean
}
export type Wire = {
  /** Sends one request. It is never repeated and follows no redirects. Never rejects. */
  send(call: Call): Promise<Received>
  close(): Promise<void>
}

/** Sends calls to the upstream with the key. Answers never contain the key nor more than `maxAnswerBytes`. */
export function createWire({ apiKey, maxAnswerBytes }: { apiKey: string; maxAnswerBytes: number }): Wire {
  const common: Agent.Options = {
    connections: 16,
    // Environment variables must not disable the certificate check.
    connect: { timeout: 5_000, rejectUnauthorized: true },
    // Our own deadline covers these. They only limit what it cannot see.
    headersTimeout: 300_000,
    bodyTimeout: 60_000,
  }
  const kept = new Agent(common)
  const fresh = new Agent({ ...common, pipelining: 0 })

  return {
    async send(call) {
      const received = await exchange(call.isOnce ? fresh : kept, call, apiKey, maxAnswerBytes)
      return 'lost' in received
        ? { ...received, message: received.message.replaceAll(apiKey, '[key]') }
        : { ...received, text: received.text.replaceAll(apiKey, '[key]') }
    },
    async close() {
      if (kept.destroyed) return
      const agents = [kept, fresh]
      const patience = new AbortController()
      await Promise.race([Promise.all(agents.map(agent => agent.close())), pause(1_000, patience.signal)])
      patience.abort()
      await Promise.all(agents.map(agent => agent.destroy()))
    },
  }
}

/** Uses undici's `dispatch`: only there you can see whether the request had begun to leave when an error occurred. */
function exchange(agent: Agent, call: Call, apiKey: string, maxAnswerBytes: number): Promise<Received> {
  const { url, timeoutMs, signal } = call
  return new Promise(resolve => {
    let isOver = false
    const end = (received: Received) => {
      isOver = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', stopped)
      resolve(received)
    }
    const hearing = collect({ maxAnswerBytes, end, isOver: () => isOver })
    const timer = setTimeout(() => hearing.lose(`no answer within ${timeoutMs} ms`), timeoutMs)
    const stopped = () => hearing.lose('nobody waits for it any more')
    signal?.addEventListener('abort', stopped, { once: true })
    if (signal?.aborted) return stopped()
    try {
      const request = { origin: url.origin, path: url.pathname + url.search, method: call.method }
      agent.dispatch({ ...request, headers: headersOf(call, apiKey), body: bodyOf(call) }, hearing.handler)
    } catch (error) {
      hearing.lose(describe(error))
    }
  })
}

const bodyOf = ({ form, json }: Call) => form ?? (json ? JSON.stringify(json) : null)

const headersOf = ({ json }: Call, apiKey: string) => ({
  accept: 'application/json',
  // No compression, so that the counted bytes are the bytes in memory.
  'accept-encoding': 'identity',
  authorization: `Bearer ${apiKey}`,
  'user-agent': userAgent,
  ...(json ? { 'content-type': 'application/json' } : {}),
})

type Collecting = { maxAnswerBytes: number; end(received: Received): void; isOver(): boolean }

/** Collects one answer and calls `end` once. `lose` ends it without an answer. */
function collect({ maxAnswerBytes, end, isOver }: Collecting) {
  let controller: Dispatcher.DispatchController | undefined
  let answer = { httpStatus: 0, contentType: '', retryAfterMs: 0 }
  const chunks: Buffer[] = []
  let bytes = 0

  const lose = (message: string) => {
    if (!isOver()) end({ lost: controller ? 'after' : 'before', message })
    controller?.abort(new Error(message))
  }
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      // A second start means that undici has sent the request again. After the end, nothing may follow.
      if (isOver() || controller) {
        started.abort(new Error('too late'))
        return
      }
      controller = started
    },
    onResponseStart(_controller, httpStatus, fields) {
      answer = {
        httpStatus,
        contentType: one(fields['content-type']),
        retryAfterMs: waitMs(one(fields['retry-after'])),
      }
    },
    onResponseData(_controller, chunk) {
      bytes += chunk.length
      if (bytes > maxAnswerBytes) lose(`an answer of more than ${maxAnswerBytes} bytes`)
      else chunks.push(chunk)
    },
    onResponseEnd() {
      if (!isOver()) end({ ...answer, text: Buffer.concat(chunks).toString('utf8') })
    },
    onResponseError(_controller, error) {
      lose(describe(error))
    },
  }
  return { handler, lose }
}

const one = (header: string | string[] | undefined): string => (Array.isArray(header) ? header[0] : header) ?? ''

// Only the form in seconds is read. At most ten minutes.
const waitMs = (header: string) => (/^\d{1,6}$/.test(header) ? Math.min(600_000, Number(header) * 1_000) : 0)

const describe = (error: unknown): string =>
  error instanceof Error ? ['code' in error ? error.code : error.name, error.message].join(': ') : String(error)
