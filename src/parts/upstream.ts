import type { Sql } from '../database/db.ts'
import { createAccountBreaker } from '../health/account-breaker.ts'
import { notifyOfAccount } from '../jobs/alarms.ts'
import type { Log, Scrub } from '../log.ts'
import type { Inspect } from '../media/inspector.ts'
import type { Telegram } from '../telegram/api.ts'
import { span } from '../trace.ts'
import { createUpstream, type Upstream } from '../upstream/client.ts'
import { createDownloader } from '../upstream/download.ts'
import { type ObserveCall, observedUpstream } from '../upstream/observed.ts'
import { createResultStore } from '../upstream/results.ts'
import type { Part, Settings } from './part.ts'

type Options = {
  config: Settings
  sql: Sql
  /** Notifies the admins when the provider refuses our account. */
  telegram: Telegram
  inspect: Inspect
  observe: ObserveCall
  scrub: Scrub
  log: Log
  /** Milliseconds for a recording that a person waits for. */
  sampleMs?: number
}

/** The client of the provider with the circuit breaker of our account, the downloader, and the cache of results. */
export function openUpstream({ config, sql, telegram, inspect, observe, scrub, log, sampleMs = 8_000 }: Options) {
  const { kieBaseUrl: baseUrl, kieUploadUrl: uploadUrl, kieSampleUrl: sampleUrl, kieApiKey: apiKey, adminIds } = config
  // The two depend on each other: a refused call opens the breaker, which reads the balance through the same client.
  const client: Upstream = observedUpstream(
    createUpstream({ baseUrl, uploadUrl, apiKey, log, onAccountTrouble: trouble => account.onAccountTrouble(trouble) }),
    observe,
  )
  const account = createAccountBreaker({
    sql,
    log,
    scrub,
    credit: () => client.credit(),
    opened: () => notifyOfAccount({ sql, telegram, adminIds, log }),
  })
  const trustedOrigins = [baseUrl, uploadUrl, ...(sampleUrl ? [sampleUrl] : [])].map(url => new URL(url).origin)
  const downloader = createDownloader({ trustedOrigins, inspect })
  const results = createResultStore({
    ...downloader,
    fetch: (link, limits) => span('download', () => downloader.fetch(link, limits)),
  })
  return {
    client,
    downloader,
    results,
    /** Downloads a recording to choose by. */
    sample: (address: string) =>
      downloader.fetch(sampleUrl ? address.replace(/^https:\/\/[^/]+/, () => sampleUrl) : address, {
        maxBytes: 5 * 1_048_576,
        deadlineMs: sampleMs,
        accept: ['audio'],
      }),
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([client.close(), results.close()])
    },
  } satisfies Part
}

export type UpstreamPart = ReturnType<typeof openUpstream>
