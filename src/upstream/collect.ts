import { pause, Refused, Unknown } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Upstream } from './client.ts'
import type { ResultStore } from './results.ts'

/** A complete, usable file of a result. The keys are those of `pay.results`; `n` counts from 1. */
export type ResultFile = {
  n: number
  kind: 'image' | 'video' | 'audio'
  mime: string
  extension: string
  bytes: number
  width_px: number | null
  height_px: number | null
  seconds: number | null
  url: string
}

/** `promised`: the number of files that the upstream named. */
export type Collected = { results: ResultFile[]; promised: number }

type Deps = { upstream: Pick<Upstream, 'recordInfo'>; results: Pick<ResultStore, 'fetch'>; log: Log }
type Reported = { urls: string[]; named?: number }

// The upstream may report success a moment before its files exist. Fetches are repeated after these pauses.
const pausesMs = [0, 1_000, 2_500]

/**
 * Fetches the files of a success. Files that still cannot be fetched after the pauses are left out; between tries the
 * upstream is asked for new addresses. Returns `unclear` if the network failed: that does not say whether the files
 * exist.
 */
export async function collect(
  deps: Deps,
  generationId: string,
  taskId: string,
  reported: Reported,
): Promise<Collected | 'unclear'> {
  let { urls, named = urls.length } = reported
  let found: ResultFile[] | 'unclear' = []
  for (const pauseMs of pausesMs) {
    if (pauseMs > 0) {
      await pause(pauseMs)
      const again = await deps.upstream.recordInfo(taskId)
      if (again.kind === 'success') ({ urls, named = urls.length } = again)
    }
    found = await collectOnce(deps, generationId, urls)
    if (found !== 'unclear' && found.length > 0 && found.length === named) break
  }
  return found === 'unclear' ? found : { results: found, promised: named }
}

async function collectOnce(
  { results, log }: Deps,
  generationId: string,
  urls: string[],
): Promise<ResultFile[] | 'unclear'> {
  const files: ResultFile[] = []
  for (const [index, url] of urls.entries()) {
    const n = index + 1
    try {
      const file = await results.fetch(generationId, n, url)
      files.push({
        n,
        kind: file.kind,
        mime: file.mime,
        extension: file.extension,
        bytes: file.bytes,
        width_px: file.widthPx ?? null,
        height_px: file.heightPx ?? null,
        seconds: file.seconds ?? null,
        url,
      })
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unknown)) throw error
      log.warn({ err: error, generationId, n }, 'a result could not be fetched')
      if (error instanceof Unknown) return 'unclear' // try again later: a partial result would be final
    }
  }
  return files
}
