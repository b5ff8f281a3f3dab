import postgres from 'postgres'

type Row = Record<string, unknown>
export type Answer = { available: boolean; rows: Row[]; reason?: string }
/** Runs one statement and returns its column `row`; never rejects. */
export type Ask = (question: (sql: postgres.Sql) => PromiseLike<readonly { row: Row }[]>) => Promise<Answer>

// Longer than any of these statements takes; a silent connection never answers. Milliseconds.
const deadlineMs = 3_000

/** Connections to the service's database, replaced once a statement gets no answer. */
export function openReader(databaseUrl: string): { ask: Ask; close(): Promise<void> } {
  let pool = openPool(databaseUrl)

  const ask: Ask = async question => {
    const used = pool
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        if (pool === used) {
          pool = openPool(databaseUrl)
          void used.end({ timeout: 0 }).catch(() => {})
        }
        reject(new Error(`no answer in ${deadlineMs} ms`))
      }, deadlineMs)
    })
    try {
      const found = await Promise.race([question(used), late])
      return { available: true, rows: found.map(({ row }) => row) }
    } catch (error) {
      const missing = error instanceof postgres.PostgresError && ['42P01', '3F000'].includes(error.code)
      return { available: false, rows: [], reason: missing ? 'no_tables' : 'no_database' }
    } finally {
      clearTimeout(timer)
    }
  }

  return { ask, close: () => pool.end({ timeout: 1 }) }
}

const openPool = (databaseUrl: string) =>
  postgres(databaseUrl, {
    max: 2,
    connect_timeout: 2,
    backoff: () => 0.2, // the default grows to tens of seconds, long after the database is back
    onnotice: () => {},
    connection: { application_name: 'telegen-playground', statement_timeout: deadlineMs },
  })
