import { BadConfig, readConfig, secretsOf } from './config.ts'
import { createLog, scrubber } from './log.ts'
import { auditReport, findings, openLedger, starFindings } from './payments/audit.ts'
import { createTelegram } from './telegram/client.ts'
import { readMovement, starTransactions } from './telegram/payments.ts'

// `npm run audit`: does the ledger agree with itself, with Telegram's list of Stars and with the real cost of runs?
// Exit 0: yes. 1: no, with a line for each disagreement. 2: there was no answer. Changes nothing.

// Younger movements may still be in progress.
const freshS = 300

try {
  process.exit(await audit())
} catch (error) {
  const problems =
    error instanceof BadConfig ? error.problems : [error instanceof Error ? error.message : String(error)]
  const scrub = scrubber(secretsOf(process.env))
  console.error(problems.map(problem => `the audit could not be made: ${scrub(problem)}`).join('\n'))
  process.exit(2)
}

async function audit(): Promise<number> {
  const config = readConfig(process.env)
  if (!config.databaseUrl) throw new Error('DATABASE_URL is missing: the books of which database?')
  const log = createLog({ level: 'silent', secrets: config.secrets })
  const db = openLedger(config.databaseUrl)
  const telegram = createTelegram({
    token: config.botToken,
    apiRoot: config.telegramApiRoot,
    rateLimiter: async () => 0,
    log,
  })
  const startedAt = Date.now()
  const movements = []
  for (let offset = 0; ; offset += 100) {
    const page = (await starTransactions(telegram, offset)).map(readMovement)
    for (const { id, amount, date, source, receiver } of page) {
      const isOurs = (source ?? receiver)?.invoice_payload !== undefined
      if (isOurs && date < startedAt / 1000 - freshS) movements.push({ id, amount, isRefund: source === undefined })
    }
    if (page.length < 100) break
  }
  const [report] = await auditReport(db.sql)
  if (!report) throw new Error('the database answered nothing')
  const problems = [...findings(report), ...(await starFindings(db.sql, movements))]
  await db.close()

  const rubles = (kop: number) => `${(kop / 100).toFixed(2)} ₽`
  for (const { account, entries, kop } of report.accounts) console.log(`${account}: ${entries} entries, ${rubles(kop)}`)
  for (const { question, left_kop, right_kop } of report.books) {
    console.log(`${left_kop === right_kop ? '✓' : '✗'} ${question}: ${rubles(left_kop)} = ${rubles(right_kop)}`)
  }
  console.log(`Stars: ${movements.length} movements at Telegram`)
  const scrub = scrubber(config.secrets)
  for (const problem of problems) console.log(`✗ ${scrub(problem)}`)
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
  console.log(
    `${problems.length === 0 ? 'The books agree' : `${problems.length} disagreements`}, asked in ${seconds} s.`,
  )
  return problems.length === 0 ? 0 : 1
}
