import { accessTo } from '../database/access.ts'
import { connect } from '../database/db.ts'
import type { Log } from '../log.ts'
import { migrateAll } from '../migrate-all.ts'
import { openLedger } from '../payments/audit.ts'
import { tracedSql } from '../trace.ts'
import { untilDone } from '../until-done.ts'
import type { Part, Settings } from './part.ts'

/** The connection pools, separated so that slow work does not delay fast work. The start migrates as the owner. */
export function openDatabase(config: Settings, log: Log) {
  // The service uses a login that owns no tables; the owner's login migrates.
  const { ownerUrl = config.databaseUrl } = config
  const access = accessTo(ownerUrl, config.botToken, config.ownerUrl && config.databaseUrl)
  const { sealKey } = access
  let { app: url } = access
  const main = connect(access.app, { sealKey })
  // Updates, callbacks and health checks have their own connections and do not queue behind jobs.
  const front = connect(access.app, { max: 4, sealKey })
  // A connection for the readiness check alone.
  const probe = connect(access.app, { max: 1, deadlineMs: 2_000 })
  // The view of violated invariants reads every row: its slow queries must not block others.
  const oracle = connect(access.app, { max: 1, deadlineMs: 15_000 })
  const admins = connect(access.admin, { max: 2, sealKey })
  // The hourly audit reads every row.
  const ledger = openLedger(access.app)
  return {
    sql: tracedSql(main.sql),
    front: front.sql,
    probe: probe.sql,
    oracle: oracle.sql,
    admins: tracedSql(admins.sql),
    ledger: ledger.sql,
    /** The address with the login of the service; final after the start. */
    url: () => url,
    /** How many times a pool was replaced because it did not answer. */
    replaced: () => main.replaced() + front.replaced(),

    /** Waits for the database: meanwhile the process answers /healthz and reports why it is not ready. */
    async start(signal) {
      const reached = await untilDone('the migration', () => migrateAll(ownerUrl, access, log), log, signal)
      if (!reached) return
      url = reached.app
      for (const one of [main, front, probe, oracle, ledger]) one.moveTo(reached.app)
      admins.moveTo(reached.admin)
    },
    // In parallel: each takes a second when the server is gone.
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([main, front, probe, oracle, admins, ledger].map(one => one.close()))
    },
  } satisfies Part
}

export type Database = ReturnType<typeof openDatabase>
