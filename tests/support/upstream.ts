import type { Test } from 'tap'
import { startUpstream } from '../../playground/upstream/server.ts'
import type { Sql } from '../../src/database/db.ts'
import type { Deps } from '../../src/payments/order.ts'
import { callbackPath } from '../../src/upstream/callbacks.ts'
import { createUpstream } from '../../src/upstream/client.ts'
import { createDownloader } from '../../src/upstream/download.ts'
import { createResultStore } from '../../src/upstream/results.ts'
import { inspectHere } from './media/inspector.ts'
import { noEnqueue, silent } from './world.ts'

const apiKey = 'a-key-for-tests'
/** Signs the addresses of callbacks. */
export const secret = 'k'.repeat(32)

/** A strict upstream of this test file, whose tasks take 20 ms. */
export async function provider(t: Test) {
  const upstream = await startUpstream({ apiKey })
  upstream.speed.runMs = 20
  upstream.limits.creations.limit = upstream.limits.reads.limit = 100_000
  t.teardown(() => upstream.close())
  return upstream
}

/** What works on orders, as a process of the service has it, with the upstream at `baseUrl`. Callbacks go nowhere. */
export function worker(sql: Sql, baseUrl: string): { deps: Deps; close(): Promise<void> } {
  const upstream = createUpstream({ baseUrl, uploadUrl: baseUrl, apiKey, log: silent, timeoutMs: 2_000 })
  const results = createResultStore(createDownloader({ trustedOrigins: [baseUrl], inspect: inspectHere }))
  const deps = {
    sql,
    upstream,
    results,
    rateLimiter: { take: async () => 0 },
    callbackUrl: (id: string) => `http://127.0.0.1:9${callbackPath(id, secret)}`,
    enqueue: noEnqueue,
    scrub: (text: string) => text,
    log: silent,
  }
  const close = async () => {
    await results.close()
    await upstream.close()
  }
  return { deps, close }
}
