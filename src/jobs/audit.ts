import type { Telegram } from 'telegraf'
import { only, type Sql } from '../db.ts'
import { stringsFor } from '../i18n/strings.ts'
import type { Log } from '../log.ts'
import { auditReport, findings } from '../payments/audit.ts'
import { show } from '../telegram/screen.ts'
import { languageFor } from '../users/users.ts'

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
export async function auditBooks({ books, sql, telegram, adminIds, log }: Options): Promise<void> {
  const problems = findings(only(await auditReport(books)))
  if (problems.length === 0) return log.info('the books agree')
  for (const problem of problems) log.error({ problem }, 'the books disagree')
  for (const adminId of adminIds) {
    const t = stringsFor(await languageFor(sql, adminId))
    const text = t.admin.booksDisagree(problems.slice(0, mostTold), problems.length)
    await show(telegram, { chatId: adminId }, { text, buttons: [] }).catch(error => {
      log.error({ err: error, adminId }, 'an alarm did not reach an admin')
    })
  }
}
