import postgres, { type Sql as Owner } from 'postgres'
import { openCatalogue } from '../src/catalogue/models.ts'
import { connect, type Sql } from '../src/database/db.ts'
import { keptBegin, keptLimits } from '../src/delivery/kept-files.ts'
import { modelCosts } from '../src/health/model-costs.ts'
import { healthOfModels, recentRuns } from '../src/health/model-health.ts'
import { type TidyPart, tidyParts, tidySome } from '../src/jobs/sweep.ts'
import { alarmRows, troubles } from '../src/operations/alarms.ts'
import { stuckRuns } from '../src/operations/lookup.ts'
import { backlog, today } from '../src/operations/overview.ts'
import { genDue } from '../src/payments/order-statements.ts'
import { waitingLanes } from '../src/telegram/inbox.ts'
import { waitingOutbox } from '../src/telegram/outbox.ts'
import { forgetUser, userForget } from '../src/users/users.ts'
import { fillGrowth } from './fill-growth.ts'
import type { Bench, Figure, Measurement } from './measurement.ts'
import { compare, type Probe, wallMs } from './rounds.ts'

const catalogue = openCatalogue({ rates: { usdRubRate: '95', markup: '2.0' }, contentFilter: true })
const modelIds = catalogue.models.map(model => model.id)
const rounds = 8
const perPortion = 5_000
// A statement is given up after five seconds; of a portion most is left for a bad day of the disk.
const portionMs = 1_000

/** What runs by the clock, and `/delete_me`: how the cost grows with the rows of history. */
export const measure: Measurement = async bench => {
  const sizes = bench.isShort ? [20_000, 200_000] : [100_000, 10_000_000]
  const filled: Filled[] = []
  for (const size of sizes) filled.push(await fill(bench, size))
  const [small, large] = filled as [Filled, Filled]
  const figures: Figure[] = []
  for (const [what, { ask, goal }] of Object.entries(questions(bench.isShort))) {
    const probe = ({ sql, owner }: Filled): Probe => {
      let round = 0
      return () => wallMs(async () => void (await ask(sql, round++, owner)))
    }
    // Each round is another person, another portion; the first makes the plans and is not counted.
    const [ofSmall, ofLarge] = [probe(small), probe(large)]
    await ofSmall()
    await ofLarge()
    const measured = await compare(rounds, ofSmall, { large: ofLarge })
    figures.push({
      what: `${what}, ${large.size} rows`,
      unit: 'ms',
      by: `the same with ${small.size} rows`,
      goal,
      ...measured.large,
    })
  }
  return figures
}

type Filled = { size: number; owner: Owner; sql: Sql }

async function fill(bench: Bench, size: number): Promise<Filled> {
  const url = await bench.database()
  const owner = postgres(url, { max: 1, onnotice: () => {}, ...{ fetch_types: false } })
  const db = connect(url, { max: 3 })
  bench.after(() => owner.end({ timeout: 1 }))
  bench.after(() => db.close())
  const due = bench.isShort ? 10_000 : 60_000
  const entries = Math.max(10_000, size / 10)
  const ms = await wallMs(() => fillGrowth(owner, { rows: size, entries, due, modelIds, seed: bench.seed }))
  const [row] = await owner<{ text: string }[]>`select pg_size_pretty(pg_database_size(current_database())) as text`
  bench.say(`${size} updates, messages, prices and windows each, ${row!.text}, in ${(ms / 1000).toFixed(0)} s`)
  return { size, owner, sql: db.sql }
}

type Question = { ask(sql: Sql, round: number, owner: Owner): Promise<unknown>; goal: NonNullable<Figure['goal']> }

function questions(isShort: boolean): Record<string, Question> {
  const alike = { of: 'ratio', atMost: 2 } as const
  const soon = { of: 'value', atMost: portionMs } as const
  const portion = isShort ? 500 : perPortion
  return {
    '/delete_me of a person with some 300 updates': {
      ask: (sql, round) => forgetUser(sql, 1 + round),
      goal: { of: 'value', atMost: 1_000 },
    },
    'what of it holds the wallet': { ask: (sql, round) => userForget(sql, 100 + round), goal: alike },
    'the sweep': {
      ask: sql => Promise.all([genDue(sql, 500), waitingOutbox(sql, 500), waitingLanes(sql, 500)]),
      goal: alike,
    },
    'the look for alarms': { ask: sql => Promise.all([troubles(sql), alarmRows(sql)]), goal: soon },
    'the figures of /metrics': { ask: sql => backlog(sql), goal: soon },
    'the figures of the models': {
      ask: (_, round, owner) =>
        owner`select pay.model_stats_refresh(now() + ${`${round + 2} minutes`}::text::interval)`,
      goal: soon,
    },
    'how the models stand': { ask: sql => healthOfModels(sql), goal: alike },
    'the judge of the models': {
      ask: sql => Promise.all([recentRuns(sql, modelIds), modelCosts(sql, modelIds, '95')]),
      goal: soon,
    },
    'the overview of an admin': { ask: sql => Promise.all([today(sql, '95'), stuckRuns(sql, 10)]), goal: soon },
    'a file to keep': {
      ask: async (sql, round, owner) => {
        const [row] = await owner<{ userId: string; id: string }[]>`
          select user_id as "userId", id from pay.generations where user_id = ${200 + round} and exec_state = 'success' limit 1`
        await keptBegin(sql, { userId: Number(row!.userId), id: row!.id }, 1, 100, 'b'.repeat(64), keptLimits)
      },
      goal: soon,
    },
    ...(Object.fromEntries(
      tidyParts.map(part => [
        `tidy: ${portion} rows of ${part}`,
        { ask: (sql: Sql) => tidySome(sql, part as TidyPart, portion), goal: soon },
      ]),
    ) as Record<string, Question>),
  }
}
