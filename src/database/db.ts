import { createHmac } from 'node:crypto'
import type { Static, TObject } from '@sinclair/typebox'
import postgres from 'postgres'
import { forPostgres } from '../address.ts'
import { pause, sqlState, Unknown } from '../errors.ts'

/** A value in a statement. json columns accept objects, and text that is JSON. */
export type Param = string | number | bigint | boolean | null | object

const sealed = Symbol('sealed')
/** A value that only the process can make: an HMAC over a purpose and values, with the connection's key. */
export type Seal = { [sealed]: string }

/** Seals these values for a purpose. `pay.check_seal` joins them in the same way. */
export const seal = (purpose: string, ...values: (string | number | boolean | null)[]): Seal => ({
  [sealed]: purpose + values.map(one => (one === null ? ';-' : `;${Buffer.byteLength(String(one))}:${one}`)).join(''),
})

/** One statement: one answer, or an error within the deadline. There is no `begin` on purpose. */
export type Sql = <Row extends object>(text: TemplateStringsArray, ...values: Param[]) => Promise<Row[]>

/** A statement with the schema of its rows. A test asks Postgres whether the two agree. */
export type Query<Args extends unknown[], Row extends TObject> = {
  (sql: Sql, ...args: Args): Promise<Static<Row>[]>
  row: Row
  statement: (sql: Sql, ...args: Args) => Promise<object[]>
}

/** Binds a statement to the schema that types its rows. */
export function query<Args extends unknown[], Row extends TObject>(
  row: Row,
  statement: (sql: Sql, ...args: Args) => Promise<object[]>,
): Query<Args, Row> {
  // The cast is safe because a test checks all statements against their schemas.
  const run = (sql: Sql, ...args: Args) => statement(sql, ...args) as Promise<Static<Row>[]>
  return Object.assign(run, { row, statement })
}

export type Db = {
  sql: Sql
  /** How many times the pool was replaced after a missed deadline. */
  replaced(): number
  /** Uses this address from the next statement on. Running statements are not interrupted. */
  moveTo(url: string): void
  close(): Promise<void>
}

type Options = {
  /** Milliseconds that one statement may take before its connection is dropped. */
  deadlineMs?: number
  /** The maximum number of connections. */
  max?: number
  /** The key of seals. Without it, sealed operations are refused unless the login owns the tables. */
  sealKey?: Buffer
  /** Memory for one sort or hash of a statement, in Postgres notation. Default: the server's setting. */
  workMem?: string
}

/** Opens no connection: the first statement connects. `sql` throws `Unknown` if Postgres gave no answer. */
export function connect(to: string, options: Options = {}): Db {
  const { deadlineMs = 5_000, max = 10, sealKey, workMem } = options
  let url = to
  let pool = openPool(url, { deadlineMs, max, workMem })
  let replaced = 0
  const places = createPlaces(max, deadlineMs)

  const sql: Sql = async <Row extends object>(text: TemplateStringsArray, ...values: Param[]) => {
    await places.take()
    const used = pool
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        // A silent connection never answers again, nor do the queries behind it: drop the whole pool.
        if (pool === used) {
          replaced += 1
          renew()
        }
        reject(new Unknown(`database did not answer in ${deadlineMs} ms`))
      }, deadlineMs)
    })
    try {
      const rows = await Promise.race([used<Row[]>(text, ...values.map(value => textOf(value, sealKey))), late])
      // If a backend dies at the wrong moment, the driver returns an empty result without the server's completion tag.
      if (!rows.command) throw new Unknown('the database broke off')
      return rows
    } catch (error) {
      if (error instanceof Unknown || isVerdict(error) || isOurs(error)) throw error
      throw new Unknown('database gave no verdict', { cause: error })
    } finally {
      clearTimeout(timer)
      places.give()
    }
  }

  function renew() {
    const old = pool
    pool = openPool(url, { deadlineMs, max, workMem })
    void old.end({ timeout: 0 }).catch(() => {})
  }
  function moveTo(other: string) {
    if (other === url) return
    url = other
    renew()
  }

  return { sql, replaced: () => replaced, moveTo, close: () => pool.end({ timeout: 1 }) }
}

/**
 * The queue for connections. A statement's deadline begins when it has a connection, so that slow statements fail and
 * not those that wait behind them.
 */
function createPlaces(max: number, deadlineMs: number) {
  let free = max
  const waiting: (() => void)[] = []
  return {
    async take(): Promise<void> {
      if (free > 0) {
        free -= 1
        return
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(resolve), 1)
        reject(new Unknown(`no connection was free in ${deadlineMs} ms`))
      }, deadlineMs)
      waiting.push(resolve)
      await promise.finally(() => clearTimeout(timer))
    },
    give() {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    },
  }
}

type PoolOptions = { deadlineMs: number; max: number; workMem: string | undefined }

function openPool(url: string, { deadlineMs, max, workMem }: PoolOptions) {
  const { driver, startup } = forPostgres(url)
  return postgres({
    ...driver,
    max,
    connect_timeout: 2,
    max_lifetime: 30 * 60,
    ...{ max_pipeline: 1 }, // with more, queries queue behind one that may never answer; the types lack it
    backoff: () => 0.05, // the default grows to tens of seconds, long after the database is back
    onnotice: () => {},
    // The driver's own query for array types fails where nobody can catch it. So: no arrays as parameters.
    fetch_types: false,
    types: {
      bigint: { to: 20, from: [20], serialize: String, parse: toSafeInteger },
      boolean: { to: 16, from: [16], serialize: String, parse: (text: string) => text === 't' },
      bytes: { to: 17, from: [17], serialize: String, parse: (text: string) => Buffer.from(text.slice(2), 'hex') },
      json: { to: 114, from: [114, 3802], serialize: String, parse: JSON.parse },
    },
    connection: {
      application_name: 'telegen',
      // The server must stop even if the client cannot tell it to: the driver has no query timeout.
      statement_timeout: deadlineMs,
      lock_timeout: 2_000,
      idle_in_transaction_session_timeout: 5_000,
      tcp_user_timeout: 10_000,
      ...(workMem ? { work_mem: workMem } : {}),
      ...startup,
    },
  })
}

/**
 * Returns a value as Postgres reads it. The driver overwrites a value with its serialised form, and serialises that
 * again if a statement must be prepared anew, after a migration or behind a pooler: JSON within JSON, true as false
 * (porsager/postgres#1197, in 3.4.9). Text stays unchanged. Undefined is passed on, and the driver refuses it.
 */
function textOf(value: Param, sealKey: Buffer | undefined): string | null {
  if (value === null || value === undefined) return value
  if (typeof value === 'object' && sealed in value) {
    return sealKey ? createHmac('sha256', sealKey).update(String(value[sealed])).digest('hex') : ''
  }
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/**
 * Returns the one row of a statement that always has one. If a backend is killed, the driver may return no row: that is
 * not an answer, so it throws Unknown.
 */
export function only<Row>([row]: Row[]): Row {
  if (row === undefined) throw new Unknown('the answer came without its row')
  return row
}

/** Repeats a call that is safe to repeat (same id) until it is answered or `untilMs` milliseconds have passed. */
export async function untilAnswered<T>(call: () => Promise<T>, untilMs = 10_000): Promise<T> {
  const end = performance.now() + untilMs
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof Unknown) || performance.now() > end) throw error
      await pause(20 + Math.random() * 80)
    }
  }
}

// Postgres refused and would refuse again. Retry these instead: lost connections (08), deadlocks (40), overload (53),
// shutdown and cancel (57), a lock timeout (55P03) and a read-only server (25006).
function isVerdict(error: unknown): boolean {
  return error instanceof postgres.PostgresError && !/^(08|40|53|57|55P03|25006)/.test(error.code)
}

// Not about the connection: a value that does not fit, a missing parameter.
const isOurs = (error: unknown) => error instanceof RangeError || sqlState(error) === 'UNDEFINED_VALUE'

/** Kopecks and ids fit a double. A larger value is a bug, so it throws and does not round. */
function toSafeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint out of range: ${text}`)
  return value
}
