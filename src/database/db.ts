import { createHmac } from 'node:crypto'
import type { Static, TObject } from '@sinclair/typebox'
import postgres from 'postgres'
import { forPostgres } from '../address.ts'
import { pause, sqlState, Unknown } from '../errors.ts'

/** A value of a statement: json columns take objects as they are, and text that is JSON. */
export type Param = string | number | bigint | boolean | null | object

const sealed = Symbol('sealed')
/** A value that only the process can make: an HMAC over a purpose and values, by the key of the connection. */
export type Seal = { [sealed]: string }

/** Seals these values for a purpose; `pay.check_seal` puts them together in the same way. */
export const seal = (purpose: string, ...values: (string | number | boolean | null)[]): Seal => ({
  [sealed]: purpose + values.map(one => (one === null ? ';-' : `;${Buffer.byteLength(String(one))}:${one}`)).join(''),
})

/** One statement, one answer or an error within the deadline. There is no `begin` here to reach for. */
export type Sql = <Row extends object>(text: TemplateStringsArray, ...values: Param[]) => Promise<Row[]>

/** A statement of ours with the schema of its rows beside it; a test asks Postgres whether the two agree. */
export type Query<Args extends unknown[], Row extends TObject> = {
  (sql: Sql, ...args: Args): Promise<Static<Row>[]>
  row: Row
  statement: (sql: Sql, ...args: Args) => Promise<object[]>
}

/** Binds a statement to the schema that gives its rows their type. */
export function query<Args extends unknown[], Row extends TObject>(
  row: Row,
  statement: (sql: Sql, ...args: Args) => Promise<object[]>,
): Query<Args, Row> {
  // The cast is what the test of all statements earns.
  const run = (sql: Sql, ...args: Args) => statement(sql, ...args) as Promise<Static<Row>[]>
  return Object.assign(run, { row, statement })
}

export type Db = {
  sql: Sql
  /** How many times a missed deadline made us throw the pool away. */
  replaced(): number
  /** From the next statement on by this address; those under way are left to themselves. */
  moveTo(url: string): void
  close(): Promise<void>
}

type Options = {
  /** How long one statement may take before its connection is given up, in milliseconds. */
  deadlineMs?: number
  /** Connections at the most. */
  max?: number
  /** The key of seals; without it what needs one is refused, unless the login owns the books. */
  sealKey?: Buffer
  /** Memory for one sort or hash of a statement, as Postgres writes it; without it, what the server allows. */
  workMem?: string
}

/** Opens nothing yet: the first statement connects. Throws `Unknown` from `sql` where Postgres gave no verdict. */
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
        // A connection that went silent never answers again, and neither do the queries behind it: leave them all.
        if (pool === used) {
          replaced += 1
          renew()
        }
        reject(new Unknown(`database did not answer in ${deadlineMs} ms`))
      }, deadlineMs)
    })
    try {
      const rows = await Promise.race([used<Row[]>(text, ...values.map(value => textOf(value, sealKey))), late])
      // A backend that dies at the wrong moment leaves an empty result without the server's word that it is complete.
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
 * Who waits for a connection waits here: the deadline of a statement begins when it has one, so that a slow spell fails
 * those who are slow and not those behind them.
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
    ...{ max_pipeline: 1 }, // more, and queries queue behind one that may never answer; the typings lack it
    backoff: () => 0.05, // the default grows to tens of seconds, long after the database is back
    onnotice: () => {},
    // The driver's own query for array types runs where nobody can catch its failure. So: no arrays as parameters.
    fetch_types: false,
    types: {
      bigint: { to: 20, from: [20], serialize: String, parse: toSafeInteger },
      boolean: { to: 16, from: [16], serialize: String, parse: (text: string) => text === 't' },
      bytes: { to: 17, from: [17], serialize: String, parse: (text: string) => Buffer.from(text.slice(2), 'hex') },
      json: { to: 114, from: [114, 3802], serialize: String, parse: JSON.parse },
    },
    connection: {
      application_name: 'telegen',
      // The server must let go even when the client cannot: the driver has no query timeout of its own.
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
 * A value as Postgres reads it. What the driver serialises it writes over the value, and serialises that once more when a
 * statement has to be prepared anew, after a migration or behind a pooler: JSON within JSON, true as false
 * (porsager/postgres#1197, in 3.4.9). Text stays what it is. A value that was left out is left for the driver to refuse.
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
 * The one row that a statement always has. When a backend is killed the driver was seen to answer with none: that is no
 * answer, and throws Unknown.
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

// Postgres said no, and would say it again. Lost links (08), deadlocks (40), overload (53), shutdown and cancel (57),
// a lock not had in time (55P03) and a read-only server (25006) are worth the same call once more.
function isVerdict(error: unknown): boolean {
  return error instanceof postgres.PostgresError && !/^(08|40|53|57|55P03|25006)/.test(error.code)
}

// Not about the connection: a value that does not fit, a parameter that was left out.
const isOurs = (error: unknown) => error instanceof RangeError || sqlState(error) === 'UNDEFINED_VALUE'

/** Kopecks and ids fit a double; a value that does not is a bug, so say so rather than round it. */
function toSafeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint out of range: ${text}`)
  return value
}
