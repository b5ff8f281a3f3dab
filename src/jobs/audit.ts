import { only, type Sql } from '../database/db.ts'
import type { Log } from '../log.ts'
import { auditReport, findings } from '../payments/audit.ts'
import type { Telegram } from '../telegram/api.ts'
import { alarm } from './alarms.ts'

type Options = {
  /** Connections whose deadline is long enough to read every row. */
  ledger: Sql
  sql: Sql
  telegram: Telegram
  adminIds: readonly number[]
  log: Log
}

// Enough to see the kind of trouble; `npm run audit` prints the whole list.
const maxSent = 10

/** Audits the ledger. Sends each admin the violations, again each hour until there are none. */
export async function auditLedger(options: Options): Promise<void> {
  const { ledger, log } = options
  const problems = findings(only(await auditReport(ledger)))
  for (const problem of problems) log.error({ problem }, 'the books disagree')
  if (problems.length === 0) log.info('the books agree')
  await alarm(options, 'books_disagree', problems.length > 0, t =>
    t.admin.booksDisagree(problems.slice(0, maxSent), problems.length),
  )
}
