import type { Telegram } from 'telegraf'
import { only, type Sql } from '../db.ts'
import type { Log } from '../log.ts'
import { auditReport, findings } from '../payments/audit.ts'
import { alarm } from './alarms.ts'

type Options = {
  /** Connections with the time that reading everything takes. */
  books: Sql
  sql: Sql
  telegram: Telegram
  adminIds: readonly number[]
  log: Log
}

// The first tell what kind of trouble it is; the whole list is printed by `npm run audit`.
const mostTold = 10

/** Do the books agree with themselves? If not, every admin is told, and hears of it again each hour until they do. */
export async function auditBooks(options: Options): Promise<void> {
  const { books, log } = options
  const problems = findings(only(await auditReport(books)))
  for (const problem of problems) log.error({ problem }, 'the books disagree')
  if (problems.length === 0) log.info('the books agree')
  await alarm(options, 'books_disagree', problems.length > 0, t =>
    t.admin.booksDisagree(problems.slice(0, mostTold), problems.length),
  )
}
