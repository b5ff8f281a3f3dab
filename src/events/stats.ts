import type { Sql } from '../database/db.ts'
import type { Log } from '../log.ts'
import { type ModelStats, modelStats, refreshModelStats } from './repository.ts'

export type Stats = {
  of(modelId: string): ModelStats | undefined
  /** Successful runs of 30 days. */
  popularity(modelId: string): number
  refresh(): Promise<void>
}

/**
 * Figures of all models: one machine computes them for all, screens read them from memory. The owner of this object
 * refreshes it.
 */
export function createStats(sql: Sql, log: Log): Stats {
  let known = new Map<string, ModelStats>()
  return {
    of: modelId => known.get(modelId),
    popularity: modelId => known.get(modelId)?.runs30d ?? 0,
    async refresh() {
      try {
        await refreshModelStats(sql)
        known = new Map((await modelStats(sql)).map(row => [row.modelId, row]))
      } catch (error) {
        log.warn({ err: error }, 'the figures of the models could not be refreshed')
      }
    },
  }
}
