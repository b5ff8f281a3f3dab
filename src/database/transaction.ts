import pg from 'pg'
import { forPg } from '../address.ts'
import { pause, Unknown } from '../errors.ts'

/** Runs a statement. Without values the text may hold several, and the rows are those of the last. */
export type Run = <Row extends object>(text: string, values?: unknown[]) => Promise<Row[]>

// The longest wait for another migration. A silent one loses its lock after the same time.
const patienceMs = 60_000

/**
 * Runs `work` in one transaction on a connection of its own. Only for migrations and rights; money moves in one
 * statement. Uses `pg` and not the driver of src/database/db.ts, whose transactions write to a connection that the
 * server has closed, which ends the process (porsager/postgres#1208, in 3.4.9). Throws the errors of Postgres, and
 * `Unknown` if the connection was lost.
 */
export async function transaction<Result>(url: string, work: (run: Run) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({
    ...(await forPg(url)),
    application_name: 'telegen migrate',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    lock_timeout: patienceMs,
    idle_in_transaction_session_timeout: patienceMs,
  })
  let lost: Error | undefined
  // An idle connection may be closed. Without a listener, that would end the process.
  client.on('error', error => {
    lost ??= error
  })
  const run: Run = async <Row extends object>(text: string, values?: unknown[]) => {
    const answer = (await client.query<Row>(text, values)) as pg.QueryResult<Row> | pg.QueryResult<Row>[]
    return Array.isArray(answer) ? (answer.at(-1)?.rows ?? []) : answer.rows
  }
  try {
    await client.connect()
    await client.query('begin')
    const result = await work(run)
    // After a failure that `work` swallowed, Postgres answers ROLLBACK and no error.
    const { command } = await client.query('commit')
    if (command !== 'COMMIT') throw new Error('a statement of the transaction had failed: nothing of it was kept')
    return result
  } catch (error) {
    if (!lost) throw error
    throw new Unknown(`the connection to the database was lost in a transaction (${lost.message}): repeat it`, {
      cause: error,
    })
  } finally {
    // An uncommitted transaction ends with the connection.
    await Promise.race([client.end().catch(() => {}), pause(5_000)])
  }
}
