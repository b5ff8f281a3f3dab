import { accessTo } from '../database/access.ts'
import { connect } from '../database/db.ts'
import type { Log } from '../log.ts'
import { migrateAll } from '../migrate-all.ts'
import { openLedger } from '../payments/audit.ts'
import { tracedSql } from '../trace.ts'
import { untilDone } from '../until-done.ts'
import type { Part, Settings } from './part.ts'

/** The pools of connections, each for what must not wait for the others. The start migrates as the owner. */
export function openDatabase(config: Settings, log: Log) {
  // The service works by a login that owns nothing; the owner's migrates.
  const { ownerUrl = config.databaseUrl } = config
  const access = accessTo(ownerUrl, config.botToken, config.ownerUrl && config.databaseUrl)
  const { sealKey } = access
  let { app: url } = access
  const main = connect(access.app, { sealKey })
  // What must be quick has connections of its own: updates, callbacks and health do not queue behind the work.
  const front = connect(access.app, { max: 4, sealKey })
  // Whether the database answers is asked on a connection that nothing else can fill.
  const probe = connect(access.app, { max: 1, deadlineMs: 2_000 })
  // The view of broken promises reads everything there is: neither its time nor its end may concern others.
  const oracle = connect(access.app, { max: 1, deadlineMs: 15_000 })
  const admins = connect(access.admin, { max: 2, sealKey })
  // The hourly audit reads every row there is.
  const ledger = openLedger(access.app)
  return {
    sql: tracedSql(main.sql),
    front: front.sql,
    probe: probe.sql,
    oracle: oracle.sql,
    admins: tracedSql(admins.sql),
    ledger: ledger.sql,
    /** The address by which the service is let in; known for sure after the start. */
    url: () => url,
    /** How many times a pool that others wait for was thrown away. */
    replaced: () => main.replaced() + front.replaced(),

    /** A database that is away is waited for: the process stays up, answers /healthz and says why it is not ready. */
    async start(signal) {
      const reached = await untilDone('the migration', () => migrateAll(ownerUrl, access, log), log, signal)
      if (!reached) return
      url = reached.app
      for (const one of [main, front, probe, oracle, ledger]) one.moveTo(reached.app)
      admins.moveTo(reached.admin)
    },
    // Together: a server that is gone holds each of them up for a second.
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([main, front, probe, oracle, admins, ledger].map(one => one.close()))
    },
  } satisfies Part
}

export type Database = ReturnType<typeof openDatabase>
