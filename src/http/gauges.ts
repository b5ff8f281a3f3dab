import type { Sql } from '../database/db.ts'
import { droppedLines } from '../log.ts'
import { alarmRows } from '../operations/alarms.ts'
import { backlog } from '../operations/overview.ts'
import type { Metrics } from './metrics.ts'

type Options = {
  sql: Sql
  /** How many times a connection pool was replaced. */
  replaced(): number
  /** Returns the number of jobs that failed for good. */
  deadJobs(): Promise<number>
}

/**
 * Fills the gauges that come from the database. Throws Unknown without the database; the gauges then keep their values.
 */
export async function refreshGauges(metrics: Metrics, { sql, replaced, deadJobs }: Options): Promise<void> {
  metrics.logDropped.set(droppedLines())
  const [row] = await backlog(sql)
  if (!row) return
  metrics.waiting.set({ what: 'inbox' }, row.inbox)
  metrics.waiting.set({ what: 'inbox_parked' }, row.inboxParked)
  metrics.waiting.set({ what: 'outbox' }, row.outbox)
  metrics.waiting.set({ what: 'outbox_dead' }, row.outboxDead)
  metrics.waiting.set({ what: 'generations' }, row.open)
  metrics.heldKop.set(row.heldKop)
  metrics.keptBytes.set(row.keptBytes)
  metrics.oldestOpenS.set(row.oldestOpenS)
  metrics.statsAgeS.set(row.statsAgeS)
  metrics.poolReplaced.set(replaced())
  for (const { name, isOn, seenS } of await alarmRows(sql)) {
    metrics.alarm.set({ name }, isOn ? 1 : 0)
    metrics.alarmAgeS.set({ name }, seenS)
  }
  metrics.waiting.set({ what: 'dead_jobs' }, await deadJobs())
}
