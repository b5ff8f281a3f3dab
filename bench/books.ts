import postgres, { type Sql as Owner } from 'postgres'
import { openCatalogue } from '../src/catalogue/models.ts'
import { connect, type Sql } from '../src/database/db.ts'
import { getRecentFailures, getUserStats, modelStats } from '../src/events/repository.ts'
import { auditReport, findings, openLedger } from '../src/payments/audit.ts'
import { history } from '../src/payments/generations.ts'
import { operations } from '../src/payments/wallet.ts'
import { fillBooks, fillHistory } from './fill.ts'
import type { Bench, Figure, Measurement } from './measurement.ts'
import { compare, type Probe, spread, wallMs } from './rounds.ts'

const catalogue = openCatalogue({ rates: { usdRubRate: '95', markup: '2.0' }, contentFilter: true })
const modelIds = catalogue.models.map(model => model.id)
const busyPerson = 1
const auditMs = 60_000

/** How the cost of a read and of the audit grows with the books: by the number of ledger entries. */
export const measure: Measurement = async bench => {
  const sizes = bench.isShort ? [10_000, 100_000] : [10_000, 1_000_000, 10_000_000]
  const filled: Filled[] = []
  for (const size of sizes) filled.push(await fill(bench, size))
  return [...(await reads(bench, filled)), ...(await audits(filled.slice(1)))]
}

type Filled = { size: number; url: string; owner: Owner; sql: Sql }

async function fill(bench: Bench, size: number): Promise<Filled> {
  const url = await bench.database()
  const owner = postgres(url, { max: 1, onnotice: () => {}, ...{ fetch_types: false } })
  const db = connect(url, { max: 1 })
  bench.after(() => owner.end({ timeout: 1 }))
  bench.after(() => db.close())
  const ms = await wallMs(async () => {
    await fillBooks(owner, { entries: size, modelIds, seed: bench.seed })
    await fillHistory(db.sql, busyPerson, 200, catalogue)
  })
  const [size2] = await owner<{ text: string }[]>`select pg_size_pretty(pg_database_size(current_database())) as text`
  bench.say(`${size} ledger entries with their runs and events, ${size2!.text}, in ${(ms / 1000).toFixed(0)} s`)
  return { size, url, owner, sql: db.sql }
}

const questions: Record<string, (sql: Sql) => Promise<object[] | object>> = {
  'the last 20 failures': sql => getRecentFailures(sql),
  'the runs of a person in numbers': sql => getUserStats(sql, busyPerson),
  'a page of history': sql => history(sql, busyPerson, 'all', null, 8),
  'a page of operations': sql => operations(sql, busyPerson, 1_000_000, 8),
  'figures of the model cards': sql => modelStats(sql),
}

/** Reads of a chat, in milliseconds: the smallest books are the yardstick of the larger ones. */
async function reads(bench: Bench, filled: Filled[]): Promise<Figure[]> {
  const figures: Figure[] = []
  const [smallest, ...larger] = filled
  for (const [question, ask] of Object.entries(questions)) {
    const probe =
      ({ sql }: Filled): Probe =>
      async () =>
        (await wallMs(async () => void (await ask(sql)))) || 0
    for (const one of filled) for (let n = 0; n < 10; n++) await ask(one.sql) // plans and pages are warm
    const subjects = Object.fromEntries(larger.map(one => [`${question}, ${one.size} entries`, probe(one)]))
    const measured = await compare(bench.isShort ? 20 : 100, probe(smallest!), subjects)
    for (const [what, one] of Object.entries(measured)) {
      const goal = { of: 'ratio', atMost: 1.5 } as const
      figures.push({ what, unit: 'ms', by: `the same with ${smallest!.size} entries`, goal, ...one })
    }
  }
  return figures
}

/** The whole audit beside one plain sum over the same ledger. */
async function audits(filled: Filled[]): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const { size, url, owner } of filled) {
    const books = openLedger(url)
    const sum = () => wallMs(async () => void (await owner`select sum(amount_kop) from pay.ledger_entries`))
    await sum()
    const yardsticks = [await sum()]
    const values: number[] = []
    for (let round = 0; round < (size > 1_000_000 ? 1 : 3); round++) {
      values.push(
        await wallMs(async () => {
          const [report] = await auditReport(books.sql)
          const problems = findings(report!)
          if (problems.length > 0) throw new Error(`the books do not agree: ${problems.join('; ')}`)
        }),
      )
      yardsticks.push(await sum())
    }
    await books.close()
    const yardstick = spread(yardsticks)
    figures.push({
      what: `the audit of ${size} ledger entries`,
      unit: 'ms',
      by: 'one sum over the ledger',
      goal: { of: 'value', atMost: auditMs },
      value: spread(values),
      ratio: spread(values.map(value => value / yardstick.median)),
      yardstick,
    })
  }
  return figures
}
