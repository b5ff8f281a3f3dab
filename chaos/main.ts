import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { crashPointRounds } from './crash-points.ts'
import { databaseRounds } from './database-crashes.ts'
import { failoverRounds } from './failover.ts'
import { seeded } from './random.ts'
import { randomRounds } from './random-faults.ts'
import { type Form, type Outcome, reportOf } from './report.ts'
import { shortRound } from './short.ts'
import { worstHour } from './worst-hour.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '20' },
    crashes: { type: 'string', default: '200' },
    times: { type: 'string', default: '20' },
    minutes: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '40' },
    report: { type: 'string' },
  },
})
const forms: Record<string, Form> = {
  'crash-points': run => crashPointRounds(run, Number(values.seeds)),
  database: run => databaseRounds(run, Number(values.crashes)),
  failover: run => failoverRounds(run, Number(values.times)),
  random: run => randomRounds(run, Number(values.minutes)),
  'worst-hour': run => worstHour(run, Number(values.rounds), Number(values.seconds)),
}
const wanted = values.short ? ['short'] : positionals.length > 0 ? positionals : Object.keys(forms)
const unknown = wanted.filter(name => !forms[name] && name !== 'short')
if (unknown.length > 0) {
  console.error(`no such form: ${unknown.join(', ')}; there are ${Object.keys(forms).join(', ')} and --short`)
  process.exit(2)
}

const seed = process.env.SEED ? BigInt(process.env.SEED) : randomBytes(8).readBigUInt64BE()
console.log(`SEED=${seed}`)
const outcomes: Outcome[] = []
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
for (const name of wanted) {
  const began = performance.now()
  console.log(`\n${name}`)
  const run = { random: seeded(seed).fork(name), say: (line: string) => console.log(`  ${line}`) }
  const form = name === 'short' ? shortRound : forms[name]!
  const verdict = await form(run).catch((error: unknown) => ({
    figures: 'the run itself failed',
    problems: [String(error instanceof Error ? error.stack : error)],
    seen: [],
    trials: 0,
  }))
  const outcome = { name, seconds: Math.round((performance.now() - began) / 1000), ...verdict }
  outcomes.push(outcome)
  for (const problem of outcome.problems) console.log(`  ✗ ${problem}`)
  const word = outcome.problems.length === 0 ? 'ok' : 'FAILED'
  console.log(`${name}: ${word}, ${outcome.figures}, ${outcome.seconds} s`)
}
if (values.report) {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}`
  writeFileSync(values.report, reportOf({ seed, machine, outcomes, args: process.argv.slice(2) }))
}
process.exit(outcomes.every(({ problems }) => problems.length === 0) ? 0 : 1)
